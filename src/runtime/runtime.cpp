// SPDX-License-Identifier: MIT
#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "runtime/lane.hpp"

namespace reowolf::runtime {

using machine::PortHandle;

Runtime::Runtime(const program::Program& program, const Limits& limits, Place place, World& world)
    : shared_{program,
              machine::Machine(program, limits),
              machine::StateComparison(program),
              machine::PortFinder(program),
              limits,
              nullptr,
              0},
      limits_(limits),
      place_(std::move(place)),
      world_(world),
      arbiter_(place_.self, place_.sites, place_.realtime),
      blocks_(program),
      sent_(place_.sites.size()),
      received_(place_.sites.size()),
      is_followed_(world.follows_rounds()),
      steps_(place_.realtime.size() >= 2 &&
             place_.realtime.size() <= rounds::publishing_sites_max &&
             std::ranges::binary_search(place_.realtime, place_.self)) {
    is_open_ = !steps_;
    for (const program::Type& type : program.types) {
        hands_over_ |= program::is_port(type.kind) && shared_.ports.can_hold(type.element);
    }
    Component& itself = components_[components_.append()];
    queue_.reserve(components_.size());
    itself.name = place_.sites.at(place_.self);
    itself.who = naming_.make(itself.name);
    itself.is_native = true;
    itself.phase = Component::Phase::idle;
}

// ---- Building ----------------------------------------------------------------------------------

Runtime::Ends Runtime::make_channel(program::TypeId type) {
    const ChannelIndex index = channels_.add();
    Channel& channel = channels_[index];
    channel.is_free = false;
    channel.id = {.home = place_.self, .index = index};
    channel.type = type;
    channel.carries_ports = shared_.ports.can_hold(type);
    channel.out = {};
    channel.in = {};
    note_ends(index);
    channel.exported.reset();
    channel.named_by.clear();
    return {port_of(index, true, channel.generation), port_of(index, false, channel.generation)};
}

PortHandle Runtime::make_link(program::TypeId type, bool out_here, wire::SiteId other_site,
                              bool to_application) {
    const ChannelIndex index = channels_.append();
    Channel& channel = channels_[index];
    channel.id = {.home = wire::ChannelId::between_sites, .index = index};
    channel.type = type;
    channel.carries_ports = shared_.ports.can_hold(type);
    channel.exported = channel.id;
    channel.to_application = to_application;
    channel.end(!out_here).here = false;
    channel.end(!out_here).site = other_site;
    note_ends(index);
    named_[channel.id] = index;
    described_channels_ = index + 1;
    return port_of(index, out_here);
}

void Runtime::make_absent(program::TypeId type) {
    const ChannelIndex index = channels_.append();
    Channel& channel = channels_[index];
    channel.id = {.home = wire::ChannelId::between_sites, .index = index};
    channel.exported = channel.id;
    channel.type = type;
    channel.carries_ports = shared_.ports.can_hold(type);
    for (const bool out : {true, false}) {
        channel.end(out).here = false;
        channel.end(out).site = wire::nobody;
    }
    note_ends(index);
    if (hands_over_) named_[channel.id] = index;  // an end of it may come here
    described_channels_ = index + 1;
}

namespace {

std::vector<PortHandle> ports_in(const machine::PortFinder& finder, const program::Routine& routine,
                                 const std::vector<machine::Value>& arguments) {
    std::vector<PortHandle> ports;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        finder.append(routine.parameters[i].type, arguments[i], ports);
    }
    return ports;
}

bool has_repeated(std::vector<PortHandle> ports) {
    std::ranges::sort(ports);
    return std::ranges::adjacent_find(ports) != ports.end();
}

}  // namespace

// See check::Routine.
bool Runtime::is_native(const program::Routine& routine) {
    return routine.name.contains('.');
}

ComponentIndex Runtime::start(program::RoutineId id, std::vector<machine::Value> arguments) {
    return start(id, std::move(arguments), naming_.make(shared_.program.routines[id].name));
}

