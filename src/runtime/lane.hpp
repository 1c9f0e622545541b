// SPDX-License-Identifier: MIT
// What happens to each attempt in the lane, inlined where it happens.
#pragma once

#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

// It has entered a block, or asked to; what it goes back to is kept from here on.
template <bool may_be_native>
[[gnu::always_inline]] inline void Runtime::begin_in_lane(Component& self) {
    if (may_be_native && self.is_native) {
        keep_begin(self);
    } else {
        self.asks_fires = self.entrance.block().asks_fires;
    }
    self.phase = Component::Phase::in_lane;
    self.notes_uses = self.asks_fires || steps_;
    if (steps_) self.actions.clear();
    self.is_doubtful = false;
    self.uses_port = false;
    self.takes_number = false;
}

// The same, of one on the machine of which nothing needs to be noted.
[[gnu::always_inline]] inline void Runtime::begin_unnoted(Component& self) {
    self.entrance.take_news();
    self.asks_fires = false;
    self.phase = Component::Phase::in_lane;
    self.notes_uses = false;
    self.is_doubtful = false;
}

// Alone so far.
[[gnu::always_inline]] inline void Runtime::be_region(Component& self) {
    self.is_single = false;
    self.is_special = false;
    self.lead = &self;
    self.next = &self;
    self.region_size = 1;
    self.region_open = 1;
}

template <bool may_be_native>
[[gnu::always_inline]] inline void Runtime::enter_lane(Component& self) {
    begin_in_lane<may_be_native>(self);
    be_region(self);
    self.waits = Component::Wait::nothing;
    ++self.stamp;
}

// The same, of one on the machine that may have entered its block by itself.
[[gnu::always_inline]] inline void Runtime::enter_if_outside(Component& self) {
    if (self.phase == Component::Phase::in_lane) return;
    self.entrance.take_news();
    enter_lane<false>(self);
}

// Most have one member that joins the others.
[[gnu::always_inline]] inline void Runtime::join_regions(Component* larger, Component* smaller) {
    if (larger->region_size < smaller->region_size) std::swap(larger, smaller);
    if (smaller->region_size > 1) return join_larger_regions(larger, smaller);
    ++larger->region_size;
    larger->region_open += smaller->region_open;
    larger->is_special = larger->is_special || smaller->is_special;
    smaller->lead = larger;
    std::swap(larger->next, smaller->next);
}

// It takes part in a round.
[[gnu::always_inline]] inline void Runtime::note_round(Component& member) {
    member.misses = 0;
    member.renewals = 0;
    ++member.rounds;
}

// Their whole round was one message between them.
[[gnu::always_inline]] inline void Runtime::note_pair(Component& self, Component& peer) {
    note_round(self);
    note_round(peer);
    ++pairs_;
    recorder_.note_round(self.who, peer.who, 2);
}

// The same, of its attempt in the lane: what is left of its block cannot fail.
[[gnu::always_inline]] inline void Runtime::leave_block(Component& member) {
    counters_.messages += member.sent;
    member.sent = 0;
    if (member.seat) return member.be_native_outside();
    member.phase = Component::Phase::running;
    member.waits = Component::Wait::nothing;
    if (member.is_native) {
        if (!member.goes_back) member.native_begin.reset();
    } else {
        member.state().leave_sync();
        member.entrance.forget();
        if (member.asks_fires) member.forget_uses();
    }
}

// One end of a channel, for who uses it in the lane.
struct Runtime::Use {
    Component& self;  // who
    ChannelIndex number;
    Channel& channel;
    bool puts;
    Component& peer;
};

[[gnu::always_inline]] inline Runtime::Use Runtime::use_of(Component& self,
                                                           machine::PortHandle port, bool puts) {
    const ChannelIndex number = channel_of(port);
    Channel& channel = channels_[number];
    return {self, number, channel, puts, component(channel.end(!puts).owner)};
}

// Whether a behaviour in the lane may use the port so. All that would discard it, and what concerns
// others than components in the lane, is for the general way.
[[gnu::always_inline]] inline bool Runtime::is_allowed(const Use& use, machine::PortHandle port) {
    if (!use.channel.is_plain_for(use.self.index, use.puts, port) ||
        use.peer.phase == Component::Phase::in_sync) {
        return false;
    }
    return !use.self.asks_fires || use.self.phase != Component::Phase::in_lane ||
           std::ranges::none_of(use.self.promises, [&](const Node::Promise& promise) {
               return promise.port == port && !promise.fires;
           });
}

// Whether the other one waits for what is put, or has put what is to be got.
[[gnu::always_inline]] inline bool Runtime::has_partner(const Use& use) {
    return use.puts ? use.peer.waits_at(use.number) : use.channel.pending.size() > 0;
}

// Of one on the machine who will wait at the port, in a block that begins: it is not to be noted,
// and nobody is to be woken.
[[gnu::always_inline]] inline bool Runtime::is_unnoted(const Use& use) const {
    return !steps_ && !use.self.entrance.block().asks_fires && !use.peer.chooses();
}

// Its block is a message that has been exchanged with somebody in the region: it is at its end, and
// there is nothing to be counted.
[[gnu::always_inline]] inline void Runtime::absorb(Component& lead, Component& single) {
    single.is_single = false;
    single.waits = Component::Wait::others;
    single.lead = &lead;
    single.next = lead.next;
    lead.next = &single;
    ++lead.region_size;
}

// A message that the peer has put, is got.
[[gnu::always_inline]] inline void Runtime::join_writer(const Use& use) {
    if (use.peer.is_single) return absorb(*use.self.lead, use.peer);
    if (use.self.lead != use.peer.lead) join_regions(use.self.lead, use.peer.lead);
    --use.self.lead->region_open;
}

