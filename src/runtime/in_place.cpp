// SPDX-License-Identifier: MIT
// In the lane, for coroutines that run now: what they put and get is decided where they await it,
// without a request.
#include <algorithm>
#include <utility>

#include "runtime/lane.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using Wait = Component::Wait;
using Phase = Component::Phase;

// The other one's block is more than this message: it is at its end in that one's region.
Runtime::Meeting Runtime::join_at_once(Component& self, PortHandle port, machine::Value& value) {
    const Use use = use_of(self, port, is_out(port));
    Component& peer = use.peer;
    // Nobody may have to leave the lane, as above all the code runs that would begin anew.
    if (peer.is_single || peer.asks_fires || steps_) return Meeting::none;
    begin_in_lane(self);
    self.uses_port = true;
    absorb(*peer.lead, self);
    if (!use.puts) {
        use.channel.pending.pop(value);
        if (--self.lead->region_open == 0) close_region(*self.lead, self);
    } else {
        self.sent = 1;
        peer.waits = Wait::nothing;
        peer.uses_port = true;
        peer.give(std::move(value));
        if (peer.closes) {
            end_with_use(peer, self);
        } else {
            enqueue(peer);
        }
    }
    return self.phase == Phase::in_lane || self.queued ? Meeting::waits : Meeting::happened;
}

// The port that was chosen has a message. If that is all of somebody's block, it is a round of two.
Runtime::Meeting Runtime::meet_chosen(Component& self, std::uint32_t chosen,
                                      machine::Value& value) {
    const PortHandle port = self.choice->native_ports[chosen].bits;
    const Use use = use_of(self, port, false);
    const bool may_meet =
        is_allowed(use, port) && use.channel.pending.size() == 1 && use.peer.is_single;
    if (!may_meet) return Meeting::none;
    self.choice->clear(chosen);
    return meet(use, value);
}

// Nothing has come to any of the ports, and nobody at their other ends takes the general way.
bool Runtime::has_nothing_at(const Component& self, std::span<const PortHandle> ports) const {
    return std::ranges::all_of(ports, [&](PortHandle port) {
        const Channel& channel = channels_[channel_of(port)];
        return channel.pending.size() == 0 && channel.is_plain_in_for(self.index, port) &&
               component(channel.out.owner).phase != Phase::in_sync;
    });
}

Runtime::Meeting Runtime::get_any_at_once(machine::Participant& who,
                                          std::span<const PortHandle> ports, std::uint32_t& chosen,
                                          machine::Value& value) {
    auto& self = static_cast<Component&>(who);
    if (!may_enter_in_place(self)) return Meeting::none;
    const ForkSite* const site = native_site(self, ports);
    if (!site) return Meeting::none;
    self.is_doubtful = false;
    std::optional<std::uint32_t> ready;
    if (self.choice->site == site) ready = choose_ready(self, *site);
    if (!ready && (self.choice->site != site || !has_nothing_at(self, ports))) {
        if (!survey(self.index, *site)) return Meeting::none;
        ready = choose_ready(self, *site);
    }
    if (ready) {
        chosen = *ready;
        return meet_chosen(self, *ready, value);
    }
    wait_for_any(self);
    return Meeting::waits;
}

void Runtime::wait_for_any(Component& self) {
    begin_in_lane(self);
    self.is_single = true;
    self.waits = Wait::fork;
    if (self.writer_chooses) wake_choosing_writers(self.index);
}

// The code that runs must not be gone back upon meanwhile, so nobody may have to leave the lane.
[[gnu::always_inline]] inline bool Runtime::is_in_place(const Use& use, PortHandle port) {
    if (!is_allowed(use, port) || use.peer.asks_fires) return false;
    return use.self.phase == Phase::in_lane || may_enter_in_place(use.self);
}

template <class Message>
[[gnu::always_inline]] inline bool Runtime::put_here(Component& self, PortHandle port,
                                                     Message&& message) {
    if (!is_out(port) || channel_of(port) >= channels_.size()) return false;
    const Use use = use_of(self, port, true);
    if (!is_in_place(use, port) || !has_room(self, use.channel.pending, message)) return false;
    if (self.phase != Phase::in_lane) enter_lane(self);
    put_allowed(use, std::forward<Message>(message), false);
    return true;
}

bool Runtime::put_in_place(machine::Participant& who, PortHandle port, machine::Value value) {
    return put_here(static_cast<Component&>(who), port, std::move(value));
}

bool Runtime::put_in_place(machine::Participant& who, PortHandle port, std::uint64_t word) {
    return put_here(static_cast<Component&>(who), port, word);
}

template <class Message>
[[gnu::always_inline]] inline Runtime::Meeting Runtime::get_here(Component& self, PortHandle port,
                                                                 bool may_wait, Message& message) {
    if (is_out(port) || channel_of(port) >= channels_.size()) return Meeting::none;
    const Use use = use_of(self, port, false);
    if (!may_wait && use.channel.pending.size() == 0) return Meeting::none;
    if (!is_in_place(use, port)) return Meeting::none;
    if (self.phase != Phase::in_lane) enter_lane(self);
    return get_allowed(use, false, message) ? Meeting::happened : Meeting::waits;
}

Runtime::Meeting Runtime::get_in_place(machine::Participant& who, PortHandle port, bool may_wait,
                                       machine::Value& value) {
    return get_here(static_cast<Component&>(who), port, may_wait, value);
}

Runtime::Meeting Runtime::get_in_place(machine::Participant& who, PortHandle port, bool may_wait,
                                       std::uint64_t& word) {
    return get_here(static_cast<Component&>(who), port, may_wait, word);
}

}  // namespace reowolf::runtime
