// SPDX-License-Identifier: MIT
// In the lane, for components on the machine: what they put and get is served without leaving it.
#include "runtime/lane.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using machine::Served;
using Wait = Component::Wait;
using Phase = Component::Phase;

// What has become of one that has put or got a message, or come to its end.
[[gnu::always_inline]] inline Served Runtime::served(const Component& self) const {
    if (self.phase == Phase::in_lane) {
        if (self.waits != Wait::nothing) return Served::waits;
        return self.queued ? Served::waits : Served::goes_on;
    }
    if (self.phase != Phase::running) return Served::gone;
    return self.queued ? Served::waits : served_between(self);
}

// What is frequent is done here, and calls nobody before its end, so that no registers have to be
// kept. The rest lies apart. What that uses is told one by one, so that it stays in registers.
Served Runtime::put(machine::Participant& who, PortHandle port, std::uint64_t word) {
    return put_among_others<false>(static_cast<Component&>(who), port, word);
}

Served Runtime::put_last(machine::Participant& who, PortHandle port, std::uint64_t word) {
    auto& self = static_cast<Component&>(who);
    if (self.phase != Phase::in_lane) return put_alone(who, port, word);
    return put_among_others<true>(self, port, word);
}

Runtime::Got Runtime::get(machine::Participant& who, PortHandle port) {
    return get_among_others<false>(static_cast<Component&>(who), port);
}

Runtime::Got Runtime::get_last(machine::Participant& who, PortHandle port) {
    auto& self = static_cast<Component&>(who);
    if (self.phase != Phase::in_lane) return get_alone(who, port);
    return get_among_others<true>(self, port);
}

Served Runtime::put_alone(machine::Participant& who, PortHandle port, std::uint64_t word) {
    auto& self = static_cast<Component&>(who);
    const Use use = use_of(self, port, true);
    if (!is_allowed(use, port)) return Served::unserved;
    Pending& pending = use.channel.pending;
    if (has_partner(use) || !is_unnoted(use) || pending.size() > 0) {
        return put_at(self, use.channel, use.peer, word, use.number);
    }
    pending.push(word);
    begin_unnoted(self);
    self.is_single = true;
    self.uses_port = true;
    self.sent = 1;
    self.waits = Wait::others;
    note_readiness_unwoken(use.channel.in, use.peer);
    return Served::waits;
}

Runtime::Got Runtime::get_alone(machine::Participant& who, PortHandle port) {
    auto& self = static_cast<Component&>(who);
    const Use use = use_of(self, port, false);
    if (!is_allowed(use, port)) return {};
    if (has_partner(use) || !is_unnoted(use)) {
        return get_at(self, use.channel, use.peer, use.number);
    }
    begin_unnoted(self);
    self.is_single = true;
    self.uses_port = false;
    self.waits = Wait::message;
    self.waits_on = use.number;
    self.closes = true;
    note_readiness_unwoken(use.channel.out, use.peer);
    return {Served::unanswered};
}

Served Runtime::put_at(Component& self, Channel& channel, Component& peer, std::uint64_t word,
                       ChannelIndex number) {
    const Use use{self, number, channel, true, peer};
    const Meeting meeting = meet(use, word);
    if (meeting == Meeting::none) return put_rarely<true>(self, channel, peer, word, number);
    self.entrance.take_news();
    return meeting == Meeting::waits ? Served::waits : served_between(self);
}

Runtime::Got Runtime::get_at(Component& self, Channel& channel, Component& peer,
                             ChannelIndex number) {
    const Use use{self, number, channel, false, peer};
    std::uint64_t word = 0;
    const Meeting meeting = meet(use, word);
    if (meeting == Meeting::none) return get_rarely<true>(self, channel, peer, number);
    self.entrance.take_news();
    if (meeting == Meeting::waits) return {Served::unanswered};
    return {served_between(self), word};
}

