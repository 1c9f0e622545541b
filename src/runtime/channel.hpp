// SPDX-License-Identifier: MIT
// A channel as one site sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/value.hpp"
#include "program/program.hpp"
#include "rounds/forest.hpp"
#include "wire/ids.hpp"

namespace reowolf::runtime {

using ComponentIndex = std::uint32_t;
using ChannelIndex = std::uint32_t;

// A message that some behaviour of an open attempt has put. It is there until that attempt is
// over or the behaviour is discarded, so that whoever comes later can still get it.
struct Offer {
    wire::NodeRef branch;
    rounds::Depends causes;  // the branch and what led to it
    machine::Value value;
    struct Taker {
        wire::AttemptId attempt;
        wire::NodeId node;
    };
    std::vector<Taker> takers;  // the behaviours here that got it
    bool news = true;           // no attempt that only repeats an earlier one led to it
};

// The messages that were put in this round in the lane (lane.cpp) and not got yet. One has its
// place here; more are rare.
class Pending {
  public:
    std::uint32_t size() const { return size_; }
    void push(machine::Value value) {
        if (size_++ == 0) {
            first_ = std::move(value);
        } else {
            more_.push_back(std::move(value));
        }
    }
    machine::Value pop() {
        machine::Value value = std::move(first_);
        if (--size_ > 0) {
            first_ = std::move(more_[next_++]);
        }
        if (size_ <= 1) {
            more_.clear();
            next_ = 0;
        }
        return value;
    }
    void clear() {
        first_ = {};
        more_.clear();
        next_ = 0;
        size_ = 0;
    }

  private:
    machine::Value first_;
    std::uint32_t size_ = 0;
    std::uint32_t next_ = 0;  // of more_
    std::vector<machine::Value> more_;
};

struct Channel {
    static constexpr std::uint32_t no_guard = 0xFFFF'FFFF;

    struct End {
        bool here = true;
        bool closed = false;
        ComponentIndex owner = 0;        // if here
        std::uint32_t place = 0;         // of the handle among the owner's
        std::uint32_t guard = no_guard;  // the alternative of the owner's last choice that uses it
        // What its owner calls it, or the name of the port through which it got it; the program's.
        std::string_view name;
        std::string_view got_from;
        // The open attempt that uses it, and where its authority was when that was last heard.
        std::optional<wire::AttemptId> user;
        wire::SiteId holder = 0;
    };

    Pending pending;
    bool is_free = false;
    std::uint32_t generation = 0;  // how often its number was used before
    wire::ChannelId id;
    program::TypeId type = 0;
    bool carries_ports = false;
    wire::SiteId other_site = 0;  // of a channel between sites
    bool to_application = false;  // there; not to a component
    End out;
    End in;
    std::vector<std::vector<Offer>> offers;  // by index within a behaviour's sequence

    bool between_sites() const { return id.home == wire::ChannelId::between_sites; }
    End& end(bool is_out) { return is_out ? out : in; }
    const End& end(bool is_out) const { return is_out ? out : in; }
};

// About as many bytes as it takes on the wire.
std::uint64_t size_of(const machine::Value& value);

// A port handle names an end of a channel, and tells it from ends of earlier channels with the same
// number.
constexpr machine::PortHandle port_of(ChannelIndex channel, bool is_out,
                                      std::uint32_t generation = 0) {
    return (machine::PortHandle{generation} << 33) | (machine::PortHandle{channel} << 1) |
           (is_out ? 0u : 1u);
}
constexpr ChannelIndex channel_of(machine::PortHandle port) {
    return static_cast<ChannelIndex>(port >> 1);
}
constexpr bool is_out(machine::PortHandle port) {
    return port % 2 == 0;
}
constexpr std::uint32_t generation_of(machine::PortHandle port) {
    return static_cast<std::uint32_t>(port >> 33);
}

}  // namespace reowolf::runtime
