// SPDX-License-Identifier: MIT
// The lane: most rounds need no tree of behaviours, no records and no arbiter. An attempt begins
// here. Its block is run in place; what is needed to go back to its begin is kept. Attempts that
// give each other messages become a region, with one count: its attempts that are not at their end,
// and its messages that nobody has got. When that is zero, the attempts of the region are a round
// by definition: each is complete, all messages that they put were got in order and by each other,
// and each was put before it was got. They commit at once. At a fork one alternative is taken
// (choosing.cpp).
//
// Whenever that does not do, all attempts of the region go back to their begins and take the
// general way, which tries all alternatives (exploring.cpp).
#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using Wait = Component::Wait;
using Phase = Component::Phase;

// ---- Attempts ----------------------------------------------------------------------------------

// Whether its next attempt begins in the lane.
bool Runtime::may_enter_lane(const Component& self, ComponentIndex index) {
    if (lane_ == Lane::closed || index == application) return false;
    if (watcher_) return false;  // it is told of what only records show
    // Who was silent may have to wait patiently; only the general way knows how.
    if (self.passes > 0 || !self.silent_from.empty()) return false;
    return lane_ != Lane::at_random || turn() % 2 == 0;
}

// It has entered a block, or asked to; what it goes back to is kept from here on.
void Runtime::enter_lane(ComponentIndex index) {
    Component& self = component(index);
    if (self.is_native && !self.body->can_go_back()) self.native_begin = self.body->clone();
    self.phase = Phase::in_lane;
    self.waits = Wait::nothing;
    self.uses_port = false;
    self.is_doubtful = false;
    self.lead = index;
    self.next = index;
    self.region_size = 1;
    self.region_open = 1;
    self.actions.clear();
    ++self.stamp;
}

// It asks to enter a block.
void Runtime::begin_block(ComponentIndex index, bool in_lane) {
    Component& self = component(index);
    if (!in_lane) {
        if (self.passes > 0) --self.passes;
        return begin_attempt(index);
    }
    if (!self.is_native) {
        machine::State& state = static_cast<ProgramBody&>(*self.body).state();
        const auto place = state.place();
        blocks_.sync_at(place.routine, place.pc);
        self.entrance.enter(state.frame(), place.pc);
        self.entrance.take_news();
    }
    enter_lane(index);
}

// It has entered a block by itself, and this is the first thing that it wants there.
void Runtime::serve_entering(ComponentIndex index, machine::Request& request, bool in_lane) {
    Component& self = component(index);
    if (!in_lane) {
        go_back_to_begin(self);
        return begin_block(index, false);
    }
    if (request.closes && meet_at_once(index, request)) {
        if (request.kind == machine::Request::Kind::get) self.body->got(std::move(request.value));
        return;
    }
    enter_lane(index);
    serve_in_lane(index, request);
}

void Runtime::forget_begin(Component& self) {
    if (self.is_native) {
        self.native_begin.reset();
    } else {
        self.entrance.forget();
    }
    self.used.clear();
    self.promises.clear();
}

void Runtime::go_back_to_begin(Component& self) {
    if (self.is_native && self.native_begin) {
        self.body = std::move(self.native_begin);
    } else if (self.is_native) {
        self.body->go_back();
    } else {
        if (self.is_away) take_back(self);
        machine::State& state = static_cast<ProgramBody&>(*self.body).state();
        state.go_back(self.entrance.pc());
        self.entrance.restore(state.frame());
    }
    self.used.clear();
    self.promises.clear();
    self.printed.clear();
    self.has_printed = false;
}

// The two have given each other a message.
void Runtime::join(ComponentIndex a, ComponentIndex b) {
    ComponentIndex into = component(a).lead;
    ComponentIndex from = component(b).lead;
    if (into == from) return;
    if (component(into).region_size < component(from).region_size) std::swap(into, from);
    Component& larger = component(into);
    Component& smaller = component(from);
    larger.region_size += smaller.region_size;
    larger.region_open += smaller.region_open;
    ComponentIndex member = from;
    do {
        Component& joining = component(member);
        joining.lead = into;
        member = joining.next;
    } while (member != from);
    std::swap(larger.next, smaller.next);
}

// Its attempt is part of a round: what is left of its block cannot fail.
void Runtime::leave_block(Component& member) {
    forget_begin(member);
    if (!member.is_native) static_cast<ProgramBody&>(*member.body).state().leave_sync();
    member.phase = Phase::running;
    member.waits = Wait::nothing;
    member.misses = 0;
    member.silent_rounds = 0;
    member.renewals = 0;
    ++member.rounds;
    counters_.messages += member.sent;
    member.sent = 0;
}

