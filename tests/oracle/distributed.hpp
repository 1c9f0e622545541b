// SPDX-License-Identifier: MIT
// A system spread over simulated sites, judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "local.hpp"
#include "protocol.hpp"

namespace reowolf::oracle {

struct Spread {
    std::vector<std::size_t> placement;  // of each component
    std::size_t sites = 2;
    std::uint64_t seed = 0;  // of the delays
};

// A random spread of the system over two to `sites_max` sites.
Spread spread(const System& system, std::uint64_t seed, std::size_t sites_max);

Verdict run_distributed(const System& system, const Spread& spread, std::uint64_t rounds_max,
                        Helpers helpers = Helpers::none);

}  // namespace reowolf::oracle
