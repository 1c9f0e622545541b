// SPDX-License-Identifier: MIT
// Random systems on one runtime, compared with the definition of a round.
#include "local.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "generate.hpp"
#include "options.hpp"

namespace reowolf::oracle {
namespace {

using Lane = runtime::Runtime::Lane;

constexpr std::uint64_t seeds_usual = 2'000;
constexpr std::uint64_t seeds_with_threads = 300;
constexpr std::uint64_t rounds_max = 60;

struct Way {
    Lane lane;
    Twins twins;
    Helpers helpers;
};
class Oracle : public testing::TestWithParam<Way> {};

// The same systems in the lane as far as it goes, in the general way alone, and in a mixture of
// both; in PDL alone, and with native components among others; by one worker, and with others that
// take components from it in the middle of whatever they do.
TEST_P(Oracle, EveryRoundIsOneAndNoneIsMissed) {
    const Options options;
    const std::uint64_t seeds =
        Options::seeds(GetParam().helpers == Helpers::threads ? seeds_with_threads : seeds_usual);
    Verdict sum;
    std::uint64_t with_rounds = 0;
    std::uint64_t at_rest = 0;
    std::uint64_t too_large = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        const System system = generate(seed);
        const auto run = [&](const System& some) {
            return run_locally(some, rounds_max, GetParam().lane, seed, GetParam().twins,
                               GetParam().helpers);
        };
        const Verdict verdict = run(system);
        if (verdict.problem) {
            const System smaller = shrink(system, [&](const System& candidate) {
                return run(candidate).problem.has_value();
            });
            ADD_FAILURE() << "seed " << seed << ": " << *verdict.problem
                          << "\nmade smaller: " << run(smaller).problem.value_or("") << "\n"
                          << to_text(smaller);
            return;
        }
        sum.rounds += verdict.rounds;
        sum.silent_rounds += verdict.silent_rounds;
        sum.failures += verdict.failures;
        sum.ports_handed_over += verdict.ports_handed_over;
        sum.lane_returns += verdict.lane_returns;
        sum.errands += verdict.errands;
        sum.errands_taken_back += verdict.errands_taken_back;
        with_rounds += verdict.rounds > verdict.silent_rounds ? 1 : 0;
        at_rest += verdict.came_to_rest ? 1 : 0;
        too_large += verdict.is_too_large ? 1 : 0;
    }
    fmt::print(
        "{} systems: {} rounds, {} of them silent; {} systems with rounds of several, {} "
        "came to rest, {} components failed, {} regions left the lane, {} ports handed over, {} "
        "systems too large\n",
        seeds, sum.rounds, sum.silent_rounds, with_rounds, at_rest, sum.failures, sum.lane_returns,
        sum.ports_handed_over, too_large);
    // That the systems are worth running.
    if (seeds < 500) return;
    if (GetParam().helpers == Helpers::simulated) {
        EXPECT_GT(sum.errands, seeds * 5);
        EXPECT_GT(sum.errands_taken_back, 0u);
    }
    EXPECT_GT(with_rounds, seeds / 3);
    EXPECT_GT(at_rest - with_rounds / 2, seeds / 10);
    EXPECT_GT(sum.silent_rounds, seeds / 20);
    EXPECT_GT(sum.failures, seeds / 50);
    EXPECT_GT(sum.ports_handed_over, seeds / 15);
    EXPECT_LT(too_large, seeds / 50);
    if (GetParam().lane == Lane::closed) {
        EXPECT_EQ(sum.lane_returns, 0u);
    } else {
        EXPECT_GT(sum.lane_returns, seeds / 2);
    }
}

INSTANTIATE_TEST_SUITE_P(Lanes, Oracle,
                         testing::Values(Way{Lane::open, Twins::none, Helpers::none},
                                         Way{Lane::closed, Twins::none, Helpers::none},
                                         Way{Lane::at_random, Twins::none, Helpers::none},
                                         Way{Lane::open, Twins::some, Helpers::none},
                                         Way{Lane::closed, Twins::some, Helpers::none},
                                         Way{Lane::at_random, Twins::some, Helpers::none},
                                         Way{Lane::open, Twins::none, Helpers::simulated},
                                         Way{Lane::closed, Twins::none, Helpers::simulated},
                                         Way{Lane::at_random, Twins::some, Helpers::simulated},
                                         Way{Lane::open, Twins::none, Helpers::threads},
                                         Way{Lane::closed, Twins::none, Helpers::threads},
                                         Way{Lane::at_random, Twins::some, Helpers::threads}),
                         [](const testing::TestParamInfo<Way>& way) {
                             std::string name = way.param.lane == Lane::open     ? "open"
                                                : way.param.lane == Lane::closed ? "closed"
                                                                                 : "mixed";
                             if (way.param.twins == Twins::some) name += "WithNativeOnes";
                             if (way.param.helpers == Helpers::simulated) name += "WithWorkers";
                             if (way.param.helpers == Helpers::threads) name += "WithThreads";
                             return name;
                         });

}  // namespace
}  // namespace reowolf::oracle
