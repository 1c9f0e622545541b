// SPDX-License-Identifier: MIT
// What happens to each attempt in the lane, inlined where it happens.
#pragma once

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

// It has entered a block, or asked to; what it goes back to is kept from here on.
[[gnu::always_inline]] inline void Runtime::begin_in_lane(Component& self) {
    if (self.is_native) {
        keep_begin(self);
    } else {
        self.asks_fires = self.entrance.block().asks_fires;
    }
    self.phase = Component::Phase::in_lane;
    self.notes_uses = self.asks_fires || steps_;
    if (steps_) self.actions.clear();
    self.is_doubtful = false;
    self.uses_port = false;
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

[[gnu::always_inline]] inline void Runtime::enter_lane(Component& self) {
    begin_in_lane(self);
    be_region(self);
    self.waits = Component::Wait::nothing;
    ++self.stamp;
}

// It takes part in a round.
[[gnu::always_inline]] inline void Runtime::note_round(Component& member) {
    member.misses = 0;
    member.renewals = 0;
    ++member.rounds;
}

// The same, of its attempt in the lane: what is left of its block cannot fail.
[[gnu::always_inline]] inline void Runtime::leave_block(Component& member) {
    note_round(member);
    member.phase = Component::Phase::running;
    member.waits = Component::Wait::nothing;
    counters_.messages += member.sent;
    member.sent = 0;
    if (member.is_native) {
        if (!member.goes_back) member.native_begin.reset();
    } else {
        member.state().leave_sync();
        member.entrance.forget();
        if (member.asks_fires) member.forget_uses();
    }
}

// Somebody waits. The one whose turn is next, if `may_have` says so: it has that within the turn of
// the other. What step() does between two turns is done here.
template <class MayHave>
[[gnu::always_inline]] inline Component* Runtime::pass_turn(MayHave may_have) {
    if (turns_left_ <= 1 || queue_.empty()) return nullptr;
    Component& next = *queue_.front();
    if (!may_have(next)) return nullptr;
    if (queue_.popped() >= generation_end_) {
        if (may_draw_doubtful()) return nullptr;
        begin_generation();
    }
    --turns_left_;
    queue_.pop();
    next.queued = false;
    running_ = next.index;
    return &next;
}

template <class IsInPlace>
[[gnu::always_inline]] inline Body* Runtime::pass_turn_in_place(IsInPlace is_in_place) {
    const Component* const next = pass_turn([&](Component& each) {
        if (!each.goes_back) return false;
        if (each.is_plain_native()) return is_in_place(*each.body);
        return each.waits == Component::Wait::fork && each.is_single && complete_choice(each);
    });
    return next ? next->body.get() : nullptr;
}

}  // namespace reowolf::runtime