// Nothing is open any more.
inline void Runtime::close_region(Component& lead, const Component& current) {
    if (steps_ && is_in_step(lead.index)) return publish_step();
    return lead.is_special ? commit_special(lead, current) : commit_region(lead, current);
}

// It has used a port, if it has to. `current`: who runs now.
[[gnu::always_inline]] inline void Runtime::end_with_use(Component& self,
                                                         const Component& current) {
    if (self.asks_fires && !keeps_promises(self)) return leave_lane(self.index, Fall::promise);
    self.waits = Component::Wait::others;
    if (--self.lead->region_open == 0) close_region(*self.lead, current);
}

template <class Message>
inline void Runtime::put_allowed(const Use& use, Message&& message, bool closes) {
    Component& self = use.self;
    Component& reader = use.peer;
    note_use_in_lane(self, use.number, true);
    ++self.sent;
    if (reader.waits_at(use.number)) {
        note_use_in_lane(reader, use.number, false);
        reader.give(std::forward<Message>(message));
        if (reader.is_single) {
            absorb(*self.lead, reader);
        } else {
            if (self.lead != reader.lead) join_regions(self.lead, reader.lead);
            reader.waits = Component::Wait::nothing;
            if (reader.closes) {
                end_with_use(reader, self);
            } else {
                enqueue(reader);
            }
        }
    } else {
        ++self.lead->region_open;
        use.channel.pending.push(std::forward<Message>(message));
        note_readiness(use.channel.in, reader);
    }
    if (closes && self.phase == Component::Phase::in_lane) end_with_use(self, self);
}

// False: there is none yet.
template <class Message>
inline bool Runtime::get_allowed(const Use& use, bool closes, Message& message) {
    Component& self = use.self;
    Component& writer = use.peer;
    if (use.channel.pending.size() > 0) {
        note_use_in_lane(self, use.number, false);
        join_writer(use);
        use.channel.pending.pop(message);
        return true;
    }
    self.waits = Component::Wait::message;
    self.waits_on = use.number;
    self.closes = closes;
    self.takes_number = false;
    note_readiness(use.channel.out, writer);
    return false;
}

// A block that is this get or put and no more. If somebody waits for it who needs no more either,
// that is a round of two, for which no region has to be made; what is got is in `message` then. If
// nobody is there, it waits in the lane. Else nothing has been done.
template <class Message>
inline Runtime::Meeting Runtime::meet(const Use& use, Message& message) {
    Component& self = use.self;
    Component& peer = use.peer;
    Pending& pending = use.channel.pending;
    if (has_partner(use)) {
        if (!peer.is_single || pending.size() > 1) return Meeting::none;
        if (use.puts) {
            peer.give(std::move(message));
        } else {
            pending.pop(message);
            peer.sent = 0;
        }
        note_pair(self, peer);
        if (!self.is_native) self.state().leave_sync();
        leave_block(peer);
        enqueue_awake(peer);
        if (is_followed_) world_.committed(no_records_);
        return Meeting::happened;
    }
    begin_in_lane(self);
    self.is_single = true;
    if (use.puts) {
        note_use_in_lane(self, use.number, true);
        self.sent = 1;
        self.waits = Component::Wait::others;
        pending.push(std::move(message));
    } else {
        self.waits = Component::Wait::message;
        self.waits_on = use.number;
        self.closes = true;
    }
    note_readiness(use.channel.end(!use.puts), peer);
    return Meeting::waits;
}

// ---- For coroutines that run now, without a request --------------------------------------------

template <class Message>
[[gnu::always_inline]] inline Runtime::Meeting Runtime::meet_at_once(machine::Participant& who,
                                                                     machine::PortHandle port,
                                                                     bool puts, Message& message) {
    auto& self = static_cast<Component&>(who);
    if (!may_enter_in_place(self)) return Meeting::none;
    if (is_out(port) != puts || channel_of(port) >= channels_.size()) return Meeting::none;
    const Use use = use_of(self, port, puts);
    if (!is_allowed(use, port)) return Meeting::none;
    const Meeting meeting = meet(use, message);
    return meeting == Meeting::none ? join_at_once(self, port, message) : meeting;
}

template <class Message>
[[gnu::always_inline]] inline Runtime::Meeting Runtime::put_at_once(machine::Participant& who,
                                                                    machine::PortHandle port,
                                                                    Message& message) {
    return meet_at_once(who, port, true, message);
}

template <class Message>
[[gnu::always_inline]] inline Runtime::Meeting Runtime::get_at_once(machine::Participant& who,
                                                                    machine::PortHandle port,
                                                                    Message& message) {
    return meet_at_once(who, port, false, message);
}

// Somebody waits. The one whose turn is next, if `may_have` says so: it has that within the turn of
// the other. What step() does between two turns is done here.
template <class MayHave>
[[gnu::always_inline]] inline Component* Runtime::pass_turn(MayHave may_have) {
    if (queue_.popped() >= step_end_) return nullptr;
    const bool ends_generation = queue_.popped() >= generation_end_;
    // Before that there is always somebody left.
    if (ends_generation && queue_.empty()) return nullptr;
    Component& next = *queue_.front();
    if (!may_have(next)) return nullptr;
    if (ends_generation) {
        if (may_draw_doubtful()) return nullptr;
        begin_generation();
    }
    queue_.pop();
    next.queued = false;
    running_ = next.index;
    return &next;
}

}  // namespace reowolf::runtime
