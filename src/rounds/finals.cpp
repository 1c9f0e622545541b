// SPDX-License-Identifier: MIT
#include "rounds/finals.hpp"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <utility>

#include "rounds/forest.hpp"

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Final;
using wire::SiteId;

namespace {

// A peer publishes one attempt after the other, and each but the last one is over; so many may be
// on their way while this site waits for somebody else's.
constexpr std::size_t leaves_kept_max = 16;

}  // namespace

Finals::Finals(SiteId self, std::vector<SiteId> sites)
    : self_(self), sites_(std::move(sites)), floors_(sites_.size()), leaves_(sites_.size()) {}

std::size_t Finals::place(SiteId site) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(sites_, site) - sites_.begin());
}

bool Finals::is_stepping(const AttemptId& attempt) const {
    return attempt.component.index == 0 && std::ranges::binary_search(sites_, attempt.owner());
}

std::uint64_t Finals::floor(SiteId site) const {
    return floors_[place(site)];
}

void Finals::raise_floor(const AttemptId& application) {
    std::uint64_t& floor = floors_[place(application.owner())];
    floor = std::max(floor, application.number);
}

bool Finals::is_proper(const Final& leaf) const {
    const auto own = [&](const wire::Part& part) {
        return part.attempt.owner() == leaf.attempt.owner();
    };
    const bool complete =
        std::ranges::find(leaf.parts, leaf.attempt, &wire::Part::attempt) != leaf.parts.end();
    if (!is_stepping(leaf.attempt) || leaf.attempt.owner() == self_ || !complete ||
        leaf.floors.size() != sites_.size() || !std::ranges::all_of(leaf.parts, own)) {
        return false;
    }
    std::size_t actions = 0;
    for (const wire::Part& part : leaf.parts) actions += part.actions.size();
    return leaf.parts.size() <= parts_max && actions <= actions_max &&
           leaf.attempt.number > floor(leaf.attempt.owner());
}

bool Finals::keep(const Final& leaf) {
    if (!is_proper(leaf)) return false;
    auto& leaves = leaves_[place(leaf.attempt.owner())];
    if (leaves.size() >= leaves_kept_max) return false;
    return leaves.emplace(leaf.attempt.number, leaf).second;
}

bool Finals::is_empty() const {
    return std::ranges::all_of(leaves_, [](const auto& leaves) { return leaves.empty(); });
}

std::vector<Final> Finals::kept() const {
    std::vector<Final> all;
    for (const auto& leaves : leaves_) {
        for (const auto& [number, leaf] : leaves) all.push_back(leaf);
    }
    return all;
}

std::vector<Final> Finals::take_excluded() {
    std::vector<Final> excluded;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
        while (!leaves_[i].empty() && leaves_[i].begin()->first <= floors_[i]) {
            excluded.push_back(std::move(leaves_[i].begin()->second));
            leaves_[i].erase(leaves_[i].begin());
        }
    }
    return excluded;
}

bool Finals::names(const AttemptId& attempt) const {
    if (attempt.owner() == self_ || !std::ranges::binary_search(sites_, attempt.owner())) {
        return false;
    }
    return std::ranges::any_of(leaves_[place(attempt.owner())], [&](const auto& entry) {
        const auto& parts = entry.second.parts;
        return std::ranges::find(parts, attempt, &wire::Part::attempt) != parts.end();
    });
}

bool Finals::agrees(const Final& one, const Final& other) const {
    return one.attempt.number > other.floors[place(one.attempt.owner())] &&
           other.attempt.number > one.floors[place(other.attempt.owner())];
}

std::optional<Leaves> Finals::complete(const Final& own) const {
    Leaves chosen(1, &own);
    if (!choose(chosen)) return std::nullopt;
    std::ranges::sort(chosen, {}, [](const Final* leaf) { return leaf->attempt; });
    return chosen;
}

bool Finals::choose(Leaves& chosen) const {
    if (chosen.size() == sites_.size()) return true;
    // The first of the chosen is this site's own; the others follow in the order of their places.
    const std::size_t own = place(self_);
    const std::size_t next = chosen.size() - 1 < own ? chosen.size() - 1 : chosen.size();
    for (const auto& [number, leaf] : leaves_[next]) {
        const bool fits =
            std::ranges::all_of(chosen, [&](const Final* other) { return agrees(leaf, *other); });
        if (!fits) continue;
        chosen.push_back(&leaf);
        if (choose(chosen)) return true;
        chosen.pop_back();
    }
    return false;
}

