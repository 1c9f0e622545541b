// SPDX-License-Identifier: MIT
#include "service/link.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "service/edges.hpp"

namespace reowolf::service {

namespace {

constexpr std::size_t text_bytes_max = 1'000, name_bytes_max = 200;
// While so much waits to be sent, what has changed is not told yet.
constexpr std::size_t announcing_bytes_max = 1u << 20;

// What the tree itself is made of overtakes requests and their answers: a large one that takes its
// time is not taken for silence.
constexpr std::uint16_t niceness_of_requests = 1;

template <class F>
constexpr bool is_urgent(const F&) {
    return std::is_same_v<F, ConfigFrame> || std::is_same_v<F, HelloFrame> ||
           std::is_same_v<F, TickFrame>;
}

// For people: what is longer than the other side takes.
std::string shortened(const std::string& text, std::size_t bytes_max = text_bytes_max) {
    if (text.size() <= bytes_max) return text;
    return text.substr(0, bytes_max) + "…";
}

}  // namespace

Link::Link(Edges& edges, NodeRecord& node, Joint* joint,
           std::unique_ptr<post::CarrierConnection> carrier)
    : edges_(edges),
      node_(node),
      joint_(joint),
      carrier_(std::move(carrier)),
      remote_(carrier_->remote()) {}

void Link::begin() {
    carrier_->set_handler(this);
    heard_ms_ = edges_.loop().now_ms();
    if (joint_ == nullptr) return tick();
    send(ConfigFrame{.root = node_.id, .name = shortened(node_.name, name_bytes_max)});
    tick();
}

// TICK: each side asks, and each answers. Who says nothing for too long is gone.
void Link::tick() {
    Core& core = edges_.core();
    tick_timer_ = edges_.loop().after(core.tick_ms(), [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || self->has_ended_) return;
        Core& its_core = self->edges_.core();
        const std::int64_t silent_ms = self->edges_.loop().now_ms() - self->heard_ms_;
        if (silent_ms > its_core.tick_patience_ms()) {
            return self->end(Event::Kind::lost,
                             fmt::format("nothing was heard of it for {} ms", silent_ms));
        }
        if (self->stage_ == Stage::open && !self->inspects_) {
            self->send(TickFrame{.number = ++self->ticks_});
            if (self->joint_ != nullptr) self->announce();
        }
        self->tick();
    });
}

void Link::send(const Frame& frame) {
    queue(encode(frame), std::visit([](const auto& each) { return is_urgent(each); }, frame));
}

void Link::queue(Bytes bytes, bool is_urgent) {
    bool wakes = false;
    {
        const std::scoped_lock lock(mutex_);
        if (has_ended_) return;
        wakes = outbox_.empty();
        outbox_bytes_ += bytes.size();
        outbox_.push_back({std::move(bytes), is_urgent});
    }
    if (!wakes) return;
    edges_.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->flush();
    });
}

void Link::flush() {
    std::vector<Waiting> outbox;
    {
        const std::scoped_lock lock(mutex_);
        outbox.swap(outbox_);
        outbox_bytes_ = 0;
    }
    if (!carrier_) return;
    for (Waiting& each : outbox) {
        post::Outgoing message;
        message.payload = post::Payload(std::move(each.bytes));
        if (!each.is_urgent) message.properties.niceness = niceness_of_requests;
        carrier_->send(std::move(message));
    }
    queued_bytes_ = carrier_->queued_bytes();
}

