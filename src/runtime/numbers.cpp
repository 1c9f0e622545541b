// SPDX-License-Identifier: MIT
// In the lane, for coroutines that run now and exchange numbers with others: nothing is converted,
// and no body is asked. What is frequent is done here, step by step, and calls nobody before its
// end, so that no registers have to be kept. Whatever is not plain takes the way of all values
// (in_place.cpp), before anything is changed.
#include <cstring>

#include "runtime/lane.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using Meeting = embedding::Meeting;
using Wait = Component::Wait;
using Phase = Component::Phase;

// It waits with this get or put, which is all of its block.
[[gnu::always_inline]] inline void Runtime::begin_with_number(Component& self, bool gets) {
    self.be_native_in_lane(gets ? Wait::message : Wait::others);
    self.closes = true;
    self.uses_port = !gets;
    self.is_doubtful = false;
    self.is_single = true;
    self.is_special = false;
    self.asks_fires = false;
    self.notes_uses = false;
    self.takes_number = gets;
}

// It enters its block.
[[gnu::always_inline]] inline void Runtime::enter_with_numbers(Component& self) {
    self.be_native_in_lane(Wait::nothing);
    self.closes = false;
    self.uses_port = false;
    self.is_doubtful = false;
    self.asks_fires = false;
    self.notes_uses = false;
    self.takes_number = false;
    be_region(self);
    ++self.stamp;
}

Meeting Runtime::tell_of_pair() {
    world_.committed(no_records_);
    return Meeting::happened;
}

Meeting Runtime::put_number(Component& self, PortHandle port, std::uint64_t number) {
    const ChannelIndex index = channel_of(port);
    if (!is_open_ || !self.is_native_outside() || !is_out(port) || index >= channels_.size())
        [[unlikely]] {
        return put_number_rarely(self, port, number);
    }
    Channel& channel = channels_[index];
    if (!channel.is_plain_out_for(self.index, port)) [[unlikely]] {
        return put_number_rarely(self, port, number);
    }
    Component& reader = *channel.reader;
    if (reader.is_native_waiting(Wait::message) && reader.waits_on == index) {
        if (!reader.takes_number) return put_number_rarely(self, port, number);
        if (!reader.is_single) return join_reader(self, reader, number);
        reader.seat->number = number;
        reader.be_native_outside();
        note_pair(self, reader);
        enqueue_awake(reader);
        return is_followed_ ? tell_of_pair() : Meeting::happened;
    }
    if (!reader.is_busy()) {
        if (reader.phase == Phase::in_sync || reader.waits_at(index)) {
            return put_number_rarely(self, port, number);
        }
        if (reader.chooses()) enqueue_awake(reader);
    }
    begin_with_number(self, false);
    self.sent = 1;
    channel.pending.place_number(number);
    note_readiness_unwoken(channel.in, reader);
    return Meeting::waits;
}

Meeting Runtime::get_number(Component& self, PortHandle port) {
    const ChannelIndex index = channel_of(port);
    if (!is_open_ || !self.is_native_outside() || is_out(port) || index >= channels_.size())
        [[unlikely]] {
        return get_number_rarely(self, port);
    }
    Channel& channel = channels_[index];
    if (!channel.is_plain_in_for(self.index, port)) [[unlikely]] {
        return get_number_rarely(self, port);
    }
    Component& writer = *channel.writer;
    if (channel.pending.size() == 1) {
        if (!writer.is_single) {
            return writer.asks_fires ? get_number_rarely(self, port)
                                     : join_writer(self, channel, writer);
        }
        if (!writer.is_native_waiting(Wait::others)) return get_number_rarely(self, port);
        self.seat->number = channel.pending.take_number();
        writer.sent = 0;
        writer.be_native_outside();
        note_pair(self, writer);
        enqueue_awake(writer);
        return is_followed_ ? tell_of_pair() : Meeting::happened;
    }
    if (!writer.is_busy()) {
        if (writer.phase == Phase::in_sync) return get_number_rarely(self, port);
        if (writer.chooses()) enqueue_awake(writer);
    }
    if (channel.pending.size() > 0) [[unlikely]] {
        return get_number_rarely(self, port);
    }
    begin_with_number(self, true);
    self.waits_on = index;
    note_readiness_unwoken(channel.out, writer);
    return Meeting::waits;
}