ComponentIndex Runtime::start(program::RoutineId id, std::vector<machine::Value> arguments,
                              Who who) {
    const program::Routine& routine = shared_.program.routines[id];
    const auto ports = ports_in(shared_.ports, routine, arguments);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const program::Parameter& parameter = routine.parameters[i];
        std::vector<PortHandle> named;
        shared_.ports.append(parameter.type, arguments[i], named);
        for (const PortHandle port : named) {
            Channel::End& end = channels_[channel_of(port)].end(is_out(port));
            end.name = parameter.name;
            end.got_from = {};
        }
    }
    std::unique_ptr<Body> body;
    if (is_native(routine)) {
        body = world_.make_native(routine, components_.upcoming(), arguments);
        if (body) {
            return add(who, routine.name, routine.span, std::move(body), true, ports);
        }
    }
    body = std::make_unique<ProgramBody>(shared_,
                                         machine::State(shared_.program, id, std::move(arguments)));
    const ComponentIndex index =
        add(who, routine.name, routine.span, std::move(body), false, ports);
    component(index).entrance.know(blocks_.syncs_of(id), *this, component(index));
    if (is_native(routine)) {
        fail_component(index, {.message = fmt::format("'{}' cannot be used here", routine.name),
                               .where = routine.span,
                               .trace = {},
                               .notes = {}});
    }
    return index;
}

ComponentIndex Runtime::start_native(std::string name, std::unique_ptr<Body> body,
                                     const std::vector<PortHandle>& ports) {
    auto known = std::ranges::find(names_, name);
    if (known == names_.end()) known = names_.insert(names_.end(), std::move(name));
    return add(naming_.make(*known), *known, {}, std::move(body), true, ports);
}

ComponentIndex Runtime::add(Who who, std::string_view name, Span declared,
                            std::unique_ptr<Body> body, bool is_native,
                            const std::vector<PortHandle>& ports) {
    const ComponentIndex index = components_.add();
    queue_.reserve(components_.size());
    Component& added = components_[index];
    added.index = index;
    added.phase = Component::Phase::running;
    added.name = name;
    added.who = who;
    added.declared = declared;
    added.is_native = is_native;
    added.goes_back = is_native && body->can_go_back();
    added.seat = body->seat();
    if (added.seat) added.seat->out = added.seat->in = {.channel = &nowhere_};
    added.body = std::move(body);
    added.ports.reserve(ports.size());
    for (const PortHandle port : ports) give_port(index, port);
    ++components_left_;
    ++counters_.components_made;
    recorder_.note(Event::Kind::made, added.who);
    if (watcher_) watcher_->started(index, added.name);
    enqueue(index);
    return index;
}

void Runtime::give_to_application(PortHandle port, std::string_view name) {
    give_port(application, port);
    channels_[channel_of(port)].end(is_out(port)).name = name;
}

void Runtime::give_port(ComponentIndex index, PortHandle port) {
    std::vector<PortHandle>& ports = component(index).ports;
    Channel::End& end = channels_[channel_of(port)].end(is_out(port));
    end.owner = index;
    end.place = static_cast<std::uint32_t>(ports.size());
    ports.push_back(port);
    note_ends(channel_of(port));
}

void Runtime::note_ends(ChannelIndex number) {
    Channel& channel = channels_[number];
    channel.note_ends(number);
    channel.writer = &component(channel.out.owner);
    channel.reader = &component(channel.in.owner);
}

// If it is there. The last one of the owner's takes its place, so that it costs the same however
// many there are.
void Runtime::take_port(ComponentIndex index, PortHandle port) {
    std::vector<PortHandle>& ports = component(index).ports;
    const std::uint32_t place = channels_[channel_of(port)].end(is_out(port)).place;
    if (place >= ports.size() || ports[place] != port) return;
    const PortHandle last = ports.back();
    ports[place] = last;
    channels_[channel_of(last)].end(is_out(last)).place = place;
    ports.pop_back();
}

bool Runtime::own(ComponentIndex index, PortHandle port) const {
    if (channel_of(port) >= channels_.size()) return false;
    const Channel& channel = channels_[channel_of(port)];
    const Channel::End& end = channel.end(is_out(port));
    return channel.generation == generation_of(port) && end.here && end.owner == index &&
           !end.closed;
}

bool Runtime::has_to_give(ComponentIndex index, PortHandle port) const {
    if (!own(index, port)) return false;
    const std::uint32_t place = channels_[channel_of(port)].end(is_out(port)).place;
    const std::vector<PortHandle>& ports = component(index).ports;
    return place < ports.size() && ports[place] == port;
}

