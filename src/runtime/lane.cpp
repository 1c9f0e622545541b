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
#include "runtime/lane.hpp"

#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using Wait = Component::Wait;
using Phase = Component::Phase;

// ---- Attempts ----------------------------------------------------------------------------------

void Runtime::join_larger_regions(Component* larger, Component* smaller) {
    larger->region_size += smaller->region_size;
    larger->region_open += smaller->region_open;
    larger->is_special = larger->is_special || smaller->is_special;
    Component* joining = smaller;
    do {
        joining->lead = larger;
        joining = joining->next;
    } while (joining != smaller);
    std::swap(larger->next, smaller->next);
}

// It asks to enter a block.
void Runtime::begin_block(ComponentIndex index, bool in_lane) {
    Component& self = component(index);
    if (!in_lane) {
        if (self.passes > 0) --self.passes;
        return begin_attempt(index);
    }
    if (!self.is_native) {
        machine::State& state = self.state();
        const auto place = state.place();
        blocks_.sync_at(place.routine, place.pc);
        self.entrance.enter(state.frame(), place.pc);
        self.entrance.take_news();
    }
    enter_lane(self);
}

// It has entered a block by itself, and this is the first thing that it wants there.
void Runtime::serve_entering(ComponentIndex index, Component& self, machine::Request& request,
                             bool in_lane) {
    if (!in_lane) {
        go_back_to_begin(self);
        return begin_block(index, false);
    }
    if (request.closes) {
        const bool puts = request.kind == machine::Request::Kind::put;
        const Use use = use_of(self, request.port, puts);
        const bool may_meet = is_allowed(use, request.port);
        const Meeting meeting = may_meet ? meet(use, request.value) : Meeting::none;
        if (meeting == Meeting::happened && !puts) self.give(std::move(request.value));
        if (meeting != Meeting::none) return;
    }
    enter_lane(self);
    serve_in_lane(index, self, request);
}

void Runtime::keep_begin(Component& native) {
    native.asks_fires = false;
    if (!native.goes_back) native.native_begin = native.body->clone();
}

void Runtime::go_back_to_begin(Component& self) {
    if (self.is_native && self.native_begin) {
        self.body = std::move(self.native_begin);
    } else if (self.is_native) {
        self.body->go_back();
    } else {
        if (self.is_away) take_back(self);
        machine::State& state = self.state();
        state.go_back(self.entrance.pc());
        self.entrance.restore(state.frame());
    }
    self.forget_uses();
    self.printed.clear();
    self.has_printed = false;
}

[[gnu::always_inline]] inline void Runtime::note_region(const Component& lead) {
    if (is_followed_) world_.committed(no_records_);
    ++counters_.rounds_in_lane;
    counters_.sizes.add(lead.region_size);
    const Component* noted = &lead;
    recorder_.note_round(lead.region_size, [&](std::size_t) {
        const Who who = noted->who;
        noted = noted->next;
        return who;
    });
}

void Runtime::commit_region(Component& lead, const Component& current) {
    note_region(lead);
    Component* member = &lead;
    do {
        note_round(*member);
        leave_block(*member);
        if (member != &current) enqueue_awake(*member);
        member = member->next;
    } while (member != &lead);
}

// Of a region in which somebody has printed, or has chosen. Who has chosen comes after the others,
// so that they can show what they have next.
void Runtime::commit_special(Component& lead, const Component& current) {
    note_region(lead);
    // Chained by what means nothing outside the lane.
    Component* chosen = nullptr;
    Component** last_chosen = &chosen;
    bool has_printed = false;
    Component* member = &lead;
    do {
        has_printed |= member->has_printed;
        note_round(*member);
        leave_block(*member);
        if (member->is_doubtful) {
            *last_chosen = member;
            last_chosen = &member->lead;
        } else if (member != &current) {
            enqueue_awake(*member);
        }
        member = member->next;
    } while (member != &lead);
    *last_chosen = nullptr;
    for (Component* each = chosen; each; each = each->lead) enqueue_awake(*each);
    if (has_printed) print_lines(lead);
}

// Of all of the region, in the order in which the components were made.
void Runtime::print_lines(Component& lead) {
    std::vector<Component*> printing;
    Component* member = &lead;
    do {
        if (member->has_printed) printing.push_back(member);
        member = member->next;
    } while (member != &lead);
    std::ranges::sort(printing, {}, &Component::index);
    for (Component* const each : printing) {
        for (const std::string& line : each->printed) world_.print(line);
        each->printed.clear();
        each->has_printed = false;
    }
}

