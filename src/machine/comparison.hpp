// SPDX-License-Identifier: MIT
// Whether two states have the same future: the same place and the same data in every frame, as far
// as it can still be read. What a discarded past left behind in a slot does not count.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "machine/machine.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// Remembers what it found out about places in the code. For one thread at a time.
class StateComparison {
  public:
    explicit StateComparison(const program::Program& program) : program_(&program) {}

    // Two states of this program.
    bool same(const State& a, const State& b);

  private:
    struct LiveSlots {
        std::vector<std::uint32_t> words;
        std::vector<std::uint32_t> references;
    };
    struct Place {
        program::RoutineId routine;
        std::uint32_t pc;
        bool under_way;

        friend auto operator<=>(const Place&, const Place&) = default;
    };
    const LiveSlots& live_at(Place place);

    const program::Program* program_;
    std::map<Place, LiveSlots> live_;
};

}  // namespace reowolf::machine
