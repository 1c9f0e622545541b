// SPDX-License-Identifier: MIT
// The public face: what <reowolf/service.hpp> declares, in terms of the core.
#include <algorithm>
#include <random>
#include <utility>

#include <reowolf/service.hpp>

#include "service/core.hpp"
#include "service/line.hpp"
#include "tasks/workers.hpp"

namespace reowolf::service {

namespace {

std::shared_ptr<Core> make_core(const NetworkOptions& options) {
    std::random_device device;
    Environment environment;
    environment.scheduler =
        std::make_shared<tasks::Workers>(options.workers, environment.limits.worker_threads_max);
    environment.seed = (static_cast<std::uint64_t>(device()) << 32) | device();
    environment.tick_ms = std::max<std::int64_t>(options.tick.count(), 1);
    environment.tick_patience_ms =
        std::max<std::int64_t>(options.tick_patience.count(), environment.tick_ms);
    return std::make_shared<Core>(std::move(environment));
}

}  // namespace

Network::Network(const NetworkOptions& options) : Network(make_core(options)) {}
Network::Network(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Network::~Network() = default;

void Network::on_event(std::function<void(const Event&)> handler) {
    core_->on_event(std::move(handler));
}

Answer<void> Network::after(std::chrono::nanoseconds delay) {
    // Its end is the answer.
    class Pause final : public CallFor<void> {
      public:
        Place arguments() override { return {}; }
        void write_arguments(Bytes&) override {}
        const std::string& parameter_types() const override { return type_of<Arguments<>>(); }
    };
    auto* call = new Pause();
    CallAccess::core(*call) = core_.get();
    auto& timer = CallAccess::timer(*call);
    timer.call = call;
    timer.run = [](Job& job) {
        Call& due = *static_cast<std::remove_reference_t<decltype(timer)>&>(job).call;
        answer(due, std::tuple<>{});
        due.release();
    };
    call->retain();
    core_->scheduler().set(timer,
                           core_->scheduler().now_ns() + std::max<std::int64_t>(delay.count(), 0));
    return Answer<void>(call);
}

void Network::run() {
    core_->run_until_stopped();
}
void Network::stop() {
    core_->stop();
}

Listing Network::listing(std::size_t lines_max) const {
    return core_->listing(lines_max);
}

Node::Node(Network& network, std::string name)
    : network_(&network), record_(network.core().add_node(nullptr, std::move(name))) {}
Node::Node(Node& parent, std::string name)
    : network_(parent.network_),
      record_(parent.record_->core->add_node(parent.record_, std::move(name))) {}
Node::~Node() {
    record_->core->remove_node(record_);
}

NodeId Node::id() const {
    return record_->id;
}
const std::string& Node::name() const {
    return record_->name;
}
std::string Node::path() const {
    return record_->core->path(*record_);
}
void Node::start(std::chrono::milliseconds timeout) {
    record_->core->start(*record_, timeout.count());
}
void Node::add(std::string name, std::unique_ptr<Handler> handler, const Provide& how) {
    record_->core->provide(*record_, std::move(name), std::move(handler), how);
}
void Node::withdraw(std::string_view name) {
    record_->core->withdraw(*record_, name);
}
bool Node::wait_for(std::string_view service, std::size_t providers,
                    std::chrono::milliseconds timeout) {
    return record_->core->wait_for(*record_, service, providers, timeout.count());
}
void Node::move_to(Node& parent) {
    record_->core->move(*record_, *parent.record_);
}
std::string Node::listen(const std::string& address) {
    return record_->core->listen(*record_, address);
}
void Node::join(const std::string& address) {
    record_->core->join(*record_, address);
}
void Node::part() {
    record_->core->part(*record_);
}
void Node::leave() {
    record_->core->leave(*record_);
}
void Node::send(Call& call, std::string_view name, const Options& options) {
    record_->core->prepare(call, *record_, options);
    record_->core->send(call, *record_, name, nullptr);
}

struct FunctionBase::State {
    NodeRecord* node = nullptr;
    std::string name;
    Options options;
    Way way;
    std::shared_ptr<Line> line;  // if the order is kept
};

FunctionBase::FunctionBase(Node& node, std::string_view name, const Options& options, bool ordered)
    : state_(std::make_unique<State>()) {
    state_->node = &node.record();
    state_->name = name;
    state_->options = options;
    if (ordered) state_->line = Line::make(node.record(), state_->name);
}
FunctionBase::FunctionBase(const FunctionBase& other)
    : state_(std::make_unique<State>(*other.state_)) {
    if (state_->line) state_->line = Line::make(*state_->node, state_->name);
}
FunctionBase& FunctionBase::operator=(const FunctionBase& other) {
    if (this != &other) state_ = std::move(FunctionBase(other).state_);
    return *this;
}
FunctionBase::~FunctionBase() = default;

void FunctionBase::send(Call& call) {
    State& state = *state_;
    Core& core = *state.node->core;
    if (state.line) state.line->announce(call);
    core.prepare(call, *state.node, state.options);
    if (state.line)
        state.line->add(call);
    else
        core.send(call, *state.node, state.name, &state.way);
}

void Spawning::begin(Core& core, Call& call) {
    CallAccess::core(call) = &core;
    call.retain();
}
void Spawning::start(Core& core, Job& job) {
    core.scheduler().start(job);
}
void Spawning::end(Call& call) {
    call.release();
}

}  // namespace reowolf::service