// The other one's block is more than this number: it is at its end in that one's region. The code
// that runs must not be gone back upon, so nobody there may have to leave the lane; see
// is_in_place.
Meeting Runtime::join_reader(Component& self, Component& reader, std::uint64_t number) {
    begin_with_number(self, false);
    self.sent = 1;
    absorb(*reader.lead, self);
    reader.seat->number = number;
    reader.uses_port = true;
    reader.be_native_in_lane(Wait::nothing);
    enqueue_awake(reader);
    return Meeting::waits;
}

Meeting Runtime::join_writer(Component& self, Channel& channel, Component& writer) {
    begin_with_number(self, false);
    absorb(*writer.lead, self);
    self.seat->number = channel.pending.take_number();
    if (--self.lead->region_open > 0) return Meeting::waits;
    close_region(*self.lead, self);
    return self.phase == Phase::in_lane || self.queued ? Meeting::waits : Meeting::happened;
}

// From the first of the ports at which there is something, if that is a number of which somebody's
// block has no more.
bool Runtime::take_first_number(Component& self, Choice& choice, std::uint32_t& chosen) {
    const auto first = choice.next(0);
    if (!first) return false;
    const PortHandle port = choice.native_ports[*first].bits;
    Channel& channel = channels_[channel_of(port)];
    if (!channel.is_plain_in_for(self.index, port) || channel.pending.size() != 1) return false;
    Component& writer = *channel.writer;
    if (!writer.is_single || !writer.is_native_waiting(Wait::others) ||
        !channel.pending.is_number()) {
        return false;
    }
    self.is_doubtful = false;
    choice.clear(*first);
    self.seat->number = channel.pending.take_number();
    writer.sent = 0;
    writer.be_native_outside();
    note_pair(self, writer);
    enqueue_awake(writer);
    if (is_followed_) tell_of_pair();
    chosen = *first;
    return true;
}

// Out of turn another one than the first is taken, and of that there is more to be known.
Meeting Runtime::get_any_number(Component& self, std::span<const PortHandle> ports,
                                std::uint32_t& chosen) {
    Choice* const choice = self.choice.get();
    if (!is_open_ || !self.is_native_outside() || !choice || self.is_fair_turn() ||
        choice->site != &choice->native_site || ports.size() != choice->native_ports.size() ||
        std::memcmp(ports.data(), choice->native_ports.data(), ports.size_bytes()) != 0) {
        return Meeting::none;
    }
    if (take_first_number(self, *choice, chosen)) return Meeting::happened;
    if (choice->next(0) || !has_nothing_at(self, ports)) return Meeting::none;
    wait_for_any(self);
    return Meeting::waits;
}

Meeting Runtime::put_number_rarely(Component& self, PortHandle port, std::uint64_t number) {
    return put_at_once(self, port, number);
}

// Also one that waits may have got it already.
Meeting Runtime::get_number_rarely(Component& self, PortHandle port) {
    std::uint64_t number = 0;
    const Meeting meeting = get_at_once(self, port, number);
    self.seat->number = number;
    return meeting;
}

// ---- In a block --------------------------------------------------------------------------------

bool Runtime::put_number_in_place(Component& self, PortHandle port, std::uint64_t number) {
    const ChannelIndex index = channel_of(port);
    if (!is_open_ || !is_out(port) || index >= channels_.size()) [[unlikely]] {
        return put_in_place(self, port, number);
    }
    Channel& channel = channels_[index];
    Component& reader = *channel.reader;
    if (!channel.is_plain_out_for(self.index, port) || reader.phase == Phase::in_sync ||
        reader.asks_fires || channel.pending.size() > 0) [[unlikely]] {
        return put_in_place(self, port, number);
    }
    const bool is_awaited = reader.waits_at(index);
    if (is_awaited && !reader.takes_number) [[unlikely]] {
        return put_in_place(self, port, number);
    }
    if (self.phase != Phase::in_lane) {
        if (!self.is_native_outside()) return false;
        enter_with_numbers(self);
    }
    self.uses_port = true;
    ++self.sent;
    if (!is_awaited) {
        ++self.lead->region_open;
        channel.pending.place_number(number);
        note_readiness_unwoken(channel.in, reader);
        if (reader.chooses()) enqueue_awake(reader);
        return true;
    }
    reader.uses_port = true;
    reader.seat->number = number;
    if (reader.is_single) {
        absorb(*self.lead, reader);
        return true;
    }
    reader.be_native_in_lane(Wait::nothing);
    enqueue_awake(reader);
    if (self.lead != reader.lead) join_regions(self.lead, reader.lead);
    return true;
}

