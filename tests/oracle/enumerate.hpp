// SPDX-License-Identifier: MIT
// What a small system may do next, straight from the definition of a round (docs/semantics.md) and
// by brute force. Shares nothing with the runtime.
//
// Between two choices a component is deterministic, and its channels are queues; so for one choice
// at every fork the outcome of a joint run does not depend on the order in which the components
// are run (Kahn). All rounds of a connected set of attempts are found by trying all choices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol.hpp"

namespace reowolf::oracle {

// Where a component stands: before a sync block, or at its end.
struct Position {
    bool open = true;
    std::size_t block = 0;
    std::vector<std::uint32_t> variables;
    std::vector<std::optional<Port>> kept = std::vector<std::optional<Port>>(slots_each);

    friend bool operator==(const Position&, const Position&) = default;
};

struct Positions {
    std::vector<Position> of;
    std::map<Port, std::size_t> owners;  // of every port the last

    bool is_open(const Port& port) const { return of[owners.at(port)].open; }
};

Positions beginning(const System& system);

// What each component prints in a round.
using Lines = std::map<std::size_t, std::vector<std::string>>;

struct Round {
    std::map<std::size_t, Position> after;
    std::map<Port, std::size_t> handed_over;
    Lines lines;
    bool is_silent = false;
};

struct Search {
    enum class Result { none, found, too_large };
    Result result = Result::none;
    Round round;
};

// Some round with the component's attempt that uses a port.
Search find_round(const System& system, const Positions& positions, std::size_t component);
// The round of exactly these components, in which they print exactly these lines.
Search find_round(const System& system, const Positions& positions, const Lines& lines);
// Whether the attempt can be a round alone without using a port.
bool may_be_silent(const System& system, const Positions& positions, std::size_t component);

// What becomes of an attempt that no round comes for any more. Silent behaviours do not count.
// Where a behaviour has put on a port that was closed later, it depends on what came first whether
// that or something further on was its end: then it may fail and need not.
enum class Fate { alive, stuck, ends, fails };
Fate fate(const System& system, const Positions& positions, std::size_t component, bool has_failed);

}  // namespace reowolf::oracle