// For native components that run now, without a request.
bool Runtime::act_at_once(ComponentIndex index, machine::Request& request) {
    const Component& self = component(index);
    return self.phase == Phase::running && may_enter_lane(self, index) &&
           meet_at_once(index, request);
}

// A block that is this get or put and no more, which somebody waits for who needs no more either:
// a round of two, for which no region has to be made. What is got is then in the request.
bool Runtime::meet_at_once(ComponentIndex index, machine::Request& request) {
    Component& self = component(index);
    const bool puts = request.kind == machine::Request::Kind::put;
    const ChannelIndex number = channel_of(request.port);
    Channel& channel = channels_[number];
    const Channel::End& end = channel.end(puts);
    const Channel::End& other = channel.end(!puts);
    if (channel.generation != generation_of(request.port) || end.owner != index || !end.here ||
        end.closed || !other.here || other.closed || channel.carries_ports) {
        return false;
    }
    Component& peer = component(other.owner);
    if (other.owner == application) return false;  // it needs those of other sites
    if (peer.phase != Phase::in_lane || peer.next != other.owner || peer.region_open != 1 ||
        peer.has_printed || !peer.promises.empty()) {
        return false;
    }
    if (puts) {
        if (peer.waits != Wait::message || peer.waits_on != number || !peer.closes) return false;
        peer.body->got(std::move(request.value));
        self.sent = 1;
    } else {
        // All that its region waits for is this message.
        if (peer.waits != Wait::others || channel.pending.size() != 1) return false;
        request.value = channel.pending.pop();
    }
    leave_block(peer);
    leave_block(self);
    enqueue(other.owner);
    ++counters_.rounds_in_lane;
    counters_.sizes.add(2);
    recorder_.note_round(self.who, peer.who, 2);
    world_.committed(no_records_);
    return true;
}

void Runtime::commit_region(ComponentIndex lead, ComponentIndex current) {
    world_.committed(no_records_);
    region_.clear();
    bool has_printed = false;
    ComponentIndex index = lead;
    do {
        Component& member = component(index);
        region_.push_back(index);
        has_printed |= member.has_printed;
        index = member.next;
    } while (index != lead);
    ++counters_.rounds_in_lane;
    counters_.sizes.add(region_.size());
    recorder_.note_round(region_.size(), [&](std::size_t i) { return component(region_[i]).who; });
    if (has_printed) {
        std::ranges::sort(region_);
        for (const ComponentIndex printing : region_) {
            Component& member = component(printing);
            for (const std::string& line : member.printed) world_.print(line);
            member.printed.clear();
            member.has_printed = false;
        }
    }
    bool has_chosen = false;
    for (const ComponentIndex each : region_) {
        Component& member = component(each);
        leave_block(member);
        has_chosen |= member.is_doubtful;
        if (each != current && !member.is_doubtful) enqueue(each);
    }
    if (!has_chosen) return;
    // Who has chosen comes after the others, so that they can show what they have next.
    for (const ComponentIndex each : region_) {
        if (component(each).is_doubtful) enqueue(each);
    }
}

// All attempts of the region take the general way. If something in it went wrong, its components
// will not try the lane again so soon.
void Runtime::leave_lane(ComponentIndex of, Fall why) {
    constexpr std::uint8_t doublings_max = 6;
    const bool at_fault = why == Fall::assertion || why == Fall::error || why == Fall::promise ||
                          why == Fall::doubt || why == Fall::unforeseen;

    const bool is_step = is_in_step(of);
    if (is_step && step_.is_published) return explore_published();
    std::vector<ComponentIndex> members;
    ComponentIndex index = of;
    do {
        members.push_back(index);
        index = component(index).next;
    } while (index != of);
    ++counters_.falls[static_cast<std::size_t>(why)];
    recorder_.note_way(component(of).who, why);
    for (const ComponentIndex each : members) {
        Component& member = component(each);
        go_back_to_begin(member);
        member.sent = 0;
        for (const PortHandle port : member.ports) {
            if (is_out(port)) channels_[channel_of(port)].pending.clear();
        }
        member.waits = Wait::nothing;
        if (at_fault || each == application) {
            member.misses = std::min<std::uint8_t>(member.misses + 1, doublings_max);
            member.passes = static_cast<std::uint8_t>((1u << member.misses) - 1);
        }
    }
    if (is_step) {
        step_.end();
        must_receive_kept_ = true;
    }
    for (const ComponentIndex each : members) begin_attempt(each);
}

