// SPDX-License-Identifier: MIT
// REG: who provides what. Each node knows how many providers of which services its subtree has, and
// so the master all.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "service/core.hpp"
#include "service/edges.hpp"

namespace reowolf::service {

Name& Core::intern(std::string_view name) {
    const auto known = names_.find(name);
    if (known != names_.end()) return *known->second;
    auto made = std::make_unique<Name>();
    made->text = name;
    return *names_.emplace(name, std::move(made)).first->second;
}

void Core::provide(NodeRecord& node, std::string name, std::unique_ptr<Handler> handler,
                   const Provide& how) {
    if (name.empty() || name.size() > limits().service_name_bytes_max) {
        throw Error(Code::refused, fmt::format("the name of a service has 1 to {} bytes",
                                               limits().service_name_bytes_max));
    }
    const auto provider = std::make_shared<LocalProvider>(*this, std::move(handler), how);
    if (provider->parameter_types.size() > limits().service_types_bytes_max ||
        provider->result_type.size() > limits().service_types_bytes_max) {
        throw Error(Code::refused, fmt::format("the types of '{}' are too long to be told", name));
    }
    provider->version.resize(std::min(provider->version.size(), limits().service_name_bytes_max));
    std::shared_ptr<LocalProvider> replaced;
    {
        const std::scoped_lock lock(tree_mutex_);
        if (node.has_left) {
            throw Error(Code::left, fmt::format("'{}' has left the network", node.name));
        }
        Name& known = intern(name);
        provider->name = &known;
        provider->node = &node;
        provider->node_id = node.id;
        const auto old =
            std::ranges::find(node.providers, &known, [](const auto& each) { return each->name; });
        if (old != node.providers.end())
            replaced = std::exchange(*old, provider);
        else
            node.providers.push_back(provider);
        enter(node, provider);
        if (replaced) begin_leaving(node, replaced);
        changed();
    }
    if (replaced) replaced->close();
}

void Core::enter(NodeRecord& node, std::shared_ptr<Provider> provider) {
    Name& name = *provider->name;
    name.providers.push_back(std::move(provider));
    count(&node, name, 1);
    name.changes.fetch_add(1);
}

void Core::erase(NodeRecord& node, const Provider& provider) {
    Name& name = *provider.name;
    std::erase_if(name.providers, [&](const auto& each) { return each.get() == &provider; });
    count(&node, name, -1);
    name.changes.fetch_add(1);
}

// Up to the root, as far as the tables above have been told of those below.
void Core::count(NodeRecord* node, Name& name, std::int32_t change) {
    for (; node != nullptr; node = node->is_known ? node->parent : nullptr) {
        const auto at = std::ranges::lower_bound(node->known, &name, {},
                                                 &std::pair<Name*, std::uint32_t>::first);
        if (at == node->known.end() || at->first != &name) {
            node->known.emplace(at, &name, static_cast<std::uint32_t>(change));
            continue;
        }
        at->second += static_cast<std::uint32_t>(change);
        if (at->second == 0) node->known.erase(at);
    }
}

void Core::make_known(NodeRecord& node) {
    if (node.is_known || node.parent == nullptr) return;
    node.is_known = true;
    for (const auto& [name, providers] : node.known) {
        count(node.parent, *name, static_cast<std::int32_t>(providers));
        name->changes.fetch_add(1);
    }
}

void Core::make_unknown(NodeRecord& node) {
    if (!node.is_known) return;
    node.is_known = false;
    for (const auto& [name, providers] : node.known) {
        count(node.parent, *name, -static_cast<std::int32_t>(providers));
        name->changes.fetch_add(1);
    }
}

void Core::withdraw(NodeRecord& node, std::string_view name) {
    std::shared_ptr<LocalProvider> provider;
    {
        const std::scoped_lock lock(tree_mutex_);
        const auto at = std::ranges::find(
            node.providers, name,
            [](const auto& each) -> std::string_view { return each->name->text; });
        if (at == node.providers.end()) return;
        provider = std::move(*at);
        node.providers.erase(at);
        begin_leaving(node, provider);
        changed();
    }
    provider->close();
}

// Nobody finds it any more. It is to be closed next, without holding the tree, as its function may
// be destroyed by that, and what that holds: whoever has found it before tries again then.
void Core::begin_leaving(NodeRecord& node, const std::shared_ptr<LocalProvider>& provider) {
    erase(node, *provider);
    std::erase_if(node.leaving, [](const auto& each) { return each->is_drained(); });
    node.leaving.push_back(provider);
}

// EXIT.
void Core::leave(NodeRecord& node) {
    if (LocalProvider::is_serving(node)) {
        throw Error(Code::refused, "a service cannot wait for the end of its own node");
    }
    std::vector<std::shared_ptr<LocalProvider>> leaving;
    {
        const std::scoped_lock lock(tree_mutex_);
        node.has_left = true;
        while (!node.providers.empty()) {
            auto provider = std::move(node.providers.back());
            node.providers.pop_back();
            begin_leaving(node, provider);
        }
        leaving.swap(node.leaving);
        changed();
    }
    for (const auto& provider : leaving) provider->close();
    for (const auto& provider : leaving) provider->wait_until_drained();
}

bool Core::wait_for(NodeRecord& node, std::string_view name, std::size_t providers,
                    std::int64_t timeout_ms) {
    return wait_for({.node = &node, .name = name, .providers = providers, .signal = nullptr},
                    timeout_ms);
}

bool Core::wait_for(Waiter waiter, std::int64_t timeout_ms) {
    tasks::Signal signal;
    waiter.signal = &signal;
    std::list<Waiter>::iterator here;
    {
        const std::scoped_lock lock(tree_mutex_);
        waiters_.push_front(waiter);
        here = waiters_.begin();
        changed();
    }
    const std::int64_t due_ns =
        timeout_ms < 0 ? tasks::never_ns : scheduler().now_ns() + timeout_ms * 1'000'000;
    const bool is_so = scheduler().wait(signal, due_ns);
    const std::scoped_lock lock(tree_mutex_);
    waiters_.erase(here);
    return is_so;
}

std::size_t Core::providers_of(const Waiter& waiter) {
    const Way way = find_way(*waiter.node, waiter.name, nullptr);
    std::size_t providers = 0;
    if (!way.route) return 0;
    for (const Route::End& end : way.route->ends) providers += end.provider->describe().providers;
    return providers;
}

// The tables have: for who waits, and for the parents in other processes.
void Core::changed() {
    if (Edges* edges = edges_) edges->changed();
    for (Waiter& waiter : waiters_) {
        if (waiter.signal == nullptr) continue;
        if (waiter.name.empty() ? !waiter.node->is_up : providers_of(waiter) < waiter.providers) {
            continue;
        }
        scheduler().set(*std::exchange(waiter.signal, nullptr));
    }
}

}  // namespace reowolf::service
