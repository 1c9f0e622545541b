// SPDX-License-Identifier: MIT
// A round as a watcher is told of it.
#include "runtime/watching.hpp"

#include <algorithm>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

WatchedRound Runtime::describe(const wire::Decision& decision) const {
    WatchedRound round{.number = counters_.rounds(), .members = {}, .flows = {}};
    for (const wire::NodeRef& one : decision) {
        const auto index = owner(one.attempt);
        if (!index) continue;
        const Component& member = component(*index);
        const auto& nodes = member.attempt->nodes;
        if (one.node >= nodes.size() || nodes[one.node].phase != Node::Phase::complete) continue;
        auto& told = round.members.emplace_back();
        told.component = *index;
        told.name = member.name;
        told.is_native = member.is_native;
        if (member.body) told.where = member.body->position();
        for (wire::NodeId id = one.node; id != 0; id = nodes[id].parent) {
            if (!nodes[id].alternative_at) continue;
            told.choices.push_back({nodes[id].path.back(), *nodes[id].alternative_at});
        }
        std::ranges::reverse(told.choices);
        for (const Node::Count& use : nodes[one.node].counts) describe(use, decision, round);
    }
    return round;
}

// Each channel is told of once, by whoever puts; what comes from elsewhere, by whoever gets.
void Runtime::describe(const Node::Count& use, const wire::Decision& decision,
                       WatchedRound& round) const {
    const Channel& channel = channels_[use.channel];
    if (!use.puts && channel.out.here) return;
    const auto end = [&](const Channel::End& of) {
        WatchedRound::Flow::End told{.here = of.here,
                                     .component = of.owner,
                                     .component_name = {},
                                     .port = of.name,
                                     .got_from = of.got_from};
        if (of.here) told.component_name = component(of.owner).name;
        return told;
    };
    auto& flow = round.flows.emplace_back();
    flow.channel = use.channel;
    flow.type = channel.type;
    flow.from = end(channel.out);
    flow.to = end(channel.in);
    const auto is_chosen = [&](const Offer& offer) {
        return std::ranges::any_of(decision, [&](const wire::NodeRef& one) {
            return one.attempt == offer.branch.attempt &&
                   arbiter_.forest().is_above(one.attempt, offer.branch.node, one.node);
        });
    };
    for (std::uint32_t i = 0; i < use.count && i < channel.offers.size(); ++i) {
        const auto& offers = channel.offers[i];
        const auto found = std::ranges::find_if(offers, is_chosen);
        if (found != offers.end()) flow.values.push_back(found->value);
    }
}

}  // namespace reowolf::runtime
