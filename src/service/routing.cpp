// SPDX-License-Identifier: MIT
// REQ: the way of a request to its provider. Towards the master until a node knows one in its
// subtree, and from there straight to it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "service/core.hpp"
#include "service/edges.hpp"

namespace reowolf::service {

namespace {

// Whether its tree is one where the request may go: not one that it has left on its way up.
bool may_serve(const Provider& provider, const Call& call) {
    const NodeId wanted = CallAccess::wanted_tree(call);
    if (wanted != 0) return provider.origin == (wanted == CallAccess::this_tree ? 0 : wanted);
    return provider.origin == 0 ||
           std::ranges::find(call.route, provider.origin) == call.route.end();
}

// Of more providers than this, some are looked at.
constexpr std::size_t compared_max = 8;
// One in so many requests tries somebody who is idle, whatever was measured before.
constexpr std::size_t tried_each = 64;

}  // namespace

void Core::prepare(Call& call, const NodeRecord& from, const Options& options) {
    CallAccess::core(call) = this;
    call.creator = from.id;
    call.address = from.id;
    call.priority = std::min(options.priority, Options::most_urgent);
    call.hops_left = options.hops != 0 ? options.hops : limits().service_hops_max;
    if (options.timeout.count() < 0) return;
    set_deadline(call, scheduler().now_ns() + std::chrono::nanoseconds(options.timeout).count());
}

void Core::set_deadline(Call& call, std::int64_t deadline_ns) {
    CallAccess::deadline_ns(call) = deadline_ns;
    if (!call.answer_wanted) return;  // nobody would hear of it: it is only not begun
    auto& timer = CallAccess::timer(call);
    timer.call = &call;
    timer.run = [](Job& job) {
        Call& late = *static_cast<decltype(&timer)>(&job)->call;
        late.fail(Code::timed_out, "no answer in time");
        late.release();
    };
    call.retain();
    CallAccess::has_timer(call) = true;
    scheduler().set(timer, deadline_ns);
}

void Core::send(Call& call, NodeRecord& from, std::string_view name, Way* way) {
    call.retain();  // until its provider has done with it
    const Way* current = way != nullptr && is_current(*way) ? way : nullptr;
    Way found;
    for (;;) {
        if (current == nullptr) {
            auto way_or_failure = find_way_or_failure(from, name, call);
            if (!way_or_failure) {
                call.fail(way_or_failure.error().code(), way_or_failure.error().reason());
                return call.release();
            }
            found = *std::move(way_or_failure);
            if (!found.route) return send_up(call, found, name, limits());
        }
        if (hand_over(call, current != nullptr ? *current : found, name)) {
            if (way != nullptr && current == nullptr) *way = std::move(found);
            return;
        }
        current = nullptr;  // what it has found has been closed since
    }
}

bool Core::is_current(const Way& way) const {
    return way.route && way.route->name_changes == way.route->name->changes.load() &&
           way.route->tree_changes == tree_changes_.load();
}

Way Core::find_way(NodeRecord& from, std::string_view text, const Call* call) {
    const auto name = names_.find(text);
    Way way;
    for (NodeRecord* node = &from; node != nullptr; node = node->parent) {
        way.root = node->id;
        if (name != names_.end()) {
            const auto at = std::ranges::lower_bound(node->known, name->second.get(), {},
                                                     &std::pair<Name*, std::uint32_t>::first);
            if (at != node->known.end() && at->first == name->second.get()) {
                way.route = route_at(*node, *name->second);
                const auto may = [&](const Route::End& end) {
                    return call == nullptr || may_serve(*end.provider, *call);
                };
                if (std::ranges::any_of(way.route->ends, may)) return way;
                way.route.reset();
            }
        }
        if (node->parent == nullptr && node->joint != nullptr) way.uplink = node->joint->up;
        if (node->parent != nullptr) ++way.hops;
    }
    return way;
}

std::shared_ptr<const Route> Core::route_at(NodeRecord& node, Name& name) {
    const auto kept =
        std::ranges::find(node.routes, &name, [](const auto& each) { return each.first; });
    if (kept != node.routes.end() && is_current({.route = kept->second, .uplink = {}})) {
        return kept->second;
    }
    auto route = std::make_shared<Route>();
    route->name = &name;
    route->name_changes = name.changes.load();
    route->tree_changes = tree_changes_.load();
    for (const auto& provider : name.providers) {
        std::uint32_t hops = 0;
        const NodeRecord* each = provider->node;
        while (each != &node && each != nullptr) {
            each = each->is_known ? each->parent : nullptr;
            ++hops;
        }
        if (each != nullptr) route->ends.push_back({provider, hops});
    }
    if (kept != node.routes.end())
        kept->second = route;
    else
        node.routes.emplace_back(&name, route);
    return route;
}

namespace {

bool fits(const Provider& provider, const Call& call) {
    const std::string* result = call.result_type();
    return may_serve(provider, call) && provider.parameter_types == call.parameter_types() &&
           (result == nullptr || provider.result_type == *result);
}

// Of those that can serve it, the one that will probably have done it first. Of many, two are
// compared, which is nearly as good as all.
const Route::End* choose(const Route& route, const Call& call, std::uint32_t hops) {
    const std::size_t count = route.ends.size();
    const std::size_t turn = count == 1 ? 0 : route.turn.fetch_add(1, std::memory_order_relaxed);
    const std::size_t begin = turn % count;
    const bool many = count > compared_max;
    const Route::End* best = nullptr;
    std::uint64_t best_load = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (many && i >= 2 && best != nullptr) break;
        // Not the next one in the list, or neighbours would always be compared with each other.
        const std::size_t step = many ? i * (1 + begin * 7919 % (count - 1)) : i;
        const Route::End& end = route.ends[(begin + step) % count];
        if (!fits(*end.provider, call) || hops + end.hops > call.hops_left) continue;
        // Somebody who was slow once may be quick now, and would never be asked again.
        const bool is_tried = turn % tried_each == tried_each - 1 && end.provider->is_idle();
        const std::uint64_t load = is_tried ? 0 : end.provider->load_ns();
        if (best != nullptr && load >= best_load) continue;
        best = &end;
        best_load = load;
    }
    return best;
}

Provider::Taken give(Call& call, const Route::End& end, std::uint32_t hops) {
    call.destination = end.provider->node_id;
    call.hops_left -= hops + end.hops;
    const Provider::Taken taken = end.provider->push(call);
    if (taken != Provider::Taken::yes) call.hops_left += hops + end.hops;
    return taken;
}

}  // namespace

