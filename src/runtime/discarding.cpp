// SPDX-License-Identifier: MIT
// Behaviours that come to nothing, and what they take with them: whoever got their messages.
#include <algorithm>
#include <set>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

// The behaviour is its own undoing: its reason is kept for the explanation.
void Runtime::discard(ComponentIndex index, NodeId id, Discard why) {
    std::vector<Offer::Taker> victims;
    remove_node(index, id, victims);
    Node& node = attempt(index).nodes[id];
    node.phase = Node::Phase::discarded;
    ++counters_.discarded[static_cast<std::size_t>(why.cause)];
    node.discard = std::move(why);
    drop_all(std::move(victims));
    enqueue(index);
}

// The behaviour's past is gone: nothing is kept.
void Runtime::drop(ComponentIndex index, NodeId id) {
    drop_all({{attempt(index).id, id}});
}

void Runtime::drop_all(std::vector<Offer::Taker> victims) {
    while (!victims.empty()) {
        const Offer::Taker victim = victims.back();
        victims.pop_back();
        const auto index = owner(victim.attempt);
        if (!index) continue;
        ++attempt(*index).dropped;
        ++counters_.dropped;
        remove_node(*index, victim.node, victims);
        enqueue(*index);
    }
}

// Takes the node out of the attempt; adds those who must follow it.
void Runtime::remove_node(ComponentIndex index, NodeId id, std::vector<Offer::Taker>& victims) {
    Attempt& exploring = attempt(index);
    Node& node = exploring.nodes[id];
    if (node.phase == Node::Phase::dropped) return;
    if (node.is_live()) --exploring.live;
    switch (node.phase) {
        case Node::Phase::runnable:
            exploring.unqueue(node);
            break;
        case Node::Phase::complete:
            std::erase(exploring.silent, id);
            arbiter_.withdraw(exploring.id, id);
            break;
        default:
            break;
    }
    node.phase = Node::Phase::dropped;
    node.body.reset();
    node.discard.reset();
    for (const Node::Put& put : std::exchange(node.puts, {})) {
        retract({exploring.id, id}, put.channel, put.index, victims);
    }
    for (const NodeId child : std::exchange(node.children, {})) {
        victims.push_back({exploring.id, child});
    }
}

void Runtime::retract(const wire::NodeRef& branch, ChannelIndex number, std::uint32_t index,
                      std::vector<Offer::Taker>& victims) {
    Channel& channel = channels_[number];
    if (!channel.in.here) {
        return send(channel.other_site(), wire::Retract{branch, channel.id, index});
    }
    if (index >= channel.offers.size()) return;
    auto& offers = channel.offers[index];
    const auto found = std::ranges::find(offers, branch, &Offer::branch);
    if (found == offers.end()) return;
    victims.insert(victims.end(), found->takers.begin(), found->takers.end());
    offers.erase(found);
}

// The attempt is over, in the round of the decision or, if that is empty, without one. Everything
// that came of it elsewhere goes too.
void Runtime::finish_attempt(ComponentIndex index, const wire::Decision& decision,
                             bool others_know) {
    Component& leaving = component(index);
    const wire::AttemptId id = leaving.attempt->id;
    std::vector<Offer::Taker> victims;
    for (const Node& node : leaving.attempt->nodes) {
        for (const Node::Put& put : node.puts) {
            Channel& channel = channels_[put.channel];
            if (!channel.in.here || put.index >= channel.offers.size()) continue;
            std::erase_if(channel.offers[put.index], [&](const Offer& offer) {
                if (offer.branch.attempt != id) return false;
                victims.insert(victims.end(), offer.takers.begin(), offer.takers.end());
                return true;
            });
        }
    }
    std::set<wire::SiteId> told;
    for (const wire::SiteId site : leaving.attempt->told) {
        if (!others_know) told.insert(site);
    }
    for (const machine::PortHandle port : leaving.ports) {
        Channel& channel = channels_[channel_of(port)];
        Channel::End& end = channel.end(is_out(port));
        if (end.user != id) continue;
        end.user.reset();
        if (channel.between_sites() && !others_know) told.insert(channel.other_site());
    }
    leaving.attempt.reset();
    withholding_.erase(index);
    leaving.is_overloaded = false;
    arbiter_.forest().forget(id);
    for (const wire::SiteId site : told) send(site, wire::Over{id, decision});
    // Others of the round are about to finish too. Not to take back now what they put: somebody in
    // the round, at another site, may not have heard of it.
    std::erase_if(victims, [&](const Offer::Taker& victim) {
        return std::ranges::find(decision, victim.attempt, &wire::NodeRef::attempt) !=
               decision.end();
    });
    drop_all(std::move(victims));
}

}  // namespace reowolf::runtime
