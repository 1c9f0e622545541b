// SPDX-License-Identifier: MIT
// How an attempt in the lane takes one alternative: the first one that can go on now, and out of
// turn from time to time another one, so that nobody starves.
#include <algorithm>

#include "runtime/lane.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using machine::Served;
using Phase = Component::Phase;
using Wait = Component::Wait;

std::uint32_t Runtime::turn() {
    turns_ = turns_ * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return static_cast<std::uint32_t>(turns_ >> 40);
}

// Whether a get, or a put, at the port would go on at once.
Runtime::Readiness Runtime::readiness(ComponentIndex index, PortHandle port) const {
    const Channel& channel = channels_[channel_of(port)];
    const bool puts = is_out(port);
    const Channel::End& end = channel.end(puts);
    const Channel::End& other = channel.end(!puts);
    if (channel.generation != generation_of(port) || end.owner != index || !end.here ||
        end.closed || !other.here) {
        return Readiness::unknown;
    }
    if (other.closed) return puts ? Readiness::unknown : Readiness::never;
    const Component& peer = component(other.owner);
    bool ready = false;
    if (puts) {
        ready = peer.phase == Phase::in_sync
                    ? channel.in.user.has_value()
                    : (peer.waits == Wait::message && peer.waits_on == channel_of(port)) ||
                          (peer.waits == Wait::fork && chooses_by(peer, channel_of(port)));
    } else {
        ready = channel.pending.size() > 0 ||
                (!channel.offers.empty() && !channel.offers.front().empty());
    }
    if (ready) return Readiness::now;
    // Who is patient goes on when somebody comes to its ports, and only the general way says so.
    if (peer.phase == Phase::in_sync && peer.attempt->patient) return Readiness::unknown;
    return Readiness::later;
}

// Whether one of the alternatives among which the reader of the channel chooses begins with a get
// from it.
bool Runtime::chooses_by(const Component& reader, ChannelIndex number) const {
    const Channel& channel = channels_[number];
    if (!reader.choice || channel.in.guard >= reader.choice->site->guards.size()) return false;
    const Guard& guard = reader.choice->site->guards[channel.in.guard];
    const machine::Slot* frame = slots_to_choose(reader);
    return guard.kind == Guard::Kind::get &&
           guard.port(frame) == port_of(number, false, channel.generation);
}

// Where the guards of its choice find their ports.
const machine::Slot* Runtime::slots_to_choose(const Component& choosing) {
    if (choosing.is_native) return choosing.choice->native_ports.data();
    return static_cast<const ProgramBody&>(*choosing.body).state().frame();
}

// The fork at which it stands. Null: it is native, and does not say what its alternatives begin
// with.
const ForkSite* Runtime::site_of(Component& choosing) {
    if (!choosing.is_native) {
        const auto place = static_cast<ProgramBody&>(*choosing.body).state().place();
        return &blocks_.fork_at(place.routine, place.pc);
    }
    return native_site(choosing, choosing.body->ports_to_choose());
}

const ForkSite* Runtime::native_site(Component& choosing, std::span<const PortHandle> ports) {
    if (ports.empty()) return nullptr;
    if (!choosing.choice) choosing.choice = std::make_unique<Choice>();
    Choice& choice = *choosing.choice;
    if (choice.is_among(ports)) return &choice.native_site;
    choice.site = nullptr;
    choice.native_site = {.guards = {}, .is_open_choice = true};
    choice.native_ports.clear();
    for (const PortHandle port : ports) {
        // It may be none at all, which is an error of the alternative.
        if (channel_of(port) >= channels_.size() || is_out(port)) {
            choice.native_ports.clear();
            return nullptr;
        }
        choice.native_site.guards.push_back(
            {.kind = Guard::Kind::get,
             .slot = static_cast<std::uint32_t>(choice.native_ports.size())});
        choice.native_ports.push_back({.bits = port});
    }
    return &choice.native_site;
}