std::optional<program::TypeId> Runtime::type_of(PortHandle port) const {
    if (channel_of(port) >= channels_.size()) return std::nullopt;
    const Channel& channel = channels_[channel_of(port)];
    if (channel.generation != generation_of(port)) return std::nullopt;
    return channel.type;
}

// ---- Running -----------------------------------------------------------------------------------

void Runtime::set_lane(Lane lane, std::uint64_t seed) {
    lane_ = lane;
    is_open_ = lane == Lane::open && !watcher_ && !steps_;
    turns_ = seed;
    forget_ways();
}

// They lead somewhere when they are looked up again, if the lane is open then.
void Runtime::forget_ways() {
    for (ComponentIndex i = 0; i < components_.size(); ++i) {
        Seat* const seat = component(i).seat;
        if (seat) seat->out.channel = seat->in.channel = &nowhere_;
    }
}

void Runtime::note_generation() {
    begin_generation();
    if (!doubted_.empty() && draw_doubtful(false)) apply_effects();
}

bool Runtime::step(std::uint32_t turns_max) {
    // How many slices may pass before silent behaviours get their turn although somebody else,
    // who has nothing to do with them, is still busy.
    constexpr std::uint64_t slices_between_silences = 64;
    // And before a round is looked for with what others have told of; what came with it, and what
    // it leads to, is explored by then, as a rule.
    constexpr std::uint64_t slices_between_news = 4;

    if (shared_.away > 0) welcome_back();
    if (!queue_.empty()) {
        if (!quiet_later_.empty()) {
            quiet_candidates_.insert(quiet_candidates_.end(), quiet_later_.begin(),
                                     quiet_later_.end());
            quiet_later_.clear();
        }
        std::uint32_t budget = limits_.instructions_per_slice;
        step_end_ = queue_.popped() + turns_max;
        const bool may_chain = lane_ == Lane::open && !watcher_ && !steps_;
        if (!may_chain || !quiet_candidates_.empty() || component(application).attempt) {
            end_step_soon();
        }
        note_turns();
        do {
            take_turn(budget);
            if (queue_.popped() >= generation_end_) note_generation();
        } while (queue_.popped() < step_end_ && budget > 0 && !queue_.empty());
        instructions_run_ += limits_.instructions_per_slice - budget;
        if (arbiter_.has_effects()) apply_effects();
        if (!ended_.empty() || !unused_.empty()) bury();
    } else if (draw_doubtful(true)) {
        apply_effects();
    } else if (quiet_candidates_.empty() && !arbiter_.has_news() && !is_step_open()) {
        return false;
    }
    if (arbiter_.has_news() && (queue_.empty() || ++slices_with_news_ % slices_between_news == 0)) {
        arbiter_.decide_news();
        apply_effects();
    }
    if (steps_) leave_step_if_stuck();
    if (must_receive_kept_) receive_kept();
    if (published_round_) commit_published();
    if (component(application).attempt) choose_way();
    if (!quiet_candidates_.empty() &&
        ((queue_.empty() && doubted_.empty()) || ++slices_ % slices_between_silences == 0)) {
        for (const ComponentIndex candidate : std::exchange(quiet_candidates_, {})) {
            offer_silence(candidate);
        }
    }
    return true;
}

void Runtime::take_turn(std::uint32_t& budget) {
    Component& running = *queue_.pop();
    const ComponentIndex index = running.index;
    running.queued = false;
    running_ = index;
    if (running.phase != Component::Phase::ended && !running.is_overloaded) {
        run(budget);
    } else {
        pass_over(index, running);
    }
    if (component(running_).phase == Component::Phase::in_sync) explore_some(running_, budget);
    running_ = application;
}

// Its turn has come, but it has ended, or is too large to go on.
void Runtime::pass_over(ComponentIndex index, Component& running) {
    if (running.phase == Component::Phase::ended) return ended_.push_back(index);
    const bool is_memory = attempt(index).live <= limits_.live_behaviours_max;
    const std::string text =
        is_memory ? what_is_too_much()
                  : fmt::format("more than {} live alternatives", limits_.live_behaviours_max);
    if (index == application) {
        running.is_overloaded = false;
        attempt(index).give_up();
        cancel_application(wire::Reason::unsatisfiable,
                           fmt::format("'{}' has {}", running.name, text));
    } else {
        fail_component(index, {.message = is_memory ? "out of memory: " + text : text,
                               .where = running.body->position(),
                               .trace = running.body->trace(),
                               .notes = {}});
    }
}

