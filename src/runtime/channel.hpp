// SPDX-License-Identifier: MIT
// A channel as one site sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
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

struct Channel {
    struct End {
        bool here = true;
        bool closed = false;
        ComponentIndex owner = 0;  // if here
        // What its owner calls it, or the name of the port through which it got it; the program's.
        std::string_view name;
        std::string_view got_from;
        // The open attempt that uses it, and where its authority was when that was last heard.
        std::optional<wire::AttemptId> user;
        wire::SiteId holder = 0;
    };

    wire::ChannelId id;
    program::TypeId type = 0;
    bool carries_ports = false;
    wire::SiteId other_site = 0;  // of a channel between sites
    End out;
    End in;
    std::vector<std::vector<Offer>> offers;  // by index within a behaviour's sequence

    bool between_sites() const { return id.home == wire::ChannelId::between_sites; }
    End& end(bool is_out) { return is_out ? out : in; }
    const End& end(bool is_out) const { return is_out ? out : in; }
};

// A port handle names an end of a channel.
constexpr machine::PortHandle port_of(ChannelIndex channel, bool is_out) {
    return machine::PortHandle{channel} * 2 + (is_out ? 0 : 1);
}
constexpr ChannelIndex channel_of(machine::PortHandle port) {
    return static_cast<ChannelIndex>(port / 2);
}
constexpr bool is_out(machine::PortHandle port) {
    return port % 2 == 0;
}

}  // namespace reowolf::runtime
