// SPDX-License-Identifier: MIT
// What the tree has to do with other processes: subtrees that are there, and being one.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "service/core.hpp"
#include "service/edges.hpp"
#include "service/link.hpp"

namespace reowolf::service {

Edges& Core::edges() {
    const std::scoped_lock lock(edges_mutex_);
    if (!edges_owned_) {
        edges_owned_ =
            environment_.loop != nullptr
                ? std::make_unique<Edges>(*this, *environment_.loop, *environment_.transport)
                : std::make_unique<Edges>(*this);
        edges_ = edges_owned_.get();
    }
    return *edges_owned_;
}

std::string Core::listen(NodeRecord& node, const std::string& address) {
    {
        const std::scoped_lock lock(tree_mutex_);
        if (node.has_left) {
            throw Error(Code::left, fmt::format("'{}' has left the network", node.name));
        }
        node.has_edges = true;
    }
    return edges().listen(node, address);
}

void Core::join(NodeRecord& root, const std::string& address) {
    {
        const std::scoped_lock lock(tree_mutex_);
        if (root.has_left) {
            throw Error(Code::left, fmt::format("'{}' has left the network", root.name));
        }
        if (root.parent != nullptr || root.joint != nullptr) {
            throw Error(Code::refused, fmt::format("'{}' has a parent already", path_locked(root)));
        }
        root.has_edges = true;
    }
    edges().join(root, address);
}

void Core::part(NodeRecord& root) {
    edges().part(root, fmt::format("'{}' has parted", root.name));
}

void Core::set_joint(NodeRecord& root, Joint* joint) {
    const std::scoped_lock lock(tree_mutex_);
    root.joint = joint;
}

void Core::set_uplink(Joint& joint, std::shared_ptr<Link> link) {
    const std::scoped_lock lock(tree_mutex_);
    joint.up = std::move(link);
}

NodeRecord* Core::add_proxy(NodeRecord& parent, NodeId id, const std::string& name,
                            std::shared_ptr<Link> there) {
    auto proxy = std::make_unique<NodeRecord>();
    proxy->core = this;
    proxy->id = id;
    proxy->name = name;
    proxy->link = std::move(there);
    const std::scoped_lock lock(tree_mutex_);
    if (parent.has_left || id == 0) return nullptr;
    ++nodes_;
    link(*proxy, &parent);
    return proxy.release();
}

void Core::remove_proxy(NodeRecord* proxy, RemoteProviders& providers) {
    const std::scoped_lock lock(tree_mutex_);
    for (const auto& [number, provider] : providers) erase(*proxy, *provider);
    providers.clear();
    unlink(*proxy);
    --nodes_;
    delete proxy;
    changed();
}

// HELLO has come from the parent in another process.
void Core::on_hello(NodeRecord& root) {
    const std::scoped_lock lock(tree_mutex_);
    if (root.is_up)
        echo_to_parent(root);
    else
        hello(root);
    changed();
}

void Core::echo_to_parent(NodeRecord& root) {
    if (root.joint != nullptr && root.joint->up) root.joint->up->echo();
}

// The subtree in another process is up.
void Core::on_echo(NodeRecord& proxy) {
    const std::scoped_lock lock(tree_mutex_);
    if (!proxy.is_up) echo(proxy);
    echo_above(proxy.parent);
    changed();
}

void Core::enter_remote(NodeRecord& proxy, RemoteProviders& providers, std::uint32_t number,
                        const std::string& name, std::shared_ptr<RemoteProvider> provider) {
    const std::scoped_lock lock(tree_mutex_);
    // What has left this tree and comes back that way is known better here.
    const NodeRecord* root = &proxy;
    while (root->parent != nullptr) root = root->parent;
    if (provider->origin == root->id) return;
    provider->name = &intern(name);
    provider->node = &proxy;
    providers.emplace(number, provider);
    enter(proxy, std::move(provider));
    changed();
}

void Core::erase_remote(RemoteProviders& providers, std::uint32_t number) {
    const std::scoped_lock lock(tree_mutex_);
    const auto known = providers.find(number);
    erase(*known->second->node, *known->second);
    providers.erase(known);
    changed();
}

// By origin, name and types: what the parent in another process is told.
std::map<std::string, RegFrame::Entry> Core::entries_below(NodeRecord& root) {
    std::map<std::string, RegFrame::Entry> entries;
    const std::scoped_lock lock(tree_mutex_);
    if (!root.is_up) return entries;
    for (const auto& [known, count] : root.known) {
        for (const auto& provider : known->providers) {
            if (!is_below(*provider->node, root)) continue;
            RegFrame::Entry entry = provider->describe();
            if (entry.origin == 0) entry.origin = root.id;
            const auto key = fmt::format("{} {} {} {}", entry.origin, entry.name,
                                         entry.parameter_types, entry.result_type);
            const auto [at, is_first] = entries.try_emplace(key, entry);
            if (is_first) continue;
            at->second.providers += entry.providers;
            at->second.waiting += entry.waiting;
            at->second.time_ns = std::max(at->second.time_ns, entry.time_ns);
            at->second.is_jammed &= entry.is_jammed;
        }
        if (entries.size() >= limits().services_from_elsewhere_max) break;
    }
    return entries;
}

// REQ from another process: from the parent for somebody here, or from a child for anybody.
void Core::send_from_elsewhere(RemoteCall& call, NodeRecord& node) {
    CallAccess::core(call) = this;
    const NodeId destination = call.frame().destination;
    call.address = node.id;
    CallAccess::wanted_tree(call) = destination == node.id ? CallAccess::this_tree : destination;
    if (call.frame().time_left_ms != 0) {
        constexpr std::uint64_t ms_max = std::uint64_t{1} << 40;
        const auto left_ms = static_cast<std::int64_t>(std::min(call.frame().time_left_ms, ms_max));
        set_deadline(call, scheduler().now_ns() + left_ms * 1'000'000);
    }
    send(call, node, call.frame().name, nullptr);
}

// No provider in this process: on to the tree that this one is part of.
void Core::send_up(Call& call, const Way& way, std::string_view name, const ServiceLimits& limits) {
    const auto has_left = [&](NodeId root) {
        return std::ranges::find(call.route, root) != call.route.end();
    };
    if (has_left(way.root)) {
        call.fail(Code::loop,
                  fmt::format("the request for '{}' came back to '{:x}'", name, way.root));
    } else if (way.hops + 1 > call.hops_left || call.route.size() >= limits.service_edges_max) {
        call.fail(Code::hops_exhausted,
                  fmt::format("nobody who provides '{}' was met within its hops", name));
    } else {
        call.route.push_back(way.root);
        call.hops_left -= way.hops + 1;
        const Provider::Taken taken = way.uplink->request(call, name, 0, nullptr);
        if (taken == Provider::Taken::yes) return;
        call.route.pop_back();
        call.hops_left += way.hops + 1;
        if (taken == Provider::Taken::closed) {
            call.fail(Code::lost, "the connection to the parent has just been lost");
        } else {
            call.fail(Code::overloaded, "too much is waiting for the parent in another process");
        }
    }
    call.release();
}

}  // namespace reowolf::service
