// SPDX-License-Identifier: MIT
// In the lane, for coroutines that run now and exchange numbers with others: nothing is converted,
// and no body is asked. What is frequent is done here, step by step, and calls nobody before its
// end, so that no registers have to be kept. Whatever is not plain takes the way of all values
// (in_place.cpp), before anything is changed.
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
    if (gets) {
        self.get_alone();
    } else {
        self.put_alone();
    }
}

// It enters its block.
[[gnu::always_inline]] inline void Runtime::enter_with_numbers(Component& self) {
    self.be_native_in_lane(Wait::nothing);
    self.begin_block();
    be_region(self);
    ++self.stamp;
}

Runtime::GoesOn Runtime::tell_of_pair() {
    world_.committed(no_records_);
    return nullptr;
}

// Nobody may use what there is behind a port that is none.
[[gnu::always_inline]] inline Channel& Runtime::behind(PortHandle port) {
    const ChannelIndex index = channel_of(port);
    return index < channels_.size() ? channels_[index] : nowhere_;
}

// What step() does between two turns is done here.
[[gnu::always_inline]] inline Runtime::GoesOn Runtime::pass_turn_quickly() {
    const std::uint64_t turn = queue_.popped();
    if (turn >= quick_end_ || queue_.empty()) [[unlikely]] {
        return pass_turn_rarely();
    }
    Component& next = *queue_.front();
    const Seat* const seat = next.seat;
    if (!seat || !next.is_plain_native()) return pass_turn_rarely();
    GoesOn const resumes = seat->resumes.address();
    if (!resumes) [[unlikely]] {
        return std::noop_coroutine().address();
    }
    queue_.pop();
    next.queued = false;
    running_ = next.index;
    return resumes;
}

// It waits at a channel whose other end is among what somebody chooses from, or has chosen from.
Runtime::GoesOn Runtime::pass_turn_and_tell(const Channel::End& end, Component& peer) {
    note_readiness_unwoken(end, peer);
    return pass_turn_quickly();
}

// ---- As a whole block --------------------------------------------------------------------------

// While the lane is not open there is no way.
[[gnu::always_inline]] inline void Runtime::look_up(Seat::Way& way, const Component& self,
                                                    PortHandle port) {
    way.port = port;
    way.key = Channel::key_of(port, self.index);
    way.channel = is_open_ ? &behind(port) : &nowhere_;
}

// What is behind the port, which most use again and again. Whether it is an end of the right kind,
// and its own, is seen by the key.
[[gnu::always_inline]] inline Channel& Runtime::find_way(Seat::Way& way, const Component& self,
                                                         PortHandle port) {
    if (way.port != port) [[unlikely]] {
        look_up(way, self, port);
    }
    return *way.channel;
}

// Their round is this number, for which the reader waits.
[[gnu::always_inline]] inline Runtime::GoesOn Runtime::deliver_alone(Component& self,
                                                                     Component& reader,
                                                                     std::uint64_t number) {
    reader.seat->number = number;
    reader.be_native_outside();
    note_pair(self, reader);
    enqueue_awake(reader);
    return is_followed_ ? tell_of_pair() : nullptr;
}

// … which the writer has put.
[[gnu::always_inline]] inline Runtime::GoesOn Runtime::take_alone(Component& self, Channel& channel,
                                                                  Component& writer) {
    self.seat->number = channel.pending.take_number();
    writer.sent = 0;
    writer.be_native_outside();
    note_pair(self, writer);
    enqueue_awake(writer);
    return is_followed_ ? tell_of_pair() : nullptr;
}

Runtime::GoesOn Runtime::put_number(Seat& seat, PortHandle port, std::uint64_t number) {
    Component& self = *seat.who;
    Channel& channel = find_way(seat.out, self, port);
    if (channel.out_key != seat.out.key || !self.is_native_outside()) [[unlikely]] {
        return put_number_rarely(seat, port, number);
    }
    Component& reader = *channel.reader;
    const ChannelIndex index = channel_of(port);
    if (reader.waits_alone_at(index)) return deliver_alone(self, reader, number);
    if (!reader.is_busy()) {
        if (reader.phase == Phase::in_sync) return put_number_rarely(seat, port, number);
        if (reader.waits_at(index)) return join_reader(seat, reader, port, number);
        if (reader.chooses()) enqueue_awake(reader);
    }
    begin_with_number(self, false);
    self.sent = 1;
    channel.pending.place_number(number);
    seat.does = embedding::Doing::put;
    seat.waits = true;
    seat.given = number;
    return reader.choice ? pass_turn_and_tell(channel.in, reader) : pass_turn_quickly();
}