// In the general way, as long as the slice lasts.
void Runtime::explore_some(ComponentIndex index, std::uint32_t& budget) {
    end_step_soon();
    while (budget > 0 && attempt(index).ready > 0 && !has_gathered_much()) {
        const wire::NodeId next = attempt(index).dequeue();
        if (index == application && is_set_aside(next)) continue;
        attempt(index).idle_turns = 0;
        explore(index, next, budget);
    }
    release_parked(index);
    if (index == application) release_aside();
    const Attempt& explored = attempt(index);
    if (explored.ready > 0 || explored.parked_in > 0 || explored.has_more_aside()) enqueue(index);
    settle(index);
}

// Numbers of what has ended are used again when nobody refers to them any more.
void Runtime::bury() {
    for (const ComponentIndex index : ended_) components_.give_back(index);
    ended_.clear();
    for (const ChannelIndex number : std::exchange(unused_, {})) {
        Channel& channel = channels_[number];
        if (channel.is_free) continue;
        channel.is_free = true;
        channel.pending.clear();
        channel.offers.clear();
        ++channel.generation;
        channels_.give_back(number);
    }
}

// Runs the component's code until it waits, or explores its alternatives, or has had its turn. Then
// others may have had theirs within the machine; the last of them is `running_`.
void Runtime::run(std::uint32_t& budget) {
    using Phase = Component::Phase;
    using Wait = Component::Wait;
    const ComponentIndex first = running_;
    if (component(first).is_away && !serve_brought(first)) return;
    if (component(first).waits != Wait::nothing) go_on_in_lane(first, component(first));
    while (true) {
        const ComponentIndex index = running_;
        Component& running = component(index);
        const bool is_outside = running.phase == Phase::running;
        if (!is_outside && (running.phase != Phase::in_lane || running.waits != Wait::nothing)) {
            return;
        }
        if (budget == 0) return enqueue(running);
        if (running.queued) return;
        if (running.is_native) {
            if (!run_native(index, running, budget)) return;
            continue;
        }
        const bool in_lane = !is_outside || may_enter_lane(running, index);
        if (running.is_long && shared_.workers && is_between_blocks(running)) {
            return send_off(index, 0);
        }
        begin_stretch(running, budget);
        machine::Request request =
            shared_.machine.run(running.state(), budget, in_lane ? &running.entrance : nullptr);
        if (shared_.workers) {
            Component& ran = component(running_);
            const std::uint32_t length = end_stretch(ran, budget);
            if (request.kind == machine::Request::Kind::budget_used &&
                length >= limits_.instructions_before_workers) {
                return send_off(running_, length);
            }
        }
        if (request.kind == machine::Request::Kind::exchanged) continue;
        serve(running_, component(running_), request, in_lane);
    }
}

// The workers have run it. False: they still do.
bool Runtime::serve_brought(ComponentIndex index) {
    Component& back = component(index);
    if (!back.brought) return false;
    back.is_away = false;
    machine::Request request = std::move(*back.brought);
    back.brought.reset();
    const bool is_outside = back.phase == Component::Phase::running;
    serve(index, back, request, is_outside && may_enter_lane(back, index));
    return true;
}

// Within the machine one waits.
machine::Successor Runtime::next(std::uint32_t budget) {
    if (shared_.workers) return next_measured(budget);
    Component* const next = pass_turn([](const Component& each) { return each.is_plain(); });
    if (!next) return {};
    return {&next->state(), &next->entrance};
}

machine::Successor Runtime::next_measured(std::uint32_t budget) {
    Component& waiting = component(running_);
    Component* const next = pass_turn([](const Component& each) { return each.is_plain(); });
    if (!next) return {};
    end_stretch(waiting, budget);
    begin_stretch(*next, budget);
    return {&next->state(), &next->entrance};
}

