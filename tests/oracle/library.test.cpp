// SPDX-License-Identifier: MIT
// The components of std.reo do what their rules say, compared with the definition of a round.
#include "library.hpp"

#include <gtest/gtest.h>

#include "local.hpp"
#include "options.hpp"

namespace reowolf::oracle {
namespace {

using Lane = runtime::Runtime::Lane;

constexpr std::uint64_t seeds_usual = 150;
constexpr std::uint64_t rounds_max = 40;

class Library : public testing::TestWithParam<LibraryComponent> {};

TEST_P(Library, FollowsItsRule) {
    const LibraryComponent& component = GetParam();
    const Options options;
    const std::uint64_t seeds = Options::seeds(seeds_usual);
    std::uint64_t rounds = 0;
    std::uint64_t too_large = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        const System system = around(component, seed);
        // The runtime has two ways to a round, and a mixture of both.
        constexpr Lane ways[] = {Lane::open, Lane::closed, Lane::at_random};
        const Verdict verdict = run_locally(system, rounds_max, ways[seed % 3], seed);
        ASSERT_FALSE(verdict.problem) << "seed " << seed << ": " << *verdict.problem << "\n"
                                      << to_text(system);
        rounds += verdict.rounds - verdict.silent_rounds;
        too_large += verdict.is_too_large ? 1 : 0;
    }
    // That the systems are worth running.
    EXPECT_GT(rounds, seeds / 10);
    EXPECT_LT(too_large, seeds / 20 + 1);
}

INSTANTIATE_TEST_SUITE_P(Reo, Library, testing::ValuesIn(library()), [](const auto& one) {
    std::string name;
    for (const char c : one.param.name) {
        if (c == '(') name += "_of_";
        if (c != '(' && c != ')') name += c;
    }
    return name;
});

}  // namespace
}  // namespace reowolf::oracle
