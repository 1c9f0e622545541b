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
using machine::Served;
using Wait = Component::Wait;
using Phase = Component::Phase;

// ---- Attempts ----------------------------------------------------------------------------------

void Runtime::join_regions(Component* larger, Component* smaller) {
    if (larger->region_size < smaller->region_size) std::swap(larger, smaller);
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

// Its block is a message that has been exchanged with somebody in the region: it is at its end, and
// there is nothing to be counted.
[[gnu::always_inline]] inline void Runtime::absorb(Component& lead, Component& single) {
    single.is_single = false;
    single.waits = Wait::others;
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

// ---- For coroutines that run now, without a request --------------------------------------------

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
        return channel.pending.size() == 0 &&
               channel.is_plain_for(self.index, false, generation_of(port)) &&
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
    begin_in_lane(self);
    self.is_single = true;
    self.uses_port = false;
    self.waits = Wait::fork;
    wake_choosing_writers(self.index);
    return Meeting::waits;
}

// It waits so. False: it still does, or cannot in this way.
bool Runtime::complete_choice(Component& self) {
    const auto ready = choose_ready(self, *self.choice->site);
    machine::Value value;
    if (!ready || meet_chosen(self, *ready, value) != Meeting::happened) return false;
    self.body->got_from(*ready, std::move(value));
    self.phase = Phase::running;
    self.waits = Wait::nothing;
    return true;
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
    if (!is_in_place(use, port)) return false;
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

Runtime::Meeting Runtime::end_in_place(machine::Participant& who) {
    auto& self = static_cast<Component&>(who);
    // Whoever used no port was silent, and what is told to other sites is asked for.
    if (steps_ || self.phase != Phase::in_lane || !self.uses_port) return Meeting::none;
    self.waits = Wait::others;
    if (--self.lead->region_open > 0) return Meeting::waits;
    close_region(*self.lead, self);
    return self.queued ? Meeting::waits : Meeting::happened;
}

// ---- For components on the machine, without leaving it ------------------------------------------

// What has become of one that has put or got a message, or come to its end.
[[gnu::always_inline]] inline Served Runtime::served(const Component& self) const {
    if (self.phase == Phase::in_lane) {
        if (self.waits != Wait::nothing) return Served::waits;
        return self.queued ? Served::waits : Served::goes_on;
    }
    if (self.phase != Phase::running) return Served::gone;
    return self.queued ? Served::waits : served_between(self);
}

// Nothing is open any more.
inline void Runtime::close_region(Component& lead, const Component& current) {
    if (steps_ && is_in_step(lead.index)) return publish_step();
    return lead.is_special ? commit_special(lead, current) : commit_region(lead, current);
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
    enter_if_outside(self);
    put_allowed(use, word, closes);
    return served(self);
}

[[gnu::always_inline]] inline Runtime::Got Runtime::serve_get(const Use& use, bool closes) {
    Component& self = use.self;
    if (steps_ && closes) return {};
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

[[gnu::always_inline]] inline void Runtime::note_region(const Component& lead) {
    world_.committed(no_records_);
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
    constexpr std::uint8_t doublings_max = 6;
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
    if (is_allowed(use, port)) return put_allowed(use, std::move(value), closes);
    if (may_use_across(index, port)) return put_across(index, port, std::move(value), closes);
    leave_lane(index, obstacle(index, port));
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
            reader.waits = Wait::nothing;
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
    if (closes && self.phase == Phase::in_lane) end_with_use(self, self);
}

void Runtime::get_in_lane(ComponentIndex index, Component& self, PortHandle port, bool closes) {
    const Use use = use_of(self, port, false);
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
    self.waits = Wait::message;
    self.waits_on = use.number;
    self.closes = closes;
    note_readiness(use.channel.out, writer);
    return false;
}

void Runtime::end_in_lane(ComponentIndex index, Component& self) {
    // Silence is a matter of its own.
    if (!self.uses_port && index != application && keeps_promises(self)) {
        return leave_lane(index, Fall::silence);
    }
    end_with_use(self, self);
}

// It has used a port, if it has to. `current`: who runs now.
[[gnu::always_inline]] inline void Runtime::end_with_use(Component& self,
                                                         const Component& current) {
    if (self.asks_fires && !keeps_promises(self)) return leave_lane(self.index, Fall::promise);
    self.waits = Wait::others;
    if (--self.lead->region_open == 0) close_region(*self.lead, current);
}

void Runtime::note_which(Component& self, PortHandle port) {
    if (steps_) self.actions.push_back({channel_of(port), is_out(port)});
    if (self.asks_fires) self.used.push_back(port);
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
    if (other.phase != Phase::in_lane) return;
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
    doubted_.push({self.index, self.stamp, generation_});
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