Meeting Runtime::get_number_in_place(Component& self, PortHandle port) {
    const ChannelIndex index = channel_of(port);
    if (!is_open_ || is_out(port) || index >= channels_.size()) [[unlikely]] {
        return get_number_in_place_rarely(self, port);
    }
    Channel& channel = channels_[index];
    Component& writer = *channel.writer;
    if (!channel.is_plain_in_for(self.index, port) || writer.phase == Phase::in_sync ||
        writer.asks_fires || channel.pending.size() > 1) [[unlikely]] {
        return get_number_in_place_rarely(self, port);
    }
    if (self.phase != Phase::in_lane) {
        if (!self.is_native_outside()) return Meeting::none;
        enter_with_numbers(self);
    }
    if (channel.pending.size() == 0) {
        self.be_native_in_lane(Wait::message);
        self.waits_on = index;
        self.closes = false;
        self.takes_number = true;
        note_readiness_unwoken(channel.out, writer);
        if (writer.chooses()) enqueue_awake(writer);
        return Meeting::waits;
    }
    self.uses_port = true;
    self.seat->number = channel.pending.take_number();
    if (writer.is_single) {
        absorb(*self.lead, writer);
        return Meeting::happened;
    }
    --self.lead->region_open;
    if (self.lead != writer.lead) join_regions(self.lead, writer.lead);
    return Meeting::happened;
}

Meeting Runtime::get_number_in_place_rarely(Component& self, PortHandle port) {
    std::uint64_t number = 0;
    const Meeting meeting = get_in_place(self, port, true, number);
    self.seat->number = number;
    return meeting;
}

// Whoever used no port was silent, and what is told to other sites is asked for.
Meeting Runtime::end_in_place(Component& self) {
    if (steps_ || self.phase != Phase::in_lane || !self.uses_port) return Meeting::none;
    self.be_native_in_lane(Wait::others);
    if (--self.lead->region_open > 0) return Meeting::waits;
    close_region(*self.lead, self);
    return self.queued ? Meeting::waits : Meeting::happened;
}

// ---- Who goes on -------------------------------------------------------------------------------

// What step() does between two turns is done here.
std::coroutine_handle<> Runtime::pass_turn_in_place() {
    const std::uint64_t turn = queue_.popped();
    if (turn >= step_end_ || queue_.empty()) return std::noop_coroutine();
    Component& next = *queue_.front();
    const embedding::Seat* const seat = next.seat;
    if (!seat || !next.is_plain_native()) return pass_turn_rarely();
    const std::coroutine_handle<> resumes = seat->resumes;
    if (!resumes) [[unlikely]] {
        return std::noop_coroutine();
    }
    if (turn >= generation_end_) {
        if (!doubted_.empty()) [[unlikely]] {
            return pass_turn_rarely();
        }
        begin_generation();
    }
    queue_.pop();
    next.queued = false;
    running_ = next.index;
    return resumes;
}

std::coroutine_handle<> Runtime::pass_turn_rarely() {
    const Component* const next = pass_turn([&](Component& each) {
        if (!each.seat) return false;
        if (each.is_plain_native()) return static_cast<bool>(each.seat->resumes);
        return each.waits == Wait::fork && each.is_single && complete_choice(each);
    });
    return next ? next->seat->resumes : std::noop_coroutine();
}

}  // namespace reowolf::runtime
