// SPDX-License-Identifier: MIT
// Random systems on one runtime, compared with the definition of a round.
#include "local.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "generate.hpp"
#include "options.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::uint64_t seeds_usual = 2'000;
constexpr std::uint64_t rounds_max = 60;

TEST(Oracle, EveryRoundIsOneAndNoneIsMissed) {
    const Options options;
    const std::uint64_t seeds = Options::seeds(seeds_usual);
    std::uint64_t rounds = 0;
    std::uint64_t silent_rounds = 0;
    std::uint64_t with_rounds = 0;
    std::uint64_t at_rest = 0;
    std::uint64_t failures = 0;
    std::uint64_t too_large = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        const System system = generate(seed);
        const Verdict verdict = run_locally(system, rounds_max);
        if (verdict.problem) {
            const System smaller = shrink(system, [](const System& candidate) {
                return run_locally(candidate, rounds_max).problem.has_value();
            });
            ADD_FAILURE() << "seed " << seed << ": " << *verdict.problem << "\nmade smaller: "
                          << run_locally(smaller, rounds_max).problem.value_or("") << "\n"
                          << to_text(smaller);
            return;
        }
        rounds += verdict.rounds;
        silent_rounds += verdict.silent_rounds;
        with_rounds += verdict.rounds > verdict.silent_rounds ? 1 : 0;
        at_rest += verdict.came_to_rest ? 1 : 0;
        failures += verdict.failures;
        too_large += verdict.is_too_large ? 1 : 0;
    }
    fmt::print(
        "{} systems: {} rounds, {} of them silent; {} systems with rounds of several, {} "
        "came to rest, {} components failed, {} systems too large\n",
        seeds, rounds, silent_rounds, with_rounds, at_rest, failures, too_large);
    // That the systems are worth running.
    if (seeds < 500) return;
    EXPECT_GT(with_rounds, seeds / 3);
    EXPECT_GT(at_rest - with_rounds / 2, seeds / 10);
    EXPECT_GT(silent_rounds, seeds / 20);
    EXPECT_GT(failures, seeds / 50);
    EXPECT_LT(too_large, seeds / 50);
}

}  // namespace
}  // namespace reowolf::oracle
