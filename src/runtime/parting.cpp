// SPDX-License-Identifier: MIT
// Components that composites, or an embedding program, make are held back until the composites have
// ended. Then the parts that have nothing to do with each other are known.
#include <algorithm>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "program/reaching.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;

namespace {

// Of an end of a channel, among those of all channels.
std::size_t place_of(PortHandle port) {
    return static_cast<std::size_t>(channel_of(port)) * 2 + (is_out(port) ? 0 : 1);
}

// The ports in a value become those of other channels.
class Renumbering final : public machine::PortCoder {
  public:
    // The new handles, by the place of the old ones.
    explicit Renumbering(std::span<const PortHandle> handles) : handles_(handles) {}

    void write(program::TypeId type, PortHandle port, std::vector<std::byte>& out) override {
        plain_.write(type, handles_[place_of(port)], out);
    }
    std::expected<PortHandle, std::string> read(program::TypeId type,
                                                std::span<const std::byte>& rest) override {
        return plain_.read(type, rest);
    }

  private:
    std::span<const PortHandle> handles_;
    machine::PortHandles plain_;
};

// Sets that are joined (union-find).
class Sets {
  public:
    explicit Sets(std::size_t size) : parent_(size) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    std::size_t find(std::size_t member) {
        while (parent_[member] != member) {
            member = parent_[member] = parent_[parent_[member]];
        }
        return member;
    }
    void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

  private:
    std::vector<std::size_t> parent_;
};

}  // namespace

std::vector<machine::Value> Runtime::renumbered(program::RoutineId id,
                                                std::vector<machine::Value> arguments,
                                                std::span<const PortHandle> handles) const {
    const program::Routine& routine = shared_.program.routines[id];
    Renumbering ports(handles);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const program::TypeId type = routine.parameters[i].type;
        if (!shared_.ports.can_hold(type)) continue;
        std::vector<std::byte> bytes;
        machine::encode(shared_.program, type, arguments[i], bytes, &ports);
        auto value = machine::decode(shared_.program, type, bytes, limits_, &ports);
        arguments[i] = std::move(*value);
    }
    return arguments;
}

bool Runtime::holds_back(program::RoutineId id) const {
    // Others begin at once: of a program that makes components without end, all would be kept.
    constexpr std::size_t held_max = std::size_t{1} << 15;

    return holds_back_ && held_.size() < held_max &&
           shared_.program.routines[id].kind != program::RoutineKind::composite;
}

void Runtime::start_or_hold(program::RoutineId id, std::vector<machine::Value> arguments) {
    if (!holds_back(id)) {
        start(id, std::move(arguments));
        return;
    }
    std::vector<PortHandle> ports;
    const auto& parameters = shared_.program.routines[id].parameters;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        shared_.ports.append(parameters[i].type, arguments[i], ports);
    }
    hold({.routine = id,
          .arguments = std::move(arguments),
          .ports = std::move(ports),
          .begin = nullptr});
}

void Runtime::hold_native(std::function<void()> begin, std::vector<PortHandle> ports) {
    hold({.routine = 0, .arguments = {}, .ports = std::move(ports), .begin = std::move(begin)});
}

void Runtime::hold(Held held) {
    for (const PortHandle port : held.ports) {
        channels_[channel_of(port)].end(is_out(port)).owner = application;
        note_ends(channel_of(port));
    }
    held_.push_back(std::move(held));
}

// Whom each of those who are held back belongs to: a set; nothing if it has to do with somebody who
// is here, or with the world.
std::vector<std::optional<std::size_t>> Runtime::sets_of_held() const {
    const std::size_t nobody = held_.size();
    std::vector<std::size_t> holders(std::size_t{channels_.size()} * 2, nobody);
    for (std::size_t i = 0; i < held_.size(); ++i) {
        for (const PortHandle port : held_[i].ports) holders[place_of(port)] = i;
    }
    Sets sets(held_.size());
    std::vector<bool> is_bound(held_.size());
    // Who starts a native one later has to do with the world as well.
    const auto reach_world = program::may_reach(
        shared_.program, [](const program::Routine& routine) { return is_native(routine); });
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (held_[i].begin || reach_world[held_[i].routine]) is_bound[i] = true;
        for (const PortHandle port : held_[i].ports) {
            const Channel& channel = channels_[channel_of(port)];
            if (channel.end(!is_out(port)).closed) continue;
            const std::size_t other = holders[place_of(port_of(channel_of(port), !is_out(port)))];
            if (other == nobody) {
                is_bound[i] = true;
            } else {
                sets.join(i, other);
            }
        }
    }
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (is_bound[i]) is_bound[sets.find(i)] = true;
    }
    std::vector<std::optional<std::size_t>> found(held_.size());
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (!is_bound[sets.find(i)]) found[i] = sets.find(i);
    }
    return found;
}

std::vector<Island> Runtime::release(std::size_t parts_min, std::size_t islands_max) {
    std::vector<std::optional<std::size_t>> sets = sets_of_held();
    std::unordered_map<std::size_t, std::size_t> parts;  // by their sets
    for (const auto& set : sets) {
        if (set) parts.try_emplace(*set, parts.size());
    }
    if (parts.size() < parts_min) std::ranges::fill(sets, std::nullopt);
    holds_back_ = false;
    std::vector<Island> islands(parts.size() < parts_min ? 0 : std::min(parts.size(), islands_max));
    constexpr PortHandle unknown = ~PortHandle{0};
    std::vector<PortHandle> handles(std::size_t{channels_.size()} * 2, unknown);
    std::vector<Held> held = std::exchange(held_, {});
    for (std::size_t i = 0; i < held.size(); ++i) {
        if (held[i].begin) {
            held[i].begin();
            continue;
        }
        const Who who = naming_.make(shared_.program.routines[held[i].routine].name);
        if (!sets[i]) {
            start(held[i].routine, std::move(held[i].arguments), who);
            continue;
        }
        Island& island = islands[parts[*sets[i]] % islands.size()];
        for (const PortHandle port : held[i].ports) {
            if (handles[place_of(port)] != unknown) continue;
            const ChannelIndex number = channel_of(port);
            const Channel& channel = channels_[number];
            const auto place = static_cast<ChannelIndex>(island.channels.size());
            island.channels.push_back({channel.type, channel.out.closed, channel.in.closed});
            for (const bool out : {true, false}) {
                handles[place_of(port_of(number, out))] = port_of(place, out);
            }
            unused_.push_back(number);
        }
        island.components.push_back(
            {i, who, held[i].routine,
             renumbered(held[i].routine, std::move(held[i].arguments), handles)});
    }
    return islands;
}

void Runtime::settle(Island island) {
    std::vector<PortHandle> handles;
    for (ChannelIndex place = 0; place < island.channels.size(); ++place) {
        const Island::Channel& brought = island.channels[place];
        const Ends ends = make_channel(brought.type);
        Channel& channel = channels_[channel_of(ends.out)];
        channel.out.closed = brought.is_out_closed;
        channel.in.closed = brought.is_in_closed;
        note_ends(channel_of(ends.out));
        handles.insert(handles.end(), {ends.out, ends.in});  // as place_of() has it
    }
    for (Island::Component& each : island.components) {
        start(each.routine, renumbered(each.routine, std::move(each.arguments), handles), each.who);
    }
}

}  // namespace reowolf::runtime
