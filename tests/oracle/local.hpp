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
    std::uint64_t errands = 0;  // that simulated workers ended, and
    std::uint64_t errands_taken_back = 0;
};

// Which components are native ones (twin.hpp): those that can be, as a coin falls.
enum class Twins { none, some };

// Who runs components that compute for long, which in such a run is for some instructions: nobody
// else, workers in the same thread that come and go as the seed says, or threads.
enum class Helpers { none, simulated, threads };

// At most so many rounds: a system may go on for ever. The seed is of choices that are left to
// chance.
Verdict run_locally(const System& system, std::uint64_t rounds_max,
                    runtime::Runtime::Lane lane = runtime::Runtime::Lane::open,
                    std::uint64_t seed = 0, Twins twins = Twins::none,
                    Helpers helpers = Helpers::none);

}  // namespace reowolf::oracle
