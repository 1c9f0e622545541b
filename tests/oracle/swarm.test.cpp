// SPDX-License-Identifier: MIT
// Thousands of connectors of two to nine peers on which everything happens: delays, links that
// break, peers that fall silent for a while or for good, peers that are killed. At every moment
// nobody contradicts anybody, and in the end every call has its result.
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "exchange.hpp"
#include "options.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::uint64_t shards = 4;
constexpr std::uint64_t seeds_usual = 5'000;

ExchangeRun::Plan plan_of(std::uint64_t seed) {
    Random random(seed ^ 0x53A2);
    ExchangeRun::Plan plan;
    plan.kind = static_cast<Exchange>(random.below(exchange_kinds));
    // Small ones are quick, and find most.
    plan.peers = random.chance(70) ? 2 + random.below(3) : 5 + random.below(5);
    plan.seed = seed;
    plan.faults_max = random.chance(30) ? 0 : 1 + random.below(3);
    plan.calls_each = 4;
    plan.may_be_optional = random.chance(50);
    return plan;
}

class Swarm : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Swarm, NeverContradictsItself) {
    const Options options;
    const std::uint64_t seeds = Options::seeds(seeds_usual);
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t runs = 0;
    for (std::uint64_t i = GetParam(); i < seeds; i += shards, ++runs) {
        const std::uint64_t seed = options.first_seed + i;
        ExchangeRun run(plan_of(seed));
        const auto problem = run.run();
        ASSERT_FALSE(problem) << *problem << "\nto see it again: ORACLE_FIRST_SEED=" << seed
                              << " ORACLE_SEEDS=1 oracle_test --gtest_filter='*Swarm*/0'";
        succeeded += run.succeeded();
        failed += run.failed();
    }
    fmt::print("{} runs: {} calls succeeded, {} failed\n", runs, succeeded, failed);
    if (runs < 100) return;
    EXPECT_GT(succeeded, runs);
    EXPECT_GT(failed, runs / 2);
}

INSTANTIATE_TEST_SUITE_P(All, Swarm, testing::Range<std::uint64_t>(0, shards));

}  // namespace
}  // namespace reowolf::oracle
