// SPDX-License-Identifier: MIT
// A system on one runtime in this thread, judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::oracle {

struct Verdict {
    std::optional<std::string> problem;
    bool is_too_large = false;  // the oracle gave up
    bool came_to_rest = false;
    std::uint64_t rounds = 0;
    std::uint64_t silent_rounds = 0;
    std::uint64_t failures = 0;
    std::uint64_t lane_returns = 0;
    std::uint64_t ports_handed_over = 0;
};

// Which components are native ones (twin.hpp): those that can be, as a coin falls.
enum class Twins { none, some };

// At most so many rounds: a system may go on for ever. The seed is of choices that are left to
// chance.
Verdict run_locally(const System& system, std::uint64_t rounds_max,
                    runtime::Runtime::Lane lane = runtime::Runtime::Lane::open,
                    std::uint64_t seed = 0, Twins twins = Twins::none);

}  // namespace reowolf::oracle