// False: it waits.
bool Runtime::run_native(ComponentIndex index, Component& running, std::uint32_t& budget) {
    std::optional<machine::Request> request = running.body->run(budget);
    const ComponentIndex last = running_;
    Component& ran = component(last);
    if (last != index) request = ran.body->has_run();
    if (request) {
        if (request->kind == machine::Request::Kind::exchanged) return true;
        serve(last, ran, *request,
              ran.phase == Component::Phase::running && may_enter_lane(ran, last));
        return true;
    }
    if (ran.phase == Component::Phase::in_lane) {
        leave_lane(last, Fall::native);
    } else {
        ran.phase = Component::Phase::idle;
    }
    return false;
}

// What it waits for in the lane may be there now.
void Runtime::go_on_in_lane(ComponentIndex index, Component& running) {
    using Wait = Component::Wait;
    if (running.phase != Component::Phase::in_lane) return;
    if (running.waits == Wait::fork && running.is_single) {
        if (complete_choice(running)) return;
        be_region(running);
        ++running.stamp;
    }
    if (running.waits == Wait::fork) choose_alternative(index);
    if (running.phase == Component::Phase::in_lane && running.waits == Wait::fires) {
        choose_firing(index);
    }
    if (running.phase == Component::Phase::in_lane && running.waits == Wait::message &&
        channels_[running.waits_on].out.closed) {
        const std::uint32_t generation = channels_[running.waits_on].generation;
        get_in_lane(index, running, port_of(running.waits_on, false, generation), running.closes);
    }
}

void Runtime::serve(ComponentIndex index, Component& running, machine::Request& request,
                    bool may_enter) {
    if (running.phase == Component::Phase::in_lane) return serve_in_lane(index, running, request);
    const bool begins = request.begins || running.entrance.is_new();
    if (!begins || request.kind == machine::Request::Kind::budget_used) {
        return serve_outside(index, request, may_enter);
    }
    running.entrance.take_news();
    serve_entering(index, running, request, may_enter);
}

void Runtime::serve_outside(ComponentIndex index, machine::Request& request, bool may_enter) {
    using Kind = machine::Request::Kind;
    Component& running = component(index);
    switch (request.kind) {
        case Kind::sync_begin:
            begin_block(index, may_enter);
            break;
        case Kind::print:
            world_.print(request.text());
            break;
        case Kind::make_channel:
            make_channel_for(index, request.type);
            break;
        case Kind::spawn:
            spawn(index, request.routine, std::move(request.arguments()));
            break;
        case Kind::ended:
            end_component(index);
            break;
        case Kind::failed:
            fail_component(index, {.message = std::move(request.text()),
                                   .where = running.body->position(),
                                   .trace = running.body->trace(),
                                   .notes = {}});
            break;
        default:
            break;
    }
}

void Runtime::make_channel_for(ComponentIndex index, program::TypeId type) {
    Component& making = component(index);
    if (channels_.in_use() >= limits_.channels_max) {
        fail_component(index,
                       {.message = fmt::format("more than {} channels", limits_.channels_max),
                        .where = making.body->position(),
                        .trace = making.body->trace(),
                        .notes = {}});
        return;
    }
    const Ends ends = make_channel(type);
    give_port(index, ends.out);
    give_port(index, ends.in);
    Channel& made = channels_[channel_of(ends.out)];
    std::tie(made.out.name, made.in.name) = making.body->channel_names();
    making.body->made(ends.out, ends.in);
}

// Hands the ports among the arguments over and starts the component.
void Runtime::spawn(ComponentIndex index, program::RoutineId routine,
                    std::vector<machine::Value> arguments) {
    Component& spawning = component(index);
    const auto ports = ports_in(shared_.ports, shared_.program.routines[routine], arguments);
    const bool owned = !has_repeated(ports) && std::ranges::all_of(ports, [&](PortHandle port) {
        return own(index, port);
    });
    if (!owned || components_left() >= limits_.components_max) {
        fail_component(
            index,
            {.message = owned ? fmt::format("more than {} components", limits_.components_max)
                              : "attempted to hand over a port that is no longer owned",
             .where = spawning.body->position(),
             .trace = spawning.body->trace(),
             .notes = {}});
        return;
    }
    for (const PortHandle port : ports) take_port(index, port);
    start_or_hold(routine, std::move(arguments));
}

