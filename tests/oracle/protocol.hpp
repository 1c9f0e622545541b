// SPDX-License-Identifier: MIT
// Small closed systems: components that synchronise over channels among themselves and with nobody
// else. What is generated, enumerated, printed as PDL and run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reowolf::oracle {

inline constexpr std::size_t variables_each = 3;

// A constant, or a variable plus a constant.
struct Operand {
    std::optional<std::size_t> variable;
    std::uint32_t constant = 0;
};

enum class Comparison { equal, unequal, less };

struct Statement {
    enum class Kind {
        put,         // operand → channel
        get,         // channel → variable
        fork,        // one of the bodies
        fires,       // bodies[0] if this end of the channel is used in the block, else bodies[1]
        assertion,   // variable comparison operand
        division,    // variable += 6 / operand: a run-time error if that is 0
        repetition,  // bodies[0], `count` times
        label,       // prints which alternative this is
    };
    Kind kind = Kind::label;
    std::size_t channel = 0;
    bool puts = false;  // of `fires`: which end of the channel
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
};

struct Channel {
    std::size_t from = 0;  // primitives
    std::size_t to = 0;
    bool narrow = false;  // of u8; else u32
};

struct System {
    std::vector<Channel> channels;
    std::vector<Primitive> primitives;
};

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