// ---- Requests ----------------------------------------------------------------------------------

// The component goes on as long as it is in the lane and waits for nothing.
void Runtime::serve_in_lane(ComponentIndex index, machine::Request& request) {
    using Kind = machine::Request::Kind;
    Component& self = component(index);
    switch (request.kind) {
        case Kind::put:
            return put_in_lane(index, request);
        case Kind::get:
            return get_in_lane(index, request.port, request.closes);
        case Kind::sync_end:
            return end_in_lane(index, index);
        case Kind::fork:
            self.asked = request.count;
            return choose_alternative(index);
        case Kind::fires:
            self.asked_port = request.port;
            return choose_firing(index);
        case Kind::print:
            self.printed.push_back(std::move(request.text()));
            self.has_printed = true;
            return;
        case Kind::budget_used:
            return;
        default:  // an assertion is false, or an error: another behaviour may do better
            return leave_lane(index,
                              request.kind == Kind::discarded ? Fall::assertion : Fall::error);
    }
}

// Whether a behaviour in the lane may use the port. All that would discard it, and what concerns
// others than components in the lane, is for the general way.
bool Runtime::may_use_in_lane(const Component& self, ComponentIndex index, PortHandle port) {
    const Channel& channel = channels_[channel_of(port)];
    const bool puts = is_out(port);
    const Channel::End& end = channel.end(puts);
    const Channel::End& other = channel.end(!puts);
    if (channel.generation != generation_of(port) || end.owner != index || !end.here ||
        end.closed || !other.here || other.closed || channel.carries_ports) {
        return false;
    }
    if (component(other.owner).phase == Phase::in_sync) return false;
    return !std::ranges::any_of(self.promises, [&](const Node::Promise& promise) {
        return promise.port == port && !promise.fires;
    });
}

// Whether its only behaviour begins with a message from a port whose other end is closed: then the
// component ends, and nobody has to know why. After another get it would have to wait for a better
// message there.
bool Runtime::is_at_end_of_file(const Component& self, ComponentIndex index, PortHandle port) {
    const Channel& channel = channels_[channel_of(port)];
    return !self.is_native && !self.is_doubtful && !self.uses_port && own(index, port) &&
           channel.out.here && channel.out.closed;
}

// Why the behaviour may not use the port.
Fall Runtime::obstacle(ComponentIndex index, PortHandle port) const {
    const Channel& channel = channels_[channel_of(port)];
    const Channel::End& end = channel.end(is_out(port));
    const Channel::End& other = channel.end(!is_out(port));
    if (channel.generation != generation_of(port) || end.owner != index || !end.here ||
        end.closed) {
        return Fall::closed;
    }
    if (!other.here) return Fall::elsewhere;
    if (other.closed) return Fall::closed;
    if (channel.carries_ports) return Fall::ports;
    if (component(other.owner).phase == Phase::in_sync) return Fall::general;
    return Fall::promise;
}

void Runtime::note_use_in_lane(Component& self, PortHandle port) {
    self.uses_port = true;
    if (steps_) self.actions.push_back({channel_of(port), is_out(port)});
    if (!self.is_native && self.entrance.block().asks_fires) self.used.push_back(port);
}

void Runtime::put_in_lane(ComponentIndex index, machine::Request& put) {
    Component& self = component(index);
    if (!may_use_in_lane(self, index, put.port)) {
        if (may_use_across(index, put.port)) return put_across(index, put);
        return leave_lane(index, obstacle(index, put.port));
    }
    note_use_in_lane(self, put.port);
    ++self.sent;
    const ChannelIndex number = channel_of(put.port);
    Channel& channel = channels_[number];
    const ComponentIndex to = channel.in.owner;
    Component& reader = component(to);
    if (reader.waits == Wait::message && reader.waits_on == number) {
        join(index, to);
        reader.waits = Wait::nothing;
        note_use_in_lane(reader, port_of(number, false, channel.generation));
        reader.body->got(std::move(put.value));
        if (reader.closes) {
            end_in_lane(to, index);
        } else {
            enqueue(to);
        }
    } else {
        ++component(self.lead).region_open;
        channel.pending.push(std::move(put.value));
        if (reader.choice) reader.choice->set(channel.in.guard);
        if (reader.chooses()) enqueue(to);
    }
    if (put.closes && self.phase == Phase::in_lane) end_in_lane(index, index);
}