void Runtime::resume(ComponentIndex index) {
    Component& resumed = component(index);
    if (!resumed.is_native) return;  // the number of one that has ended, used again
    if (resumed.phase == Component::Phase::in_sync) {
        arbiter_.cancel(resumed.attempt->id, wire::Reason::timed_out, {});
        apply_effects();
    } else if (resumed.phase == Component::Phase::in_lane) {
        leave_lane(index, Fall::native);
    } else if (resumed.phase == Component::Phase::idle) {
        resumed.phase = Component::Phase::running;
        enqueue(index);
    }
}

bool Runtime::awaits_outside(ComponentIndex index) const {
    const Component& waiting = component(index);
    if (waiting.is_away || (waiting.attempt && waiting.attempt->away > 0)) return true;
    if (index == application || !waiting.is_native) return false;
    return waiting.phase == Component::Phase::idle ||
           (waiting.body && waiting.body->awaits_outside());
}

bool Runtime::awaits_outside() const {
    if (shared_.away > 0) return true;
    for (ComponentIndex index = 0; index < components_.size(); ++index) {
        if (awaits_outside(index)) return true;
    }
    return false;
}

// ---- The application ---------------------------------------------------------------------------

void Runtime::cancel_application(wire::Reason reason, const std::string& text) {
    leave_step();
    if (!application_entered()) return;
    arbiter_.cancel(attempt(application).id, reason, text);
    apply_effects();
}

void Runtime::cancel_step(wire::Reason reason, const std::string& text) {
    leave_step();
    arbiter_.cancel_step(reason, text);
    apply_effects();
}

std::uint64_t Runtime::application_attempt() const {
    const Component& own = component(application);
    if (own.phase == Component::Phase::in_lane) return own.attempts + (step_.is_published ? 0 : 1);
    return own.attempt ? own.attempt->id.number : 0;
}

bool Runtime::is_application_dead() const {
    const auto& open = component(application).attempt;
    return open && open->is_settled() && open->live == 0;
}

// Nobody at another site can be heard of, and here nothing goes on by itself.
bool Runtime::is_cut_off() const {
    const auto& own = component(application).attempt;
    if (!is_idle() || !own || !own->is_exhausted()) return false;
    if (is_promised(own->id) || arbiter_.holder(own->id) != place_.self) return false;
    std::set<ComponentIndex> seen{application};
    std::vector<ComponentIndex> open{application};
    while (!open.empty()) {
        const ComponentIndex next = open.back();
        open.pop_back();
        if (awaits_outside(next)) return false;
        for (const PortHandle port : component(next).ports) {
            const Channel::End& other = channels_[channel_of(port)].end(!is_out(port));
            if (other.closed) continue;
            if (!other.here) return false;
            if (seen.insert(other.owner).second) open.push_back(other.owner);
        }
    }
    return true;
}

void Runtime::close(PortHandle port) {
    if (channels_[channel_of(port)].generation != generation_of(port)) return;
    leave_step();
    take_port(channels_[channel_of(port)].end(is_out(port)).owner, port);
    close_end(channel_of(port), is_out(port));
    apply_effects();
}

// ---- What can be asked -------------------------------------------------------------------------

Counters Runtime::counters() const {
    Counters all = counters_;
    all.rounds_in_lane += pairs_;
    all.messages += pairs_;
    all.sizes.add(2, pairs_);
    return all;
}

const Body* Runtime::running_body() const {
    return running_ == application ? nullptr : component(running_).body.get();
}

bool Runtime::is_closed(PortHandle port) const {
    const Channel& channel = channels_[channel_of(port)];
    return channel.generation != generation_of(port) || channel.out.closed || channel.in.closed;
}

std::uint64_t Runtime::lane_returns() const {
    return std::accumulate(counters_.falls.begin(), counters_.falls.end(), std::uint64_t{0});
}

std::optional<ComponentIndex> Runtime::owner(const wire::AttemptId& id) const {
    if (id.owner() != place_.self || id.component.index >= components_.size()) return std::nullopt;
    const Component& found = component(id.component.index);
    if (!found.attempt || found.attempt->id != id) return std::nullopt;
    return id.component.index;
}

}  // namespace reowolf::runtime