// False: who should have taken it has been closed, and it must be looked for others.
bool Core::hand_over(Call& call, const Way& way, std::string_view name) {
    const Route& route = *way.route;
    const Route::End* best = choose(route, call, way.hops);
    if (best != nullptr) {
        Provider::Taken taken = give(call, *best, way.hops);
        if (taken == Provider::Taken::yes) return true;
        if (taken == Provider::Taken::closed) return false;
    }
    // It is full, or there is a reason why nobody can serve it.
    bool is_found = false, reaches = false;
    for (const Route::End& end : route.ends) {
        if (!fits(*end.provider, call)) continue;
        is_found = true;
        if (way.hops + end.hops > call.hops_left) continue;
        reaches = true;
        const Provider::Taken taken = give(call, end, way.hops);
        if (taken == Provider::Taken::yes) return true;
        if (taken == Provider::Taken::closed) return false;
    }
    if (reaches) {
        call.fail(Code::overloaded,
                  fmt::format("'{}': every provider has as many requests waiting as it may", name));
    } else if (is_found) {
        call.fail(Code::hops_exhausted,
                  fmt::format("'{}' is farther away than {} hops", name, call.hops_left));
    } else {
        const Provider& other = *route.ends.front().provider;
        call.fail(Code::wrong_types,
                  fmt::format("'{}' is {} -> {}, but is requested as {} -> {}", name,
                              other.parameter_types, other.result_type, call.parameter_types(),
                              call.result_type() != nullptr ? *call.result_type() : "anything"));
    }
    call.release();
    return true;
}

std::expected<Way, Error> Core::find_way_or_failure(NodeRecord& from, std::string_view name,
                                                    const Call& call) {
    const auto failure = [](Code code, const std::string& text) {
        return std::unexpected(Error(code, text));
    };
    const std::scoped_lock lock(tree_mutex_);
    if (from.has_left)
        return failure(Code::left, fmt::format("'{}' has left the network", from.name));
    Way way = find_way(from, name, &call);
    if (way.route) return way;
    if (CallAccess::wanted_tree(call) != 0) {
        return failure(Code::unknown_service, fmt::format("'{}' is not provided any more", name));
    }
    if (way.uplink) return way;
    const NodeRecord* root = &from;
    while (root->parent != nullptr) root = root->parent;
    if (root->joint != nullptr) {
        return failure(
            root->is_up ? Code::lost : Code::not_started,
            fmt::format("'{}' is not connected to its parent in another process", root->name));
    }
    if (!from.is_up) {
        return failure(
            Code::not_started,
            fmt::format("'{}' is in no tree whose master has been started", path_locked(from)));
    }
    return failure(Code::unknown_service,
                   fmt::format("nobody provides '{}' on the way from '{}' to its master", name,
                               path_locked(from)));
}

}  // namespace reowolf::service
