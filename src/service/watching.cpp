// SPDX-License-Identifier: MIT
// TICK within a process: providers that have worked at one request for too long are found. Also
// what else can be seen of a network from outside.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "service/core.hpp"
#include "service/link.hpp"

namespace reowolf::service {

void Core::set_tick() {
    const std::scoped_lock lock(tick_mutex_);
    if (is_stopping_ || is_ticking_.exchange(true)) return;
    scheduler().set(tick_, scheduler().now_ns() + environment_.tick_ms * 1'000'000);
}

void Core::tick() {
    const auto patience =
        static_cast<std::uint32_t>(environment_.tick_patience_ms / environment_.tick_ms);
    std::vector<Event> events;
    const auto look = [&] {
        bool anything = false;
        const std::scoped_lock lock(tree_mutex_);
        for (const auto& [text, name] : names_) {
            for (const auto& provider : name->providers) {
                auto* local = dynamic_cast<LocalProvider*>(provider.get());
                if (local == nullptr) continue;
                const bool was_jammed = local->is_jammed();
                anything |= local->tick(patience);
                if (local->is_jammed() == was_jammed) continue;
                events.push_back(
                    {.kind = was_jammed ? Event::Kind::recovered : Event::Kind::jammed,
                     .node = path_locked(*local->node),
                     .text = was_jammed
                                 ? fmt::format("'{}' goes on", text)
                                 : fmt::format("'{}' has worked at one request for more than {} ms",
                                               text, environment_.tick_patience_ms)});
            }
        }
        return anything;
    };
    const bool anything = look();
    for (const Event& event : events) tell(event);
    {
        const std::scoped_lock lock(tick_mutex_);
        if (is_stopping_) return;
        if (anything) {
            scheduler().set(tick_, scheduler().now_ns() + environment_.tick_ms * 1'000'000);
            return;
        }
        is_ticking_ = false;
    }
    // Whoever begins to work from now on sets it again; somebody may have just begun.
    if (look()) set_tick();
}

void Core::on_event(std::function<void(const Event&)> handler) {
    const std::scoped_lock lock(events_mutex_);
    on_event_ = std::move(handler);
}

void Core::tell(const Event& event) {
    const std::scoped_lock lock(events_mutex_);
    if (on_event_) on_event_(event);
}

Listing Core::listing(std::size_t lines_max) {
    Listing listing;
    const std::scoped_lock lock(tree_mutex_);
    listing.workers = scheduler().parallelism();
    listing.nodes_total = nodes_;
    for (const NodeRecord* node = roots_.first_child; node != nullptr;) {
        if (listing.nodes.size() < lines_max) {
            listing.nodes.push_back({.id = node->id,
                                     .parent = node->parent != nullptr ? node->parent->id : 0,
                                     .name = node->name,
                                     .remote = node->link ? node->link->remote() : std::string(),
                                     .up = node->is_up,
                                     .children = node->children});
        }
        const auto show = [&](const Provider& provider) {
            ++listing.services_total;
            if (listing.services.size() >= lines_max) return;
            listing.services.push_back(provider.line());
            listing.services.back().node = node->id;
        };
        for (const auto& provider : node->providers) show(*provider);
        for (const auto& provider : node->leaving) {
            if (!provider->is_drained()) show(*provider);
        }
        if (node->link) {
            for (const auto& [number, provider] : node->link->providers()) show(*provider);
        }
        if (node->first_child != nullptr) {
            node = node->first_child;
            continue;
        }
        while (node != nullptr && node->next == nullptr) node = node->parent;
        if (node != nullptr) node = node->next;
    }
    return listing;
}

}  // namespace reowolf::service
