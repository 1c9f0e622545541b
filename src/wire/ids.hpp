// SPDX-License-Identifier: MIT
// The names that sites use among each other. All are plain values with a total order.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace reowolf::wire {

// Number of a process in a connector: its peer's place in the description.
using SiteId = std::uint16_t;

// No site: so the holder of an attempt is called whose owner has published it (see Final).
inline constexpr SiteId nobody = 0xFFFF;

// A component, by the site it runs at. Index 0 of every site is its application.
struct ComponentId {
    SiteId site = 0;
    std::uint32_t index = 0;

    friend auto operator<=>(const ComponentId&, const ComponentId&) = default;
};

// One execution of one sync block by one component. Numbers of a component grow and are never
// reused, so a message about an attempt that is over can always be told from one that is not.
struct AttemptId {
    ComponentId component;
    std::uint64_t number = 0;

    SiteId owner() const { return component.site; }
    friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

// A node of an attempt's tree of alternatives; 0 is the root.
using NodeId = std::uint32_t;

struct NodeRef {
    AttemptId attempt;
    NodeId node = 0;

    friend auto operator<=>(const NodeRef&, const NodeRef&) = default;
};

// A channel. Those that the description makes between sites are numbered alike everywhere (home =
// between_sites), the others by the site they live at. One of which an end leaves its site gets
// another name for good, by that site (home = exported + its number).
struct ChannelId {
    static constexpr std::uint32_t between_sites = 0xFFFF'FFFF;
    static constexpr std::uint32_t exported = 0x8000'0000;

    std::uint32_t home = between_sites;
    std::uint32_t index = 0;

    friend auto operator<=>(const ChannelId&, const ChannelId&) = default;
};

// How often a complete behaviour used a channel, and from which end.
struct Use {
    ChannelId channel;
    bool puts = false;
    std::uint32_t count = 0;

    friend auto operator<=>(const Use&, const Use&) = default;
};

// The summary of a complete behaviour: all that is needed to decide whether it fits with others.
struct Leaf {
    NodeId node = 0;
    std::vector<NodeRef> depends;  // of each other attempt the deepest, or one of several; sorted
    std::vector<Use> uses;         // counts > 0, sorted by channel
    std::vector<std::uint32_t> rank;   // smaller (lexicographically) is preferred by its owner
    std::uint32_t optional_fired = 0;  // how many optional ports of an application fire in it
    bool is_silent() const { return uses.empty(); }
};

// A round that was decided: each attempt in it with its chosen node, sorted.
using Decision = std::vector<NodeRef>;

}  // namespace reowolf::wire
