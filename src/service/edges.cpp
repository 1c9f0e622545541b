// SPDX-License-Identifier: MIT
#include "service/edges.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "post/carrier_connection.hpp"
#include "post/lasting.hpp"

namespace reowolf::service {

namespace {

post::Address address_from(const std::string& text) {
    auto address = post::parse_address(text);
    if (!address) throw Error(Code::refused, fmt::format("'{}': {}", text, address.error()));
    if (address->by_name) throw Error(Code::refused, fmt::format("'{}' has no port", text));
    return *std::move(address);
}

// What a lasting transport makes.
std::unique_ptr<post::CarrierConnection> as_carrier(std::unique_ptr<post::Connection> connection) {
    return std::unique_ptr<post::CarrierConnection>(
        static_cast<post::CarrierConnection*>(connection.release()));
}

}  // namespace

ServiceLimits limits_of_edges(ServiceLimits limits, std::int64_t tick_patience_ms) {
    constexpr std::int64_t silence_ms_min = 1'000;  // a busy machine is no silent one
    limits.association_patience_ms = tick_patience_ms;
    limits.silence_patience_ms =
        std::clamp(tick_patience_ms / 3, silence_ms_min, limits.silence_patience_ms);
    limits.heartbeat_ms = std::min(limits.heartbeat_ms, limits.silence_patience_ms / 4);
    limits.redial_patience_ms = limits.silence_patience_ms;
    limits.redial_delay_max_ms =
        std::clamp<std::int64_t>(tick_patience_ms / 10, 1, limits.redial_delay_max_ms);
    limits.handshake_patience_ms =
        std::clamp(tick_patience_ms, 3 * silence_ms_min, limits.handshake_patience_ms);
    return limits;
}

Edges::Edges(Core& core, post::Loop& loop, post::Transport& transport)
    : core_(core),
      limits_(limits_of_edges(core.limits(), core.tick_patience_ms())),
      loop_(&loop),
      transport_(&transport) {}

Edges::Edges(Core& core)
    : core_(core),
      limits_(limits_of_edges(core.limits(), core.tick_patience_ms())),
      real_loop_(std::make_unique<post::RealLoop>(limits_)),
      real_transport_(post::make_lasting_tcp_transport(*real_loop_, limits_)),
      loop_(real_loop_.get()),
      transport_(real_transport_.get()),
      thread_([this] { real_loop_->run(); }) {}

Edges::~Edges() {
    on_loop([this] { leave_all("the network ends"); });
    if (!real_loop_) {
        *alive_ = false;
    } else {
        real_loop_->stop();  // delivers what is still to be sent
        thread_.join();
    }
}

// In a simulation there is one thread, and it is here.
void Edges::on_loop(const std::function<void()>& action) {
    if (!real_loop_ || std::this_thread::get_id() == thread_.get_id()) return action();
    tasks::Signal done;
    std::exception_ptr failure;
    loop_->post([&] {
        try {
            action();
        } catch (...) {
            failure = std::current_exception();
        }
        core_.scheduler().set(done);
    });
    core_.scheduler().wait(done, tasks::never_ns);
    if (failure) std::rethrow_exception(failure);
}

std::string Edges::listen(NodeRecord& node, const std::string& text) {
    const post::Address address = address_from(text);
    std::string local;
    on_loop([&] {
        auto acceptor = transport_->listen(
            address, [this, &node](std::unique_ptr<post::Connection> connection) {
                accept(node, std::move(connection));
            });
        if (!acceptor) throw Error(Code::refused, acceptor.error().text);
        local = post::to_string((*acceptor)->local());
        acceptors_.emplace(&node, *std::move(acceptor));
    });
    return local;
}

void Edges::accept(NodeRecord& node, std::unique_ptr<post::Connection> connection) {
    const auto strangers =
        std::ranges::count_if(links_, [](const auto& link) { return link->proxy() == nullptr; });
    if (std::cmp_greater_equal(strangers, core_.limits().pending_handshakes_max)) return;
    const auto link =
        std::make_shared<Link>(*this, node, nullptr, as_carrier(std::move(connection)));
    links_.insert(link);
    link->begin();
}

void Edges::join(NodeRecord& root, const std::string& text) {
    const post::Address address = address_from(text);
    on_loop([&] {
        auto joint = std::make_unique<Joint>();
        joint->root = &root;
        joint->address = address;
        core_.set_joint(root, joint.get());
        dial(*(joints_[&root] = std::move(joint)));
    });
}

void Edges::dial(Joint& joint) {
    joint.dial = transport_->dial(
        joint.address, [this, &joint](auto result) { on_dialled(joint, std::move(result)); });
}

void Edges::on_dialled(Joint& joint,
                       std::expected<std::unique_ptr<post::Connection>, post::Error> result) {
    if (!result) {
        tell_failure(joint, result.error().text);
        return redial_later(joint);
    }
    joint.link = std::make_shared<Link>(*this, *joint.root, &joint, as_carrier(*std::move(result)));
    links_.insert(joint.link);
    joint.link->begin();
}

void Edges::redial_later(Joint& joint) {
    joint.redial =
        loop_->after(limits_.service_redial_ms, [this, &joint, alive = std::weak_ptr(alive_)] {
            if (alive.expired()) return;
            joint.redial = 0;
            dial(joint);
        });
}

void Edges::tell_failure(Joint& joint, const std::string& why) {
    if (std::exchange(joint.failure_is_told, true)) return;
    core_.tell({.kind = Event::Kind::failed,
                .node = core_.path(*joint.root),
                .text = why + "; it is tried again"});
}

void Edges::on_link_ended(const std::shared_ptr<Link>& link, bool was_part,
                          const std::string& why) {
    links_.erase(link);
    for (const auto& [root, joint] : joints_) {
        if (joint->link != link) continue;
        joint->link.reset();
        if (!was_part) tell_failure(*joint, why);
        redial_later(*joint);
    }
}

// A tree that comes again while its old connection is not known to be broken.
void Edges::end_link_of(NodeId root) {
    for (const auto& link : std::vector(links_.begin(), links_.end())) {
        if (link->proxy() == nullptr || link->proxy()->id != root) continue;
        link->end(Event::Kind::lost, "it has connected again");
    }
}

void Edges::part(NodeRecord& root, const std::string& reason) {
    on_loop([&] {
        const auto joined = joints_.find(&root);
        if (joined == joints_.end()) return;
        const std::unique_ptr<Joint> joint = std::move(joined->second);
        joints_.erase(joined);
        loop_->cancel(joint->redial);
        joint->dial.reset();
        if (joint->link) joint->link->leave(reason);
        core_.set_joint(root, nullptr);
    });
}

void Edges::forget(NodeRecord& node) {
    on_loop([&] {
        acceptors_.erase(&node);
        for (const auto& link : std::vector(links_.begin(), links_.end())) {
            if (&link->node() == &node && link->joint() == nullptr) {
                link->leave(fmt::format("'{}' has left the network", node.name));
            }
        }
    });
    part(node, fmt::format("'{}' has left the network", node.name));
}

void Edges::leave_all(const std::string& reason) {
    acceptors_.clear();
    while (!joints_.empty()) part(*joints_.begin()->first, reason);
    for (const auto& link : std::vector(links_.begin(), links_.end())) link->leave(reason);
}

void Edges::changed() {
    if (announcing_.exchange(true)) return;
    loop_->post([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        announcing_ = false;
        for (const auto& [root, joint] : joints_) {
            if (joint->link) joint->link->announce();
        }
    });
}

}  // namespace reowolf::service
