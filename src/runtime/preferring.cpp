// SPDX-License-Identifier: MIT
// Which of several rounds: earlier alternatives of a fork are preferred, but whoever was left out
// has its turn; and what can be known in a moment is waited for.
#include <algorithm>
#include <set>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

// In a round in which a component prefers what it has done least lately, that is for the sake of
// those whom it leaves out otherwise. If nobody is reached in it but only some of those who are in
// the round that it would prefer else, it would leave out even more: then that one it is.
std::optional<wire::Decision> Runtime::find_preferred(wire::AttemptId id) const {
    constexpr std::size_t turn_numbers = 2;  // before the path, in the rank; see exploring.cpp

    auto round = arbiter_.find(id, false);
    if (!round) return round;
    std::vector<wire::NodeRef> choosers;
    for (const wire::NodeRef& member : *round) {
        const Node* const node = find_here(member);
        if (!node) return round;
        const Attempt& deciding = *component(*owner(member.attempt)).attempt;
        if (deciding.prefers_least_used && !node->path.empty()) choosers.push_back(member);
    }
    if (choosers.empty()) return round;
    const auto is_here = [&](const wire::NodeRef& member) { return find_here(member) != nullptr; };
    // Who has the turn may prefer a round in which the one has no part for whom this was found.
    for (const wire::NodeRef& chooser : choosers) {
        if (chooser.attempt == id) continue;
        auto chosen = arbiter_.find(chooser.attempt, false);
        if (!chosen || std::ranges::find(*chosen, chooser) != chosen->end() ||
            !std::ranges::all_of(*chosen, is_here)) {
            continue;
        }
        round = std::move(chosen);
        id = chooser.attempt;
        break;
    }
    const auto preferred = arbiter_.find(id, false, [&](const wire::AttemptId& attempt) {
        const auto index = owner(attempt);
        const bool has_turn = index && component(*index).attempt->prefers_least_used;
        return has_turn ? turn_numbers : std::size_t{0};
    });
    if (!preferred || !std::ranges::all_of(*preferred, is_here)) return round;
    const std::set<ChannelIndex> reached = channels_of(*round);
    const std::set<ChannelIndex> reached_else = channels_of(*preferred);
    const bool reaches_less =
        reached.size() < reached_else.size() && std::ranges::includes(reached_else, reached);
    return reaches_less ? preferred : round;
}

// The behaviour, if it is one of this site's: what other sites say of it need not be true.
const Node* Runtime::find_here(const wire::NodeRef& member) const {
    const auto index = owner(member.attempt);
    if (!index) return nullptr;
    const auto& nodes = component(*index).attempt->nodes;
    return member.node < nodes.size() ? &nodes[member.node] : nullptr;
}

std::set<ChannelIndex> Runtime::channels_of(const wire::Decision& round) const {
    std::set<ChannelIndex> channels;
    for (const wire::NodeRef& member : round) {
        for (const Node::Count& use : find_here(member)->counts) channels.insert(use.channel);
    }
    return channels;
}

// Whether somebody in the round takes another alternative than its first, and those around are not
// done exploring.
bool Runtime::may_improve(const wire::Decision& round, bool is_early) const {
    return std::ranges::any_of(round, [&](const wire::NodeRef& member) {
        const Node* const node = find_here(member);
        if (!node) return false;
        const ComponentIndex index = *owner(member.attempt);
        const Attempt& deciding = *component(index).attempt;
        const std::vector<std::uint32_t>& path = node->path;
        const bool is_first = std::ranges::all_of(path, [](std::uint32_t i) { return i == 0; });
        if (path.empty() || (is_first && !deciding.prefers_least_used)) return false;
        return !is_explored_around(index, is_early);
    });
}

// The component's attempt and those that it touches, directly or through others, have nothing left
// to explore as things are. If it is early, it is also waited for those who are about to begin.
bool Runtime::is_explored_around(ComponentIndex index, bool is_early) const {
    constexpr std::size_t reached_max = 64;

    std::vector<ComponentIndex> reached{index};
    for (std::size_t i = 0; i < reached.size(); ++i) {
        const Component& each = component(reached[i]);
        if (!each.attempt) {
            if (is_early && each.queued) return false;
            continue;
        }
        if (!each.attempt->is_settled()) return false;
        for (const machine::PortHandle port : each.ports) {
            const Channel& channel = channels_[channel_of(port)];
            const Channel::End& other = channel.end(!is_out(port));
            if (channel.end(is_out(port)).user != each.attempt->id) continue;
            if (!other.here || other.closed || reached.size() == reached_max) continue;
            if (std::ranges::find(reached, other.owner) == reached.end()) {
                reached.push_back(other.owner);
            }
        }
    }
    return true;
}

}  // namespace reowolf::runtime