// Looks at all alternatives. False: about one of them nothing can be said.
bool Runtime::survey(ComponentIndex index, const ForkSite& site) {
    Component& self = component(index);
    if (!self.choice) self.choice = std::make_unique<Choice>();
    Choice& choice = *self.choice;
    choice.site = &site;
    choice.ready.assign((site.guards.size() + 63) / 64, 0);
    choice.same_port.assign(site.guards.size(), Channel::no_guard);
    const machine::Slot* frame = slots_to_choose(self);
    bool all_known = true;
    bool any_left = false;
    for (auto i = static_cast<std::uint32_t>(site.guards.size()); i-- > 0;) {
        const Guard& guard = site.guards[i];
        const auto port = guard.kind == Guard::Kind::unknown ? std::nullopt : guard.port(frame);
        if (!port) {
            all_known = false;
            continue;
        }
        const Readiness ready = readiness(index, *port);
        all_known = all_known && ready != Readiness::unknown;
        any_left = any_left || ready != Readiness::never;
        if (ready == Readiness::unknown || ready == Readiness::never) continue;
        std::uint32_t& first = channels_[channel_of(*port)].end(is_out(*port)).guard;
        if (first > i && first < site.guards.size() && site.guards[first].port(frame) == port) {
            choice.same_port[i] = first;
        }
        first = i;
        if (ready == Readiness::now) choice.set(i);
    }
    return all_known && any_left;
}

[[gnu::always_inline]] inline bool Runtime::has_message(ComponentIndex index,
                                                        PortHandle port) const {
    const Channel& channel = channels_[channel_of(port)];
    return !is_out(port) && channel.pending.size() > 0 && channel.is_plain_in_for(index, port);
}

// The same as that its readiness is `now`. Most choices are among messages.
[[gnu::always_inline]] inline bool Runtime::is_ready_now(ComponentIndex index,
                                                         PortHandle port) const {
    return has_message(index, port) || readiness(index, port) == Readiness::now;
}

// The first alternative from `from` on that can go on, without `except`.
[[gnu::always_inline]] inline std::optional<std::uint32_t> Runtime::next_ready(
    Component& self, const ForkSite& site, std::uint32_t from, std::uint32_t except) {
    Choice& choice = *self.choice;
    const machine::Slot* frame = slots_to_choose(self);
    for (auto next = choice.next(from); next; next = choice.next(*next + 1)) {
        if (*next == except) continue;
        const auto port = site.guards[*next].port(frame);
        if (port && is_ready_now(self.index, *port)) return next;
        choice.clear(*next);
    }
    return std::nullopt;
}

// Another one that can go on than that, if there is one.
std::uint32_t Runtime::choose_out_of_turn(Component& self, const ForkSite& site,
                                          std::uint32_t first) {
    Choice& choice = *self.choice;
    auto other = next_ready(self, site, choice.last_turn + 1, first);
    if (!other) other = next_ready(self, site, 0, first);
    if (!other) return first;
    choice.last_turn = *other;
    return *other;
}

// The alternative that it takes if it can go on at once.
std::optional<std::uint32_t> Runtime::choose_ready(Component& self, const ForkSite& site) {
    const auto first = next_ready(self, site, 0, Channel::no_guard);
    if (!first || !is_out_of_turn(self)) return first;
    return choose_out_of_turn(self, site, *first);
}

// Of those that can go on the first one, or another.
[[gnu::always_inline]] inline std::uint32_t Runtime::pick(Component& self, const ForkSite& site,
                                                          std::uint32_t first) {
    const bool in_turn = !is_out_of_turn(self);
    doubt(self);
    return in_turn ? first : choose_out_of_turn(self, site, first);
}

// The alternative that it takes. None: it waits for one, or has left the lane.
std::optional<std::uint32_t> Runtime::choose(Component& self, const ForkSite& site) {
    if (self.choice && self.choice->site == &site) {
        const auto first = next_ready(self, site, 0, Channel::no_guard);
        if (first) return pick(self, site, *first);
    }
    return choose_anew(self, site);
}

