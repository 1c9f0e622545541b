// SPDX-License-Identifier: MIT
// In which order the behaviours of an attempt are explored. A few are tried side by side. Where
// they are many, one is followed to its end first, so that a round can be found before all are
// explored; and one that would put something that nobody waits for is left for later.
#include <algorithm>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using wire::NodeId;

// There is one more. From some number on the attempt follows its preferred behaviours to their
// ends, before it tries others.
void Runtime::note_live(Attempt& exploring) {
    constexpr std::uint32_t live_side_by_side_max = 256;

    if (++exploring.live <= live_side_by_side_max || exploring.is_deep) return;
    exploring.is_deep = true;
    exploring.queue.reverse_last(exploring.queue.size());
}

// The last ones in the queue are the alternatives of one fork. Every so often the others are tried
// first, so that nobody is always left out.
void Runtime::order_newest(Attempt& exploring, std::uint32_t count) {
    // Each behaviour remembers its way, so those that never end must not get ever longer ones: the
    // oldest that is left is followed instead.
    constexpr std::size_t decisions_max = 512;

    if (!exploring.is_deep) return;
    if (exploring.nodes.back().path.size() % decisions_max == 0) {
        exploring.queue.push(exploring.queue.pop());
    } else if (!exploring.prefers_least_used) {
        exploring.queue.reverse_last(std::min<std::uint64_t>(count, exploring.queue.size()));
    }
}

// Whether somebody waits for the message of this number on the channel. Of another site it is not
// known.
bool Runtime::is_wanted(ChannelIndex number, std::uint32_t index) const {
    const Channel& channel = channels_[number];
    if (!channel.in.here) return true;
    const auto& reading = component(channel.in.owner).attempt;
    if (!reading) return false;
    const auto waiting = reading->waiting.find({number, index});
    return waiting != reading->waiting.end() &&
           std::ranges::any_of(waiting->second.nodes, [&](NodeId id) {
               return reading->nodes[id].phase == Node::Phase::waiting;
           });
}

// Somebody waits for it: who would put it goes on.
void Runtime::want(ChannelIndex number, std::uint32_t index) {
    const ComponentIndex writer = channels_[number].out.owner;
    if (!component(writer).attempt) return;
    Attempt& writing = *component(writer).attempt;
    const auto parked = writing.parked.find(number);
    if (parked == writing.parked.end()) return;
    std::erase_if(parked->second, [&](NodeId id) {
        const Node& node = writing.nodes[id];
        if (node.is_parked && node.count(number, true) != index) return false;
        writing.unpark(id);
        return true;
    });
    if (parked->second.empty()) writing.parked.erase(parked);
    enqueue(writer);
}

// What is put although nobody waits for it may still be what others need to come so far. When there
// has been nothing else to do for some turns, one that is parked goes on; next time two, and so on,
// because each time a round is looked for among all that is there.
void Runtime::release_parked(ComponentIndex index) {
    constexpr std::uint8_t turns = 4;
    constexpr std::uint32_t released_max = 4'096;

    Attempt& exploring = attempt(index);
    if (exploring.ready > 0 || exploring.parked_in == 0) return;
    if (++exploring.idle_turns < turns) return;
    exploring.released = std::clamp<std::uint32_t>(exploring.released * 2, 1, released_max);
    while (!exploring.parked.empty() && exploring.ready < exploring.released) {
        const auto first = exploring.parked.begin();
        const NodeId id = first->second.back();
        first->second.pop_back();
        if (first->second.empty()) exploring.parked.erase(first);
        exploring.unpark(id);
    }
}

// An application of many optional ports has very many behaviours, and one in which all fire that
// can is what is wanted. So those that leave something out are set aside, and tried in the order of
// how much that is, when nothing else has led to a round. Where they are very many, that takes its
// time: most of them are in vain while somebody who is needed is not there yet, and each costs
// others too.
bool Runtime::is_set_aside(NodeId id) {
    Attempt& exploring = attempt(application);
    const Node& node = exploring.nodes[id];
    const auto is_there = [&](PortHandle port) {
        const auto& offers = channels_[channel_of(port)].offers;
        const std::uint32_t received = node.count(channel_of(port), false);
        return received < offers.size() &&
               std::ranges::any_of(
                   offers[received],
                   [&](const Offer& offer) {
                       return rounds::join(arbiter_.forest(), node.depends, offer.causes)
                           .has_value();
                   });
    };
    const bool is_crowded = exploring.live > limits_.live_behaviours_max / 4;
    const bool waits = is_crowded ? node.body->leaves_out(0, [](PortHandle) { return true; })
                                  : node.body->leaves_out(exploring.leaves_out_max, is_there);
    if (!waits) return false;
    exploring.aside.push_back(id);
    return true;
}

// So many live ones there may be when one of those is tried: at first, and at last.
std::uint32_t Runtime::live_for_aside_first() const {
    return std::max(limits_.live_behaviours_max / 256, 1u);
}
std::uint32_t Runtime::live_for_aside_max() const {
    return limits_.live_behaviours_max / 16;
}

void Runtime::release_aside() {
    constexpr std::uint8_t turns = 4;
    constexpr std::uint32_t released_max = 16;  // at once

    Attempt& exploring = attempt(application);
    if (!exploring.is_settled() || (exploring.aside.empty() && exploring.due.empty())) return;
    if (++exploring.idle_turns < turns) return;
    exploring.live_for_aside = std::max(exploring.live_for_aside, live_for_aside_first());
    exploring.has_too_many = exploring.live > exploring.live_for_aside;
    if (exploring.has_too_many) return;
    if (exploring.due.empty()) {
        ++exploring.leaves_out_max;
        exploring.due = std::exchange(exploring.aside, {});
    }
    while (!exploring.due.empty() && exploring.ready < released_max) {
        const NodeId id = exploring.due.back();
        exploring.due.pop_back();
        if (exploring.nodes[id].phase == Node::Phase::runnable) exploring.enqueue(id);
    }
}

bool Runtime::may_try_more() const {
    const auto& own = component(application).attempt;
    return own && own->has_too_many && own->live_for_aside < live_for_aside_max();
}

void Runtime::try_more() {
    if (!may_try_more()) return;
    attempt(application).live_for_aside *= 2;
    attempt(application).has_too_many = false;
    enqueue(application);
}

}  // namespace reowolf::runtime