namespace {

// Of what is looked at for one round. Most are small, and need no memory but this.
class Room {
  public:
    std::pmr::memory_resource* memory() { return &resource_; }

  private:
    std::array<std::byte, 4096> small_;
    std::pmr::monotonic_buffer_resource resource_{small_.data(), small_.size()};
};

using Parts = std::pmr::vector<const wire::Part*>;

struct Count {
    wire::ChannelId channel;
    std::uint32_t put = 0;
    std::uint32_t got = 0;
};

// Each channel that is used, once; `places`: which of them, by action, part after part.
std::pmr::vector<Count> channels_of(const Parts& parts, std::pmr::vector<std::uint32_t>& places) {
    // Fewer are found faster one after the other.
    constexpr std::size_t few = 24;
    const std::size_t actions = places.size();
    std::pmr::vector<Count> counts(places.get_allocator().resource());
    counts.reserve(actions);
    auto place = places.begin();
    if (actions <= few) {
        for (const wire::Part* part : parts) {
            for (const wire::Action& action : part->actions) {
                const auto known = std::ranges::find(counts, action.channel, &Count::channel);
                *place++ = static_cast<std::uint32_t>(known - counts.begin());
                if (known == counts.end()) counts.push_back({action.channel});
            }
        }
        return counts;
    }
    for (const wire::Part* part : parts) {
        for (const wire::Action& action : part->actions) counts.push_back({action.channel});
    }
    std::ranges::sort(counts, {}, &Count::channel);
    const auto repeated = std::ranges::unique(counts, {}, &Count::channel);
    counts.erase(repeated.begin(), repeated.end());
    for (const wire::Part* part : parts) {
        for (const wire::Action& action : part->actions) {
            const auto known =
                std::ranges::lower_bound(counts, action.channel, {}, &Count::channel);
            *place++ = static_cast<std::uint32_t>(known - counts.begin());
        }
    }
    return counts;
}

// Every behaviour runs as far as the values that are there let it. Since each is determined, how
// far all of them come together does not depend on whose turn it is.
bool all_run_to_their_end(const Parts& parts, std::pmr::memory_resource* room) {
    std::size_t actions = 0;
    for (const wire::Part* part : parts) actions += part->actions.size();
    std::pmr::vector<std::uint32_t> places(actions, room);
    auto counts = channels_of(parts, places);
    std::pmr::vector<std::size_t> done(parts.size(), room);
    std::size_t left = actions;
    for (bool moved = true; moved;) {
        moved = false;
        std::size_t first = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto& its = parts[i]->actions;
            for (; done[i] < its.size(); ++done[i], --left, moved = true) {
                Count& count = counts[places[first + done[i]]];
                const bool puts = its[done[i]].puts;
                if (!puts && count.got == count.put) break;
                ++(puts ? count.put : count.got);
            }
            first += its.size();
        }
        if (left == 0) break;
    }
    return left == 0 &&
           std::ranges::all_of(counts, [](const Count& count) { return count.put == count.got; });
}

}  // namespace

// What was on another branch has been taken back.
bool has_causes(const Leaves& leaves) {
    const auto is_in = [](const wire::NodeRef& cause, const wire::Part& part) {
        return part.attempt == cause.attempt &&
               (cause.node == 0 || cause.node == part.node ||
                std::ranges::find(part.path, cause.node) != part.path.end());
    };
    const auto has = [&](const wire::NodeRef& cause) {
        return std::ranges::any_of(leaves, [&](const Final* leaf) {
            return std::ranges::any_of(leaf->parts,
                                       [&](const auto& part) { return is_in(cause, part); });
        });
    };
    return std::ranges::all_of(leaves, [&](const Final* leaf) {
        return std::ranges::all_of(
            leaf->parts, [&](const wire::Part& part) { return one_of_each(part.depends, has); });
    });
}

bool is_round(const Leaves& leaves) {
    Room room;
    Parts parts(room.memory());
    std::size_t count = 0;
    for (const Final* leaf : leaves) count += leaf->parts.size();
    parts.reserve(count);
    for (const Final* leaf : leaves) {
        for (const wire::Part& part : leaf->parts) parts.push_back(&part);
    }
    return has_causes(leaves) && all_run_to_their_end(parts, room.memory());
}

wire::Decision decision_of(const Leaves& leaves) {
    wire::Decision decision;
    for (const Final* leaf : leaves) {
        for (const wire::Part& part : leaf->parts) decision.push_back({part.attempt, part.node});
    }
    std::ranges::sort(decision);
    return decision;
}

}  // namespace reowolf::rounds