void Runtime::get_in_lane(ComponentIndex index, PortHandle port, bool closes) {
    Component& self = component(index);
    if (!may_use_in_lane(self, index, port)) {
        if (is_at_end_of_file(self, index, port)) return end_component(index);
        if (may_use_across(index, port)) return get_across(index, port, closes);
        return leave_lane(index, obstacle(index, port));
    }
    const ChannelIndex number = channel_of(port);
    Channel& channel = channels_[number];
    if (channel.pending.size() > 0) {
        note_use_in_lane(self, port);
        join(index, channel.out.owner);
        --component(self.lead).region_open;
        self.body->got(channel.pending.pop());
        if (closes) end_in_lane(index, index);
        return;
    }
    self.waits = Wait::message;
    self.waits_on = number;
    self.closes = closes;
    Component& writer = component(channel.out.owner);
    if (writer.choice) writer.choice->set(channel.out.guard);
    if (writer.chooses()) enqueue(channel.out.owner);
}

// `current`: who runs now.
void Runtime::end_in_lane(ComponentIndex index, ComponentIndex current) {
    Component& self = component(index);
    const bool keeps_promises =
        std::ranges::all_of(self.promises, [&](const Node::Promise& promise) {
            return !promise.fires || std::ranges::find(self.used, promise.port) != self.used.end();
        });
    if (!keeps_promises) return leave_lane(index, Fall::promise);
    // Silence is a matter of its own.
    if (!self.uses_port && index != application) return leave_lane(index, Fall::silence);
    self.waits = Wait::others;
    if (--component(self.lead).region_open > 0) return;
    if (is_in_step(self.lead)) return publish_step();
    commit_region(self.lead, current);
}

// ---- What others do ----------------------------------------------------------------------------

// Somebody in the general way uses the channel; its other end, `is_out` or not, may be in the lane.
void Runtime::draw_from_lane(ChannelIndex number, bool is_out) {
    Channel& channel = channels_[number];
    const Channel::End& end = channel.end(is_out);
    if (!end.here || end.closed) return;
    Component& other = component(end.owner);
    if (other.phase != Phase::in_lane) return;
    const bool waits_here = !is_out && other.waits == Wait::message && other.waits_on == number;
    if (waits_here &&
        is_at_end_of_file(other, end.owner, port_of(number, false, channel.generation))) {
        enqueue(end.owner);
    } else if (waits_here || (is_out && channel.pending.size() > 0)) {
        const bool was_closed = channel.end(!is_out).closed;
        leave_lane(end.owner, was_closed ? Fall::closed : Fall::general);
    } else {
        if (other.choice) other.choice->set(end.guard);
        if (other.chooses()) enqueue(end.owner);
    }
}

// ---- Those that do not get on ------------------------------------------------------------------

// The attempt took an alternative and may have to take it back, or cannot tell whether there is
// one.
void Runtime::doubt(ComponentIndex index) {
    Component& self = component(index);
    self.is_doubtful = true;
    if (self.is_doubted) return;
    self.is_doubted = true;
    doubted_.push({index, self.stamp, generation_});
}

// Attempts that chose and did not get on meanwhile take the general way: at once if nobody can
// move, else when everybody who could has had several turns. True if there was one.
bool Runtime::draw_doubtful(bool at_once) {
    // A message may need a turn for each component that it passes through.
    constexpr std::uint64_t generations_of_patience = 8;
    constexpr std::uint64_t generations_each = 4;

    bool found = false;
    for (std::uint64_t left = doubted_.size(); left > 0; --left) {
        const Doubted oldest = doubted_.front();
        const std::uint64_t age = generation_ - oldest.generation;
        if (!at_once && age < generations_of_patience) break;
        doubted_.pop();
        Component& self = component(oldest.index);
        self.is_doubted = false;
        if (self.phase != Phase::in_lane || !self.is_doubtful) continue;
        if (!at_once && self.stamp != oldest.stamp) {
            doubt(oldest.index);
        } else if (!at_once && age < generations_each * component(self.lead).region_size) {
            self.is_doubted = true;
            doubted_.push(oldest);
        } else {
            leave_lane(oldest.index, Fall::doubt);
            found = true;
        }
    }
    return found;
}

}  // namespace reowolf::runtime
