// SPDX-License-Identifier: MIT
// Fairness towards those who are far away. A component may have an alternative with somebody whose
// answer takes its time, and others that are decided before it comes, round after round. So when it
// is the turn of the least used, what does without those who wait is not offered to whoever decides
// until they have had the time to answer. The same goes for who would be silent.
#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

namespace {

// Not used for so many rounds, although somebody waits there.
constexpr std::uint64_t rounds_left_out = 4;
// Where that has been in vain, the next time is ever later.
constexpr std::uint64_t pause_max = 1u << 20;

}  // namespace

// Whether somebody at the other end waits for the component, and has been left out for long.
bool Runtime::leaves_out(ComponentIndex index, machine::PortHandle port) const {
    const Channel& channel = channels_[channel_of(port)];
    const Channel::End& own = channel.end(is_out(port));
    const Channel::End& other = channel.end(!is_out(port));
    if (own.closed || other.closed || !other.user || arbiter_.is_over(*other.user)) return false;
    // Here, and decided here: then it is explored before anything is decided.
    const Attempt& deciding = *component(index).attempt;
    if (other.here && arbiter_.holder(deciding.id) == place_.self) return false;
    return own.used_in + rounds_left_out <= component(index).rounds;
}

bool Runtime::withholds(ComponentIndex index, const Node& leaf) const {
    const Component& choosing = component(index);
    if (index == application || place_.sites.size() < 2) return false;
    if (!choosing.attempt->prefers_least_used || choosing.attempt->has_offered_all ||
        choosing.rounds < choosing.withholds_from || is_promised(choosing.attempt->id)) {
        return false;
    }
    bool is_any_left_out = false;
    for (const machine::PortHandle port : choosing.ports) {
        if (!leaves_out(index, port)) continue;
        if (leaf.count(channel_of(port), is_out(port)) > 0) return false;
        is_any_left_out = true;
    }
    return is_any_left_out;
}

void Runtime::withhold(ComponentIndex index, wire::Leaf leaf) {
    ++withheld_ever_;
    withholding_.insert(index);
    component(index).attempt->withheld.push_back(std::move(leaf));
}

std::set<wire::SiteId> Runtime::waited_for() const {
    std::set<wire::SiteId> sites;
    for (const ComponentIndex index : withholding_) {
        for (const machine::PortHandle port : component(index).ports) {
            const Channel& channel = channels_[channel_of(port)];
            if (!channel.end(!is_out(port)).here && leaves_out(index, port)) {
                sites.insert(channel.other_site());
            }
        }
    }
    return sites;
}

void Runtime::offer_withheld(bool for_good) {
    for (const ComponentIndex index : std::exchange(withholding_, {})) {
        Component& choosing = component(index);
        Attempt& open = *choosing.attempt;
        if (for_good) {
            open.has_offered_all = true;
            choosing.withholding_pause =
                std::min(std::max(2 * choosing.withholding_pause, rounds_left_out), pause_max);
            choosing.withholds_from = choosing.rounds + choosing.withholding_pause;
        }
        for (wire::Leaf& leaf : std::exchange(open.withheld, {})) {
            const wire::NodeId node = leaf.node;
            if (open.nodes[node].phase != Node::Phase::complete) continue;
            arbiter_.leaf(open.id, std::move(leaf));
            open.leaves.push_back(node);
        }
        enqueue(index);
    }
    apply_effects();
}

// Of those who wait, one has to do with somebody at another site who could answer.
bool Runtime::reaches_elsewhere(const std::set<ComponentIndex>& waiting) const {
    return std::ranges::any_of(waiting, [this](ComponentIndex index) {
        const Component& self = component(index);
        return self.attempt && std::ranges::any_of(self.ports, [&](machine::PortHandle port) {
                   const Channel& channel = channels_[channel_of(port)];
                   const Channel::End& own = channel.end(is_out(port));
                   const Channel::End& other = channel.end(!is_out(port));
                   return own.user == self.attempt->id && !other.here && !other.closed &&
                          !arbiter_.is_lost(channel.other_site());
               });
    });
}

void Runtime::let_be_silent(const std::vector<wire::AttemptId>& attempts) {
    for (const wire::AttemptId& id : attempts) {
        const auto index = owner(id);
        if (!index) continue;
        attempt(*index).may_be_silent = true;
        quiet_candidates_.push_back(*index);
    }
}

// The channels of the round that it is in now.
void Runtime::note_used(ComponentIndex index, const Node& leaf) {
    Component& committing = component(index);
    const bool has_withheld =
        committing.attempt->has_offered_all || !committing.attempt->withheld.empty();
    for (const Node::Count& use : leaf.counts) {
        Channel::End& end = channels_[use.channel].end(use.puts);
        if (has_withheld && end.used_in + rounds_left_out <= committing.rounds) {
            committing.withholding_pause = 0;  // it was not in vain
            committing.withholds_from = 0;
        }
        end.used_in = committing.rounds;
    }
}

}  // namespace reowolf::runtime
