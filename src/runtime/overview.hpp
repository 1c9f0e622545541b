// SPDX-License-Identifier: MIT
// What a runtime is doing, for whoever looks at it from outside.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"

namespace reowolf::runtime {

// What a component is doing.
enum class Doing : std::uint8_t {
    running,    // its code runs, or will as soon as it is its turn
    waiting,    // for others, in a sync block
    exploring,  // alternatives, in a sync block
    outside,    // waiting for the time, for input or for a socket
    stuck,      // in no round any more, as was reported
};
constexpr std::array<std::string_view, 5> doing_names{"running", "waiting", "exploring", "outside",
                                                      "stuck"};

struct Overview {
    struct Line {
        std::string name;
        Doing doing = Doing::running;
        Span where;  // where it is in its code, or its sync block begins
        std::uint64_t rounds = 0;
        std::uint32_t behaviours = 0;        // alive, if it explores any
        std::vector<std::string> waits_for;  // "waits for a message at port 'a' from 'worker'"
    };

    std::vector<std::size_t> doing;  // how many there are, by what they do
    std::vector<Line> lines;
};

}  // namespace reowolf::runtime
