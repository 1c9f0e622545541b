// SPDX-License-Identifier: MIT
#include "rounds/solver.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Leaf;
using wire::Use;

Held* Holdings::find(const AttemptId& attempt) {
    const auto found = held_.find(attempt);
    return found == held_.end() ? nullptr : &found->second;
}

void Holdings::add_leaf(const AttemptId& attempt, Leaf leaf) {
    Held& held = held_.at(attempt);
    for (const Use& use : leaf.uses) ends_[{use.channel, use.puts}] = attempt;
    held.leaves.insert(std::move(leaf));
}

Held Holdings::remove(const AttemptId& attempt) {
    const auto found = held_.find(attempt);
    if (found == held_.end()) return {};
    for (const Leaf& leaf : found->second.leaves) {
        for (const Use& use : leaf.uses) {
            const auto end = ends_.find({use.channel, use.puts});
            if (end != ends_.end() && end->second == attempt) ends_.erase(end);
        }
    }
    Held held = std::move(found->second);
    held_.erase(found);
    return held;
}

bool Holdings::is_realtime(const AttemptId& attempt) const {
    return attempt.component.index == 0 && std::ranges::binary_search(realtime_, attempt.owner());
}

std::vector<AttemptId> Holdings::realtime_held() const {
    std::vector<AttemptId> attempts;
    for (const wire::SiteId site : realtime_) {
        const auto found = held_.lower_bound({{site, 0}, 0});
        if (found != held_.end() && found->first.component == wire::ComponentId{site, 0}) {
            attempts.push_back(found->first);
        }
    }
    return attempts;
}

std::optional<AttemptId> Holdings::at_other_end(const Use& use) const {
    const auto end = ends_.find({use.channel, !use.puts});
    if (end == ends_.end()) return std::nullopt;
    return end->second;
}

}  // namespace reowolf::rounds
