// SPDX-License-Identifier: MIT
// What happens to each attempt in the lane, inlined where it happens.
#pragma once

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

// It has entered a block, or asked to; what it goes back to is kept from here on.
[[gnu::always_inline]] inline void Runtime::enter_lane(ComponentIndex index, Component& self) {
    self.asks_fires = !self.is_native && self.entrance.block().asks_fires;
    if (self.is_native && !self.goes_back) self.native_begin = self.body->clone();
    self.phase = Component::Phase::in_lane;
    self.waits = Component::Wait::nothing;
    self.uses_port = false;
    self.is_doubtful = false;
    self.is_special = false;
    self.lead = index;
    self.next = index;
    self.region_size = 1;
    self.region_open = 1;
    if (steps_) self.actions.clear();
    ++self.stamp;
}

// Its attempt is part of a round: what is left of its block cannot fail.
[[gnu::always_inline]] inline void Runtime::leave_block(Component& member) {
    if (member.is_native) {
        if (!member.goes_back) member.native_begin.reset();
    } else {
        member.entrance.forget();
        member.state().leave_sync();
        if (member.asks_fires) member.forget_uses();
    }
    member.phase = Component::Phase::running;
    member.waits = Component::Wait::nothing;
    member.misses = 0;
    member.renewals = 0;
    ++member.rounds;
    counters_.messages += member.sent;
    member.sent = 0;
}

}  // namespace reowolf::runtime
