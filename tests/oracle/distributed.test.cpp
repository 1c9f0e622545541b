// SPDX-License-Identifier: MIT
// Random systems spread over simulated sites, compared with the definition of a round.
#include "distributed.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "generate.hpp"
#include "options.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::uint64_t seeds_usual = 500;
constexpr std::uint64_t seeds_with_workers = 250;
constexpr std::uint64_t rounds_max = 60;

// The components that are left keep their sites; those emptied by shrinking do not matter.
void check_seeds(std::uint64_t seeds, Helpers helpers) {
    const Options options;
    std::uint64_t rounds = 0;
    std::uint64_t with_rounds = 0;
    std::uint64_t at_rest = 0;
    std::uint64_t handed_over = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        const System system = generate(seed);
        const Spread over = spread(system, seed, options.sites);
        const Verdict verdict = run_distributed(system, over, rounds_max, helpers);
        if (verdict.problem) {
            const System smaller = shrink(system, [&](const System& candidate) {
                return run_distributed(candidate, over, rounds_max, helpers).problem.has_value();
            });
            ADD_FAILURE()
                << "seed " << seed << ": " << *verdict.problem << "\nmade smaller: "
                << run_distributed(smaller, over, rounds_max, helpers).problem.value_or("") << "\n"
                << to_text(smaller, over.placement, over.sites, 0);
            return;
        }
        rounds += verdict.rounds;
        with_rounds += verdict.rounds > verdict.silent_rounds ? 1 : 0;
        at_rest += verdict.came_to_rest ? 1 : 0;
        handed_over += verdict.ports_handed_over;
    }
    fmt::print(
        "{} systems over sites: {} rounds, {} systems with rounds of several, {} came to "
        "rest, {} ports handed over\n",
        seeds, rounds, with_rounds, at_rest, handed_over);
    if (seeds < 200) return;
    EXPECT_GT(with_rounds, seeds / 3);
    EXPECT_GT(at_rest, seeds / 3);
    EXPECT_GT(handed_over, seeds / 20);
}

TEST(Oracle, SitesDecideRoundsToo) {
    check_seeds(Options::seeds(seeds_usual), Helpers::none);
}

// Whose components are taken by workers in the middle of whatever they do.
TEST(Oracle, SitesWithWorkersDecideRoundsToo) {
    check_seeds(Options::seeds(seeds_with_workers), Helpers::simulated);
}

}  // namespace
}  // namespace reowolf::oracle