// All attempts of the region take the general way. If something in it went wrong, its components
// will not try the lane again so soon.
void Runtime::leave_lane(ComponentIndex of, Fall why) {
    constexpr std::uint32_t doublings_max = 6;
    const bool at_fault = why == Fall::assertion || why == Fall::error || why == Fall::promise ||
                          why == Fall::doubt || why == Fall::unforeseen;

    const bool is_step = is_in_step(of);
    if (is_step && step_.is_published) return explore_published();
    if (component(of).is_single) be_region(component(of));
    std::vector<ComponentIndex> members;
    const Component* const first = &component(of);
    const Component* going = first;
    do {
        members.push_back(going->index);
        going = going->next;
    } while (going != first);
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
            member.misses = std::min(member.misses + 1, doublings_max);
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

// It is for the general way to count them one by one.
bool Runtime::has_printed_much(const Component& self, const std::string& line) {
    constexpr std::size_t lines_in_lane_max = 4'096;
    constexpr std::size_t line_in_lane_max = 64u << 10;
    return self.printed.size() >= lines_in_lane_max || line.size() > line_in_lane_max;
}

// The component goes on as long as it is in the lane and waits for nothing.
void Runtime::serve_in_lane(ComponentIndex index, Component& self, machine::Request& request) {
    using Kind = machine::Request::Kind;
    switch (request.kind) {
        case Kind::put:
            return put_in_lane(index, self, request.port, std::move(request.value), request.closes);
        case Kind::get:
            return get_in_lane(index, self, request.port, request.closes);
        case Kind::sync_end:
            return end_in_lane(index, self);
        case Kind::fork:
            return choose_alternative(index);
        case Kind::fires:
            self.asked_port = request.port;
            return choose_firing(index);
        case Kind::print:
            if (has_printed_much(self, request.text())) return leave_lane(index, Fall::error);
            self.printed.push_back(std::move(request.text()));
            self.has_printed = true;
            self.lead->is_special = true;
            return;
        case Kind::budget_used:
        case Kind::exchanged:
            return;
        default:  // an assertion is false, or an error: another behaviour may do better
            return leave_lane(index,
                              request.kind == Kind::discarded ? Fall::assertion : Fall::error);
    }
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

void Runtime::put_in_lane(ComponentIndex index, Component& self, PortHandle port,
                          machine::Value&& value, bool closes) {
    const Use use = use_of(self, port, true);
    if (has_done_much(self) || !has_room(self, use.channel.pending, value)) {
        return leave_lane(index, Fall::error);
    }
    if (is_allowed(use, port)) return put_allowed(use, std::move(value), closes);
    if (may_use_across(index, port)) return put_across(index, port, std::move(value), closes);
    leave_lane(index, obstacle(index, port));
}

void Runtime::get_in_lane(ComponentIndex index, Component& self, PortHandle port, bool closes) {
    const Use use = use_of(self, port, false);
    if (has_done_much(self)) return leave_lane(index, Fall::error);
    if (is_allowed(use, port)) {
        machine::Value value;
        if (!get_allowed(use, closes, value)) return;
        self.give(std::move(value));
        if (closes) end_with_use(self, self);
        return;
    }
    if (is_at_end_of_file(self, index, port)) return end_component(index);
    if (may_use_across(index, port)) return get_across(index, port, closes);
    leave_lane(index, obstacle(index, port));
}

void Runtime::end_in_lane(ComponentIndex index, Component& self) {
    // Silence is a matter of its own.
    if (!self.uses_port && index != application && keeps_promises(self)) {
        return leave_lane(index, Fall::silence);
    }
    end_with_use(self, self);
}

// What it does is noted one by one where there are steps with other sites.
bool Runtime::has_done_much(const Component& self) const {
    constexpr std::size_t actions_max = 65'536;
    return steps_ && self.actions.size() >= actions_max;
}

void Runtime::note_which(Component& self, PortHandle port) {
    if (steps_) self.actions.push_back({channel_of(port), is_out(port)});
    if (!self.asks_fires) return;
    if (std::ranges::find(self.used, port) == self.used.end()) self.used.push_back(port);
}

bool Runtime::keeps_promises(const Component& self) {
    return std::ranges::all_of(self.promises, [&](const Node::Promise& promise) {
        return !promise.fires || std::ranges::find(self.used, promise.port) != self.used.end();
    });
}

// ---- What others do ----------------------------------------------------------------------------

// Somebody in the general way uses the channel; its other end, `is_out` or not, may be in the lane.
void Runtime::draw_from_lane(ChannelIndex number, bool is_out) {
    Channel& channel = channels_[number];
    const Channel::End& end = channel.end(is_out);
    if (!end.here || end.closed) return;
    Component& other = component(end.owner);
    if (other.phase != Phase::in_lane) return note_readiness_unwoken(end, other);
    const bool waits_here = !is_out && other.waits == Wait::message && other.waits_on == number;
    if (waits_here &&
        is_at_end_of_file(other, end.owner, port_of(number, false, channel.generation))) {
        enqueue(end.owner);
    } else if (waits_here || (is_out && channel.pending.size() > 0)) {
        const bool was_closed = channel.end(!is_out).closed;
        leave_lane(end.owner, was_closed ? Fall::closed : Fall::general);
    } else {
        note_readiness(end, other);
    }
}

// ---- Those that do not get on ------------------------------------------------------------------

void Runtime::note_doubted(Component& self) {
    self.is_doubted = true;
    if (doubted_.empty() && queue_.popped() >= generation_end_) begin_generation();
    doubted_.push({self.index, self.stamp, generation_});
    note_turns();
}

// Attempts that chose and did not get on meanwhile take the general way: at once if nobody can
// move, else when everybody who could has had several turns. True if there was one.
bool Runtime::draw_doubtful(bool at_once) {
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
            doubt(self);
        } else if (!at_once && age < generations_each * self.lead->region_size) {
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