std::optional<std::uint32_t> Runtime::choose_anew(Component& self, const ForkSite& site) {
    // What cannot be seen beforehand is for the general way.
    if (site.has_unknown) {
        leave_lane(self.index, Fall::unforeseen);
        return std::nullopt;
    }
    if (!survey(self.index, site)) {
        leave_lane(self.index, Fall::unsure);
        return std::nullopt;
    }
    const auto first = next_ready(self, site, 0, Channel::no_guard);
    if (first) return pick(self, site, *first);
    self.waits = Wait::fork;
    if (!site.is_open_choice) doubt(self);
    wake_choosing_writers(self.index);
    const machine::Slot* frame = slots_to_choose(self);
    for (const Guard& guard : site.guards) {
        if (guard.kind != Guard::Kind::put) continue;
        component(channels_[channel_of(*guard.port(frame))].in.owner).writer_chooses = true;
    }
    return std::nullopt;
}

void Runtime::choose_alternative(ComponentIndex index) {
    Component& self = component(index);
    self.waits = Wait::nothing;
    const ForkSite* const site = site_of(self);
    if (!site) return leave_lane(index, Fall::native);
    if (const auto chosen = choose(self, *site)) self.body->chose(*chosen);
}

Runtime::Got Runtime::fork(machine::Participant& who, std::uint32_t pc) {
    auto& self = static_cast<Component&>(who);
    enter_if_outside(self);
    if (!self.choice || self.choice->site->pc != pc) return fork_anew(self, pc);
    const auto first = self.choice->next(0);
    // What is frequent calls nobody, so that no registers have to be kept.
    if (!first || self.is_doubtful || !self.is_doubted || is_first_out_of_turn(self)) {
        return fork_again(self, pc);
    }
    const auto port = self.choice->site->guards[*first].port(self.state().frame());
    if (!port || !has_message(self.index, *port)) return fork_again(self, pc);
    doubt_again(self);
    return {Served::goes_on, *first};
}

Runtime::Got Runtime::fork_again(Component& self, std::uint32_t pc) {
    const ForkSite& site = *self.choice->site;
    const auto first = next_ready(self, site, 0, Channel::no_guard);
    return first ? Got{Served::goes_on, pick(self, site, *first)} : fork_anew(self, pc);
}

Runtime::Got Runtime::fork_anew(Component& self, std::uint32_t pc) {
    const ForkSite& site = blocks_.fork_at(self.state().place().routine, pc);
    if (const auto chosen = choose_anew(self, site)) return {Served::goes_on, *chosen};
    return {self.phase == Phase::in_lane ? Served::unanswered : Served::gone};
}

// This component waits for an alternative. If one who may put to it does too, that one has one now.
void Runtime::wake_choosing_writers(ComponentIndex index) {
    Component& self = component(index);
    if (!std::exchange(self.writer_chooses, false)) return;
    for (const PortHandle port : self.ports) {
        if (is_out(port)) continue;
        const Channel& channel = channels_[channel_of(port)];
        if (!channel.out.here || channel.out.closed) continue;
        Component& writer = component(channel.out.owner);
        if (!writer.chooses()) continue;
        if (writer.choice) writer.choice->set(channel.out.guard);
        enqueue(channel.out.owner);
    }
}

// `fires` is true where the port can be used now, false where another one can; before that nothing
// can be said.
void Runtime::choose_firing(ComponentIndex index) {
    Component& self = component(index);
    self.waits = Wait::nothing;
    const PortHandle port = self.asked_port;
    if (std::ranges::find(self.used, port) != self.used.end()) return self.body->fires(true);
    const auto promised = std::ranges::find(self.promises, port, &Node::Promise::port);
    if (promised != self.promises.end()) return self.body->fires(promised->fires);

    const Readiness ready = readiness(index, port);
    if (self.is_native || ready == Readiness::unknown) return leave_lane(index, Fall::unsure);
    const bool other_ready = std::ranges::any_of(self.ports, [&](PortHandle other) {
        return other != port && readiness(index, other) == Readiness::now;
    });
    if (ready != Readiness::now && !other_ready) {
        doubt(self);
        self.waits = Wait::fires;
        wake_choosing_writers(index);
        for (const PortHandle own_port : self.ports) {
            if (is_out(own_port) && channels_[channel_of(own_port)].in.here) {
                component(channels_[channel_of(own_port)].in.owner).writer_chooses = true;
            }
        }
        return;
    }
    const bool yes = ready == Readiness::now && !(other_ready && is_out_of_turn(self));
    doubt(self);
    self.promises.push_back({port, yes});
    self.body->fires(yes);
}

}  // namespace reowolf::runtime
