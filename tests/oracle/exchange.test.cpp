// SPDX-License-Identifier: MIT
// Applications over simulated sites, with and without peers that fall out.
#include "exchange.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "options.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::uint64_t seeds_usual = 150;

void run_all(bool with_fault) {
    const Options options;
    const std::uint64_t seeds = Options::seeds(seeds_usual);
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        ExchangeRun run({.kind = static_cast<Exchange>(seed % exchange_kinds),
                         .peers = 3 + seed / exchange_kinds % 2,
                         .seed = seed,
                         .faults_max = with_fault ? 1u : 0u});
        const auto problem = run.run();
        ASSERT_FALSE(problem) << "seed " << seed << ": " << *problem;
        succeeded += run.succeeded();
        failed += run.failed();
    }
    fmt::print("{} runs: {} calls succeeded, {} failed\n", seeds, succeeded, failed);
    if (seeds < 100) return;
    EXPECT_GT(succeeded, seeds * 3);
    EXPECT_GT(failed, seeds);
}

TEST(Exchange, AllOrNothing) {
    run_all(false);
}
TEST(Exchange, AllOrNothingWhilePeersFallOut) {
    run_all(true);
}

}  // namespace
}  // namespace reowolf::oracle
