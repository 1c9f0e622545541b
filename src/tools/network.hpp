// SPDX-License-Identifier: MIT
// What a composite or a connector builds, for pictures: it is run until its structure stands.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/span.hpp"
#include "machine/machine.hpp"
#include "program/program.hpp"

namespace reowolf::tools {

struct Network {
    // A component that synchronises, a port on the boundary, or the end of a channel that nobody
    // has taken.
    struct Node {
        enum class Kind { component, port, nobody };
        Kind kind = Kind::component;
        std::string name;
        std::vector<std::string> values;  // its arguments that are no ports, as literals
        std::vector<std::string> in_ports;
        std::vector<std::string> out_ports;
        std::optional<std::uint32_t> group;
    };
    // A composite's parts, or what lies at a peer.
    struct Group {
        std::string name;
        bool is_peer = false;
        std::optional<std::uint32_t> group;  // around it
    };
    struct End {
        std::uint32_t node = 0;
        std::optional<std::uint32_t> port;  // of a component: index into its in or out ports
    };
    struct Channel {
        std::string type;
        End from;
        End to;
    };

    std::string name;
    std::vector<Node> nodes;
    std::vector<Group> groups;
    std::vector<Channel> channels;
};

struct NetworkError {
    std::string message;
    Span where;
};

// Of a component with these arguments; its ports are open, and their values numbers from 0.
std::expected<Network, NetworkError> network_of(const program::Program& program,
                                                program::RoutineId component,
                                                std::vector<machine::Value> arguments,
                                                const Limits& limits);
// Of the program's connector, which it must have.
std::expected<Network, NetworkError> network_of(const program::Program& program,
                                                const Limits& limits);

}  // namespace reowolf::tools