Provider::Taken Link::request(Call& call, std::string_view name, NodeId destination,
                              std::shared_ptr<RemoteProvider> provider) {
    const ServiceLimits& limits = edges_.core().limits();
    ReqFrame frame{.number = ++last_request_,
                   .destination = destination,
                   .creator = call.creator,
                   .answer_wanted = call.answer_wanted,
                   .priority = call.priority,
                   .hops_left = call.hops_left,
                   .route = call.route,
                   .name = std::string(name),
                   .parameter_types = call.parameter_types(),
                   .result_type = {},
                   .parameters = {}};
    if (call.result_type() != nullptr) frame.result_type = *call.result_type();
    if (call.deadline_ns() != 0) {
        const std::int64_t left_ns = call.deadline_ns() - edges_.core().scheduler().now_ns();
        frame.time_left_ms =
            static_cast<std::uint64_t>(std::max<std::int64_t>(1, (left_ns + 999'999) / 1'000'000));
    }
    call.write_arguments(frame.parameters);
    Bytes bytes = encode(frame);
    if (bytes.size() > limits.frame_bytes_on_wire_max) {
        call.fail(Code::refused, "the parameters are too large for another process");
        call.release();
        return Provider::Taken::yes;
    }
    const bool answer_wanted = call.answer_wanted;
    {
        const std::scoped_lock lock(mutex_);
        if (has_ended_) return Provider::Taken::closed;
        if (pending_.size() >= limits.requests_from_elsewhere_max ||
            queued_bytes_ + outbox_bytes_ > limits.service_link_bytes_max) {
            return Provider::Taken::full;
        }
        if (answer_wanted) {
            if (provider) provider->outstanding_.fetch_add(1, std::memory_order_relaxed);
            pending_.emplace(frame.number, Pending{&call, std::move(provider)});
        }
    }
    queue(std::move(bytes), false);
    if (!answer_wanted) {
        // What becomes of it is told at the other side.
        if (call.begin_answer()) call.end_answer();
        call.release();
    }
    return Provider::Taken::yes;
}

void Link::answer(const AckFrame& frame, bool answer_wanted) {
    serving_.fetch_sub(1, std::memory_order_relaxed);
    if (!answer_wanted) return;
    Bytes bytes = encode(frame);
    if (bytes.size() > edges_.core().limits().frame_bytes_on_wire_max) {
        bytes = encode(AckFrame{.number = frame.number,
                                .code = Code::refused,
                                .text = "the result is too large for another process",
                                .result = {}});
    }
    queue(std::move(bytes), false);
}

void Link::leave(const std::string& reason) {
    if (stage_ == Stage::ended) return;
    send(ExitFrame{.reason = shortened(reason)});
    flush();
    end(Event::Kind::left, reason);
}

void Link::end(Event::Kind kind, const std::string& reason) {
    if (std::exchange(stage_, Stage::ended) == Stage::ended) return;
    const auto self = shared_from_this();
    edges_.loop().cancel(tick_timer_);
    std::unordered_map<std::uint64_t, Pending> pending;
    {
        const std::scoped_lock lock(mutex_);
        has_ended_ = true;
        pending.swap(pending_);
    }
    // After a loss nothing that still waits is to arrive: it has been said that it failed.
    kind == Event::Kind::lost ? carrier_->abort() : carrier_->close();
    carrier_.reset();
    Core& core = edges_.core();
    const bool was_part = proxy_ != nullptr || (joint_ != nullptr && joint_->up.get() == this);
    const std::string name = proxy_ != nullptr ? core.path(*proxy_) : core.path(node_);
    if (proxy_ != nullptr) core.remove_proxy(std::exchange(proxy_, nullptr), providers_);
    if (joint_ != nullptr) core.set_uplink(*joint_, nullptr);
    for (auto& [number, each] : pending) {
        if (each.provider) each.provider->outstanding_.fetch_sub(1, std::memory_order_relaxed);
        each.call->fail(Code::lost, fmt::format("{}: {}", remote_, reason));
        each.call->release();
    }
    std::string text = fmt::format("{}: {}", remote_, reason);
    edges_.on_link_ended(self, was_part, text);
    if (was_part) core.tell({.kind = kind, .node = name, .text = std::move(text)});
}

void Link::on_closed(const post::Error& why) {
    end(Event::Kind::lost, why.text);
}

void Link::protest(const char* what) {
    leave(fmt::format("it does not speak this protocol: {}", what));
}

void Link::on_message(std::vector<std::byte> message) {
    if (stage_ == Stage::ended) return;
    const auto self = shared_from_this();
    heard_ms_ = edges_.loop().now_ms();
    auto frame = decode(message, edges_.core().limits());
    if (!frame) return protest("that is no frame");
    if (stage_ == Stage::introducing && !std::holds_alternative<ConfigFrame>(*frame) &&
        !std::holds_alternative<ExitFrame>(*frame)) {
        return protest("CONFIG comes first");
    }
    std::visit([this](auto& each) { on_frame(each); }, *frame);
}

// CONFIG: child and parent know each other.
void Link::on_frame(ConfigFrame& frame) {
    if (stage_ != Stage::introducing) return protest("CONFIG comes once");
    if (frame.magic != frames_magic) return protest("this is no CONFIG");
    if (frame.version != frames_version) {
        return leave(
            fmt::format("version {} is not understood, only {}", frame.version, frames_version));
    }
    if ((frame.role == Role::parent) != (joint_ != nullptr)) return protest("a wrong role");
    stage_ = Stage::open;
    Core& core = edges_.core();
    carrier_->limit_message_bytes(core.limits().frame_bytes_on_wire_max);
    if (frame.role == Role::parent) {
        core.set_uplink(*joint_, shared_from_this());
        joint_->failure_is_told = false;
        return core.tell({.kind = Event::Kind::joined,
                          .node = core.path(node_),
                          .text = fmt::format("is below '{}' at {}", frame.name, remote_)});
    }
    send(ConfigFrame{.role = Role::parent,
                     .root = node_.id,
                     .name = shortened(core.path(node_), name_bytes_max)});
    inspects_ = frame.role == Role::inspector;
    if (!inspects_) take_child(frame);
}

void Link::take_child(const ConfigFrame& frame) {
    Core& core = edges_.core();
    edges_.end_link_of(frame.root);
    proxy_ = core.add_proxy(node_, frame.root, frame.name, shared_from_this());
    if (proxy_ == nullptr) return leave("it cannot be a subtree here");
    core.tell({.kind = Event::Kind::joined,
               .node = core.path(*proxy_),
               .text = fmt::format("{} is there", remote_)});
}

void Link::on_frame(HelloFrame&) {
    if (joint_ == nullptr) return protest("HELLO comes from the parent");
    edges_.core().on_hello(node_);
}

void Link::on_frame(EchoFrame&) {
    if (proxy_ == nullptr) return protest("ECHO comes from a child");
    edges_.core().on_echo(*proxy_);
}

void Link::on_frame(TickFrame& frame) {
    if (!frame.is_answer) send(TickFrame{.number = frame.number, .is_answer = true});
}

void Link::on_frame(ExitFrame& frame) {
    end(Event::Kind::left, frame.reason);
}

void Link::on_frame(RegFrame& frame) {
    if (proxy_ == nullptr) return protest("REG comes from a child");
    for (const RegFrame::Entry& entry : frame.entries) enter(entry);
}

void Link::enter(const RegFrame::Entry& entry) {
    Core& core = edges_.core();
    const auto known = providers_.find(entry.number);
    if (known != providers_.end()) {
        const std::shared_ptr<RemoteProvider> provider = known->second;
        if (entry.is_provided) {
            const bool was_jammed = provider->is_jammed();
            provider->update(entry);
            if (was_jammed != provider->is_jammed()) {
                core.tell({.kind = was_jammed ? Event::Kind::recovered : Event::Kind::jammed,
                           .node = core.path(*proxy_),
                           .text = fmt::format("'{}' {}", entry.name,
                                               was_jammed ? "goes on" : "does not get on")});
            }
            return;
        }
        core.erase_remote(providers_, entry.number);
        return;
    }
    if (!entry.is_provided || entry.name.empty()) return;
    if (providers_.size() >= core.limits().services_from_elsewhere_max) return;
    core.enter_remote(*proxy_, providers_, entry.number, entry.name,
                      std::make_shared<RemoteProvider>(shared_from_this(), entry));
}

void Link::on_frame(ReqFrame& frame) {
    Core& core = edges_.core();
    if (inspects_) return protest("an inspector does not request");
    if (joint_ == nullptr && frame.route.empty()) return protest("a request without a route");
    if (serving_.fetch_add(1) >= core.limits().requests_from_elsewhere_max) {
        return answer({.number = frame.number,
                       .code = Code::overloaded,
                       .text = "too many requests of one process",
                       .result = {}},
                      frame.answer_wanted);
    }
    auto* call = new RemoteCall(weak_from_this(), std::move(frame));
    core.send_from_elsewhere(*call, node_);
    call->release();
}

void Link::on_frame(AckFrame& frame) {
    Pending pending;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = pending_.find(frame.number);
        if (found == pending_.end()) return;
        pending = std::move(found->second);
        pending_.erase(found);
    }
    Call& call = *pending.call;
    if (call.begin_answer()) {
        if (frame.code != Code::none) {
            call.end_failure(frame.code, std::move(frame.text));
        } else if (call.read_result(frame.result)) {
            call.end_answer();
        } else {
            call.end_failure(Code::malformed, "what came is no value of the result's type");
        }
    }
    if (pending.provider) pending.provider->on_answer(call);
    call.release();
}

void Link::on_frame(ListFrame& frame) {
    constexpr std::uint32_t lines_max = 10'000;
    if (!inspects_) return protest("only an inspector asks for a list");
    send(ListingFrame{edges_.core().listing(std::min(frame.lines_max, lines_max))});
}

void Link::on_frame(ListingFrame&) {
    protest("nobody has asked for a list");
}

void Link::announce() {
    if (queued_bytes_ <= announcing_bytes_max) announce_now();
}

void Link::echo() {
    edges_.post([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->announce_now();
        self->send(EchoFrame{});
    });
}

void Link::announce_now() {
    if (stage_ != Stage::open || joint_ == nullptr) return;
    RegFrame frame;
    auto now = edges_.core().entries_below(node_);
    for (auto& [key, entry] : announced_) {
        if (now.contains(key)) continue;
        frame.entries.emplace_back().number = entry.number;
        frame.entries.back().is_provided = false;
    }
    std::erase_if(announced_, [&](const auto& each) { return !now.contains(each.first); });
    for (auto& [key, entry] : now) {
        const auto [known, is_new] = announced_.try_emplace(key);
        entry.number = is_new ? ++last_entry_ : known->second.number;
        if (!is_new && entry == known->second) continue;
        known->second = entry;
        frame.entries.push_back(std::move(entry));
    }
    if (!frame.entries.empty()) send(frame);
}

RemoteProvider::RemoteProvider(std::shared_ptr<Link> link, const RegFrame::Entry& entry)
    : link_(std::move(link)) {
    origin = entry.origin;
    parameter_types = entry.parameter_types;
    result_type = entry.result_type;
    version = entry.version;
    node_id = entry.origin;
    update(entry);
}

void RemoteProvider::update(const RegFrame::Entry& entry) {
    providers_ = std::max(entry.providers, 1u);
    waiting_ = entry.waiting;
    time_ns_ = entry.time_ns;
    is_jammed_ = entry.is_jammed;
}

Provider::Taken RemoteProvider::push(Call& call) {
    return link_->request(call, name->text, origin,
                          std::static_pointer_cast<RemoteProvider>(shared_from_this()));
}

// What the other side has said is old; what this one has sent since is not in it.
std::uint64_t RemoteProvider::load_ns() const {
    constexpr std::uint64_t way_ns = 50'000;  // there and back: a local one is better
    const std::uint64_t before = std::max(outstanding_.load(std::memory_order_relaxed),
                                          waiting_.load(std::memory_order_relaxed));
    const std::uint64_t time_ns =
        std::max<std::uint64_t>(time_ns_.load(std::memory_order_relaxed), 1);
    const std::uint64_t load =
        (before + 1) * time_ns / providers_.load(std::memory_order_relaxed) + way_ns;
    return is_jammed() ? jammed_load_ns : load;
}

void RemoteProvider::on_answer(const Call& call) {
    outstanding_.fetch_sub(1, std::memory_order_relaxed);
    served_.fetch_add(1, std::memory_order_relaxed);
    if (call.is_answered() && call.code() != Code::none) {
        failed_.fetch_add(1, std::memory_order_relaxed);
    }
}

RegFrame::Entry RemoteProvider::describe() const {
    return {.number = 0,
            .is_provided = true,
            .origin = origin,
            .name = name->text,
            .parameter_types = parameter_types,
            .result_type = result_type,
            .version = version,
            .providers = providers_,
            .waiting = waiting_,
            .time_ns = time_ns_,
            .is_jammed = is_jammed_};
}

ServiceLine RemoteProvider::line() const {
    ServiceLine line;
    line.name = name->text;
    line.types = parameter_types + " -> " + result_type;
    line.version = version;
    line.jammed = is_jammed_;
    line.waiting = waiting_;
    line.running = outstanding_;
    line.served = served_;
    line.failed = failed_;
    line.time_ns = time_ns_;
    return line;
}

RemoteCall::RemoteCall(std::weak_ptr<Link> link, ReqFrame frame)
    : link_(std::move(link)), frame_(std::move(frame)) {
    answer_wanted = frame_.answer_wanted;
    creator = frame_.creator;
    priority = std::min(frame_.priority, Options::most_urgent);
    hops_left = frame_.hops_left;
    route = frame_.route;
}

void RemoteCall::answered() {
    const auto link = link_.lock();
    if (!link) return;
    link->answer({.number = frame_.number,
                  .code = code(),
                  .text = shortened(CallAccess::text(*this)),
                  .result = std::move(result_)},
                 answer_wanted);
}

}  // namespace reowolf::service