template <bool closes>
[[gnu::always_inline]] inline Served Runtime::put_among_others(Component& self, PortHandle port,
                                                               std::uint64_t word) {
    const Use use = use_of(self, port, true);
    if (!is_allowed(use, port)) return Served::unserved;
    if constexpr (!closes) enter_if_outside(self);
    Component& reader = use.peer;
    Pending& pending = use.channel.pending;
    if (self.notes_uses) {
        return put_rarely<closes>(self, use.channel, reader, word, use.number);
    }
    if (!reader.waits_at(use.number)) {
        if (pending.size() > 0 || reader.chooses()) {
            return put_rarely<closes>(self, use.channel, reader, word, use.number);
        }
        pending.push(word);
        self.uses_port = true;
        ++self.sent;
        note_readiness_unwoken(use.channel.in, reader);
        if constexpr (closes) {
            // What would be counted is one message more and one attempt less.
            self.waits = Wait::others;
            return Served::waits;
        }
        ++self.lead->region_open;
        return served(self);
    }
    if (!reader.is_single || reader.notes_uses || reader.is_native ||
        !reader.state().awaits_word()) {
        return put_rarely<closes>(self, use.channel, reader, word, use.number);
    }
    // Its block is this message.
    self.uses_port = true;
    reader.uses_port = true;
    ++self.sent;
    reader.state().place_word(word);
    absorb(*self.lead, reader);
    if constexpr (closes) {
        self.waits = Wait::others;
        if (--self.lead->region_open == 0) return close_and_serve(self);
    }
    return served(self);
}

template <bool closes>
[[gnu::always_inline]] inline Runtime::Got Runtime::get_among_others(Component& self,
                                                                     PortHandle port) {
    const Use use = use_of(self, port, false);
    if (!is_allowed(use, port)) return {};
    if constexpr (closes) {
        return get_rarely<closes>(self, use.channel, use.peer, use.number);
    }
    enter_if_outside(self);
    if (self.notes_uses || !use.peer.is_single || use.channel.pending.size() != 1) {
        return get_rarely<closes>(self, use.channel, use.peer, use.number);
    }
    std::uint64_t word = 0;
    use.channel.pending.pop(word);
    self.uses_port = true;
    absorb(*self.lead, use.peer);
    return {served(self), word};
}

template <bool closes>
Served Runtime::put_rarely(Component& self, Channel& channel, Component& peer, std::uint64_t word,
                           ChannelIndex number) {
    return serve_put({self, number, channel, true, peer}, word, closes);
}
template <bool closes>
Runtime::Got Runtime::get_rarely(Component& self, Channel& channel, Component& peer,
                                 ChannelIndex number) {
    return serve_get({self, number, channel, false, peer}, closes);
}

Served Runtime::close_and_serve(Component& self) {
    close_region(*self.lead, self);
    return served(self);
}

[[gnu::always_inline]] inline Served Runtime::serve_put(const Use& use, std::uint64_t word,
                                                        bool closes) {
    Component& self = use.self;
    // What is told to other sites is told of where the states are.
    if (steps_ && closes) return Served::unserved;
    if (has_done_much(self) || !has_room(self, use.channel.pending, word)) {
        return Served::unserved;
    }
    enter_if_outside(self);
    put_allowed(use, word, closes);
    return served(self);
}

[[gnu::always_inline]] inline Runtime::Got Runtime::serve_get(const Use& use, bool closes) {
    Component& self = use.self;
    if ((steps_ && closes) || has_done_much(self)) return {};
    enter_if_outside(self);
    std::uint64_t word = 0;
    if (!get_allowed(use, closes, word)) return {Served::unanswered};
    if (closes) end_with_use(self, self);
    return {served(self), word};
}

Served Runtime::end(machine::Participant& who) {
    auto& self = static_cast<Component&>(who);
    if (steps_ || self.phase != Phase::in_lane) return Served::unserved;
    end_in_lane(self.index, self);
    return served(self);
}

}  // namespace reowolf::runtime