Runtime::GoesOn Runtime::get_number(Seat& seat, PortHandle port) {
    Component& self = *seat.who;
    Channel& channel = find_way(seat.in, self, port);
    if (channel.in_key != seat.in.key || !self.is_native_outside()) [[unlikely]] {
        return get_number_rarely(seat, port);
    }
    Component& writer = *channel.writer;
    if (channel.pending.size() == 1) {
        if (!writer.is_single) return join_writer(seat, channel, writer, port);
        if (!writer.is_native_waiting(Wait::others)) return get_number_rarely(seat, port);
        return take_alone(self, channel, writer);
    }
    if (!writer.is_busy()) {
        if (writer.phase == Phase::in_sync) return get_number_rarely(seat, port);
        if (writer.chooses()) enqueue_awake(writer);
    }
    if (channel.pending.size() > 0) [[unlikely]] {
        return get_number_rarely(seat, port);
    }
    begin_with_number(self, true);
    self.waits_on = channel_of(port);
    seat.does = embedding::Doing::get;
    seat.waits = true;
    return writer.choice ? pass_turn_and_tell(channel.out, writer) : pass_turn_quickly();
}

// The other one's block is more than this number: it is at its end in that one's region. The code
// that runs must not be gone back upon, so nobody there may have to leave the lane; see
// is_in_place.
Runtime::GoesOn Runtime::join_reader(Seat& seat, Component& reader, PortHandle port,
                                     std::uint64_t number) {
    if (!reader.is_native_waiting(Wait::message) || !reader.takes_number || reader.is_single) {
        return put_number_rarely(seat, port, number);
    }
    Component& self = *seat.who;
    begin_with_number(self, false);
    self.sent = 1;
    absorb(*reader.lead, self);
    reader.seat->number = number;
    reader.uses_port = true;
    reader.be_native_in_lane(Wait::nothing);
    enqueue_awake(reader);
    seat.does = embedding::Doing::put;
    seat.waits = true;
    seat.given = number;
    return pass_turn_quickly();
}

Runtime::GoesOn Runtime::join_writer(Seat& seat, Channel& channel, Component& writer,
                                     PortHandle port) {
    if (writer.asks_fires) return get_number_rarely(seat, port);
    Component& self = *seat.who;
    begin_with_number(self, false);
    absorb(*writer.lead, self);
    seat.number = channel.pending.take_number();
    seat.does = embedding::Doing::get;
    seat.waits = true;
    if (--self.lead->region_open > 0) return pass_turn_quickly();
    close_region(*self.lead, self);
    if (self.phase == Phase::in_lane || self.queued) return pass_turn_quickly();
    return nullptr;
}

// From the first of the ports at which there is something, if that is a number of which somebody's
// block has no more.
[[gnu::always_inline]] inline bool Runtime::take_first_number(Component& self, Choice& choice) {
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
    take_alone(self, channel, writer);
    self.seat->chosen = *first;
    return true;
}

// Out of turn another one than the first is taken, and of that there is more to be known.
Runtime::GoesOn Runtime::get_any_number(Seat& seat, std::span<const PortHandle> ports) {
    Component& self = *seat.who;
    Choice* const choice = self.choice.get();
    if (!is_open_ || !self.is_native_outside() || !choice || self.is_fair_turn() ||
        choice->site != &choice->native_site || !choice->is_among(ports)) {
        return get_any_number_rarely(seat, ports);
    }
    if (take_first_number(self, *choice)) return nullptr;
    if (choice->next(0) || !has_nothing_at(self, ports)) return get_any_number_rarely(seat, ports);
    wait_for_any(self);
    seat.does = embedding::Doing::get_any;
    seat.waits = true;
    seat.ports = ports.data();
    seat.count = static_cast<std::uint32_t>(ports.size());
    return pass_turn_quickly();
}

// It waits so. False: it still does, or cannot in this way.
bool Runtime::complete_choice(Component& self) {
    if (self.seat && !self.is_fair_turn() && take_first_number(self, *self.choice)) {
        if (self.seat->does != embedding::Doing::get_any) {
            self.body->got_from(self.seat->chosen, machine::Value::scalar(self.seat->number));
        }
        self.be_native_outside();
        return true;
    }
    const auto ready = choose_ready(self, *self.choice->site);
    machine::Value value;
    if (!ready || meet_chosen(self, *ready, value) != Meeting::happened) return false;
    self.body->got_from(*ready, std::move(value));
    self.phase = Phase::running;
    self.waits = Wait::nothing;
    return true;
}

Runtime::GoesOn Runtime::pass_turn_of(Seat& seat, Meeting meeting) {
    if (meeting == Meeting::happened) return nullptr;
    seat.waits = meeting == Meeting::waits;
    return seat.waits ? pass_turn_in_place() : std::noop_coroutine().address();
}

Runtime::GoesOn Runtime::put_number_rarely(Seat& seat, PortHandle port, std::uint64_t number) {
    seat.does = embedding::Doing::put;
    look_up(seat.out, *seat.who, port);
    seat.given = number;
    return pass_turn_of(seat, put_at_once(*seat.who, port, number));
}

// Also one that waits may have got it already.
Runtime::GoesOn Runtime::get_number_rarely(Seat& seat, PortHandle port) {
    seat.does = embedding::Doing::get;
    look_up(seat.in, *seat.who, port);
    std::uint64_t number = 0;
    const Meeting meeting = get_at_once(*seat.who, port, number);
    seat.number = number;
    return pass_turn_of(seat, meeting);
}

