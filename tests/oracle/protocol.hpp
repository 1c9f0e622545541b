// SPDX-License-Identifier: MIT
// Small closed systems: components that synchronise over channels among themselves and with nobody
// else. What is generated, enumerated, printed as PDL and run.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reowolf::oracle {

inline constexpr std::size_t variables_each = 3;
// Where a component keeps ports that it was given: an out port in the first, an in port in the
// second.
inline constexpr std::size_t slots_each = 2;
constexpr std::size_t slot_for(bool is_out) {
    return is_out ? 0 : 1;
}

// A constant, or a variable plus a constant.
struct Operand {
    std::optional<std::size_t> variable;
    std::uint32_t constant = 0;
};

enum class Comparison { equal, unequal, less };

// The end of a channel.
struct Port {
    std::size_t channel = 0;
    bool is_out = false;
    friend auto operator<=>(const Port&, const Port&) = default;
};

// What a component calls a port: by the name that it had from the beginning, or as that which it
// keeps.
struct PortName {
    Port port;
    bool kept = false;  // only the direction counts then
};

struct Statement {
    enum class Kind {
        put,         // operand, or `gives`, → port
        get,         // port → variable, or to be kept
        fork,        // one of the bodies
        select,      // the same; each begins with one or two gets
        fires,       // bodies[0] if the port is used in the block, else bodies[1]
        assertion,   // variable comparison operand
        division,    // variable += 6 / operand: a run-time error if that is 0
        repetition,  // bodies[0], `count` times
        label,       // prints which alternative this is
        assignment,  // operand → variable
    };
    Kind kind = Kind::label;
    PortName port = {};
    std::optional<PortName> gives = {};  // of a put into a channel that carries ports
    std::size_t variable = 0;
    Operand operand = {};
    Comparison comparison = Comparison::equal;
    std::uint32_t count = 0;
    std::uint32_t label = 0;
    std::vector<std::vector<Statement>> bodies = {};
};
using Body = std::vector<Statement>;

// Runs its blocks in order, from `loops_from` on for ever.
struct Primitive {
    std::vector<Body> blocks;
    std::optional<std::size_t> loops_from;
    // What is started in its place, and prints nothing: "reo::fifo1(i0, o1)", whose rule the blocks
    // are. At most one of a system.
    std::string stands_for;
};

struct Channel {
    enum class Carries { wide, narrow, boxed, optional, truth, out_port, in_port };

    std::size_t from = 0;  // primitives
    std::size_t to = 0;
    // A u32 in one shape or another, if it is narrow a u8, if a truth whether it is not 0; or a
    // port of a channel of wide ones.
    Carries carries = Carries::wide;
    std::size_t wrapping = 0;  // in what a port travels

    bool carries_ports() const {
        return carries == Carries::out_port || carries == Carries::in_port;
    }
};
inline constexpr std::size_t wrappings = 5;

struct System {
    std::vector<Channel> channels;
    std::vector<Primitive> primitives;

    bool has_ports_in_messages() const {
        return std::ranges::any_of(channels, &Channel::carries_ports);
    }
};

// The one that stands for another, if there is one.
std::optional<std::size_t> unseen(const System& system);

// Gives every alternative a label of its own, so that the lines that a behaviour prints say which
// way it went.
void number_labels(System& system);

// What the component prints when it takes the alternative, and at the end of a block.
std::string label_line(std::size_t component, std::uint32_t label);
std::string end_line(std::size_t component, std::size_t block,
                     const std::vector<std::uint32_t>& variables);
// Whose line it is.
std::optional<std::size_t> component_of(std::string_view line);

// As PDL with a composite `main`.
std::string to_text(const System& system);
// As the description of a connector with the peers s0, s1, …; component i is placed at peer
// placement[i]. The text of peer `self`.
std::string to_text(const System& system, const std::vector<std::size_t>& placement,
                    std::size_t peers, std::size_t self);

}  // namespace reowolf::oracle
