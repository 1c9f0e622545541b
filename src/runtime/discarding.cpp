// SPDX-License-Identifier: MIT
// Behaviours that come to nothing, and what they take with them: whoever got their messages.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

// Of what is to be taken out together. Each list of offers and of leaves is gone through once for
// all of it: there may be tens of thousands, which came to nothing because one channel was closed.
struct Runtime::Removal {
    struct Retracted {
        ChannelIndex channel;
        std::uint32_t index;
        wire::NodeRef branch;
        auto operator<=>(const Retracted&) const = default;
    };
    std::vector<Offer::Taker> victims;  // who must follow, and is not taken out yet
    std::vector<Retracted> retracted;
    std::vector<wire::NodeRef> withdrawn;
};

// The behaviour is its own undoing: its reason is kept for the explanation.
void Runtime::discard(ComponentIndex index, NodeId id, Discard why) {
    std::vector<std::pair<NodeId, Discard>> one;
    one.emplace_back(id, std::move(why));
    discard_all(index, std::move(one));
}

void Runtime::discard_all(ComponentIndex index,
                          std::vector<std::pair<NodeId, Discard>> behaviours) {
    Removal removal;
    for (auto& [id, why] : behaviours) {
        if (attempt(index).nodes[id].phase == Node::Phase::dropped) continue;  // with another one
        remove_node(index, id, removal);
        Node& node = attempt(index).nodes[id];
        node.phase = Node::Phase::discarded;
        ++counters_.discarded[static_cast<std::size_t>(why.cause)];
        recorder_.note_discarded(component(index).who, why.cause, why.where);
        attempt(index).held += why.text.size() + why.trace.size() * sizeof(TraceLine);
        node.discard = std::move(why);
        drop_victims(removal);
    }
    finish(removal);
    enqueue(index);
}

// The behaviour's past is gone: nothing is kept.
void Runtime::drop(ComponentIndex index, NodeId id) {
    drop_all({{attempt(index).id, id}});
}

void Runtime::drop_all(std::vector<Offer::Taker> victims) {
    Removal removal;
    removal.victims = std::move(victims);
    drop_victims(removal);
    finish(removal);
}

void Runtime::drop_victims(Removal& removal) {
    while (!removal.victims.empty()) {
        const Offer::Taker victim = removal.victims.back();
        removal.victims.pop_back();
        const auto index = owner(victim.attempt);
        if (!index) continue;
        ++attempt(*index).dropped;
        ++counters_.dropped;
        remove_node(*index, victim.node, removal);
        enqueue(*index);
    }
}

// Takes back what the nodes put, as long as that takes others out, and then their leaves.
void Runtime::finish(Removal& removal) {
    while (!removal.retracted.empty()) {
        auto retracted = std::exchange(removal.retracted, {});
        std::ranges::sort(retracted);
        for (auto first = retracted.begin(); first != retracted.end();) {
            const auto last = std::find_if(first, retracted.end(), [&](const auto& each) {
                return each.channel != first->channel || each.index != first->index;
            });
            std::vector<wire::NodeRef> branches;
            std::transform(first, last, std::back_inserter(branches),
                           [](const auto& each) { return each.branch; });
            retract(branches, first->channel, first->index, removal.victims);
            first = last;
        }
        drop_victims(removal);
    }
    std::ranges::sort(removal.withdrawn);
    for (auto first = removal.withdrawn.begin(); first != removal.withdrawn.end();) {
        const wire::AttemptId of = first->attempt;
        std::vector<NodeId> leaves;
        for (; first != removal.withdrawn.end() && first->attempt == of; ++first) {
            leaves.push_back(first->node);
        }
        std::erase_if(attempt(of.component.index).silent,
                      [&](NodeId id) { return std::ranges::binary_search(leaves, id); });
        removal_steps_ += arbiter_.withdraw(of, leaves);
    }
}

// Takes the node out of the attempt; adds those who must follow it.
void Runtime::remove_node(ComponentIndex index, NodeId id, Removal& removal) {
    Attempt& exploring = attempt(index);
    Node& node = exploring.nodes[id];
    if (node.phase == Node::Phase::dropped) return;
    if (node.is_live()) --exploring.live;
    if (node.phase == Node::Phase::runnable) {
        exploring.unqueue(node);
        if (std::exchange(node.is_away, false)) --exploring.away;
    }
    if (node.phase == Node::Phase::complete) removal.withdrawn.push_back({exploring.id, id});
    node.phase = Node::Phase::dropped;
    drop_body(exploring, node);
    exploring.held -= std::exchange(node.held, 0);
    node.discard.reset();
    for (const Node::Put& put : take_puts(node)) {
        removal.retracted.push_back({put.channel, put.index, {exploring.id, id}});
    }
    for (const NodeId child : std::exchange(node.children, {})) {
        removal.victims.push_back({exploring.id, child});
    }
}

std::size_t Runtime::behaviours_kept() const {
    std::size_t kept = 0;
    for (ComponentIndex index = 0; index < components_.size(); ++index) {
        if (component(index).attempt) kept += component(index).attempt->nodes.size();
    }
    return kept;
}

// Who got it has lost a reason to be there.
void Runtime::lose_takers(const Offer& offer, std::vector<Offer::Taker>& victims) {
    for (const Offer::Taker& taker : offer.takers) {
        const auto index = owner(taker.attempt);
        if (index && --attempt(*index).nodes[taker.node].sources == 0) victims.push_back(taker);
    }
}

// What there is to be taken back of what the node has put. To another site it goes in order, and
// one RETRACT takes back all that the node put on a channel from there on.
std::vector<Node::Put> Runtime::take_puts(Node& node) {
    std::vector<Node::Put> puts = std::exchange(node.puts, {});
    std::set<ChannelIndex> told;
    std::erase_if(puts, [&](const Node::Put& put) {
        return !channels_[put.channel].in.here && !told.insert(put.channel).second;
    });
    return puts;
}

// Takes back one message of each of the branches, which are in order.
void Runtime::retract(std::span<const wire::NodeRef> branches, ChannelIndex number,
                      std::uint32_t index, std::vector<Offer::Taker>& victims) {
    Channel& channel = channels_[number];
    if (!channel.in.here) {
        for (const wire::NodeRef& branch : branches) {
            send(channel.other_site(), wire::Retract{branch, channel.id, index});
        }
        return;
    }
    if (index >= channel.offers.size()) return;
    removal_steps_ += channel.offers[index].size();
    std::erase_if(channel.offers[index], [&](const Offer& offer) {
        if (!std::ranges::binary_search(branches, offer.branch)) return false;
        note_gone(offer);
        lose_takers(offer, victims);
        return true;
    });
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
                lose_takers(offer, victims);
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