Runtime::GoesOn Runtime::get_any_number_rarely(Seat& seat, std::span<const PortHandle> ports) {
    seat.does = embedding::Doing::get_any;
    seat.ports = ports.data();
    seat.count = static_cast<std::uint32_t>(ports.size());
    machine::Value value;
    const Meeting meeting = get_any_at_once(*seat.who, ports, seat.chosen, value);
    if (meeting == Meeting::happened) seat.number = value.bits();
    return pass_turn_of(seat, meeting);
}

// ---- In a block --------------------------------------------------------------------------------

bool Runtime::put_number_in_place(Seat& seat, PortHandle port, std::uint64_t number) {
    Component& self = *seat.who;
    Channel& channel = behind(port);
    if (!is_open_ || !channel.is_plain_out_for(self.index, port)) [[unlikely]] {
        return put_number_in_place_rarely(self, port, number);
    }
    const ChannelIndex index = channel_of(port);
    Component& reader = *channel.reader;
    if (!reader.waits_alone_at(index)) return put_number_among(self, channel, index, number);
    if (self.phase != Phase::in_lane) {
        if (!self.is_native_outside()) return false;
        enter_with_numbers(self);
    }
    self.uses_port = true;
    ++self.sent;
    reader.uses_port = true;
    reader.seat->number = number;
    absorb(*self.lead, reader);
    return true;
}

// The reader is not there yet, or its block is more than this number.
bool Runtime::put_number_among(Component& self, Channel& channel, ChannelIndex index,
                               std::uint64_t number) {
    Component& reader = *channel.reader;
    const bool is_awaited = reader.waits_at(index);
    if (reader.phase == Phase::in_sync || reader.asks_fires || channel.pending.size() > 0 ||
        (is_awaited && !reader.takes_number)) [[unlikely]] {
        return put_number_in_place_rarely(self, port_of(index, true, channel.generation), number);
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
    reader.be_native_in_lane(Wait::nothing);
    enqueue_awake(reader);
    if (self.lead != reader.lead) join_regions(self.lead, reader.lead);
    return true;
}

bool Runtime::put_number_in_place_rarely(Component& self, PortHandle port, std::uint64_t number) {
    return put_in_place(self, port, number);
}

Meeting Runtime::get_number_in_place(Seat& seat, PortHandle port) {
    Component& self = *seat.who;
    Channel& channel = behind(port);
    if (!is_open_ || !channel.is_plain_in_for(self.index, port)) [[unlikely]] {
        return get_number_in_place_rarely(self, port);
    }
    Component& writer = *channel.writer;
    if (writer.phase == Phase::in_sync || writer.asks_fires || channel.pending.size() > 1)
        [[unlikely]] {
        return get_number_in_place_rarely(self, port);
    }
    if (self.phase != Phase::in_lane) {
        if (!self.is_native_outside()) return Meeting::none;
        enter_with_numbers(self);
    }
    if (channel.pending.size() == 0) {
        self.be_native_in_lane(Wait::message);
        self.waits_on = channel_of(port);
        self.closes = false;
        self.takes_number = true;
        note_readiness_unwoken(channel.out, writer);
        if (writer.chooses()) enqueue_awake(writer);
        return Meeting::waits;
    }
    self.uses_port = true;
    seat.number = channel.pending.take_number();
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
Runtime::GoesOn Runtime::end_in_place(Seat& seat) {
    Component& self = *seat.who;
    if (steps_ || self.phase != Phase::in_lane || !self.uses_port) return end_asking(seat);
    self.be_native_in_lane(Wait::others);
    seat.waits = true;
    seat.resumes = seat.component;
    if (--self.lead->region_open > 0) return pass_turn_quickly();
    return close_in_place(seat);
}

Runtime::GoesOn Runtime::end_asking(Seat& seat) {
    seat.waits = false;
    return std::noop_coroutine().address();
}

Runtime::GoesOn Runtime::close_in_place(Seat& seat) {
    Component& self = *seat.who;
    close_region(*self.lead, self);
    if (self.queued) return pass_turn_quickly();
    // Without optimization each resumption takes more of the stack.
    if (--ends_left_ > 0) return seat.component.address();
    ends_left_ = ends_in_a_row;
    return std::noop_coroutine().address();
}

// ---- Who goes on -------------------------------------------------------------------------------

Runtime::GoesOn Runtime::pass_turn_in_place() {
    return pass_turn_quickly();
}

Runtime::GoesOn Runtime::pass_turn_rarely() {
    const Component* const next = pass_turn([&](Component& each) {
        if (!each.seat) return false;
        if (each.is_plain_native()) return static_cast<bool>(each.seat->resumes);
        return each.waits == Wait::fork && each.is_single && complete_choice(each);
    });
    return (next ? next->seat->resumes : std::noop_coroutine()).address();
}

}  // namespace reowolf::runtime
