// SPDX-License-Identifier: MIT
// The end of a protocol, as those find out who had no part in its last round.
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

using connector::Class;
using connector::Fault;

constexpr std::int64_t delay_ms = 10;
constexpr std::int64_t patience_ms = 60'000;
constexpr std::size_t stepping = 2;  // the first peers; the others are logical
constexpr std::size_t giver = 2;
constexpr std::size_t taker = 3;

// Of those who give, one is taken from; that is all.
std::vector<std::string> texts(std::size_t place) {
    std::vector<std::string> all;
    for (std::size_t self = 0; self <= taker; ++self) {
        std::string text = fmt::format("self s{};\nconnector once {{\n", self);
        for (std::size_t peer = 0; peer <= taker; ++peer) {
            text += fmt::format("    peer s{0} = \"s{0}:7000\" {{ {1} }}\n", peer,
                                peer == taker ? "out<u32> take;" : "in<u32> give;");
        }
        all.push_back(text +
                      fmt::format("    new one(s0.give, s1.give, s2.give, s3.take) at s{};\n"
                                  "}}\n",
                                  place) +
                      "primitive one(in<u32> a, in<u32> b, in<u32> c, out<u32> d) {\n"
                      "    sync { fork put(d, get(a)); or put(d, get(b)); or put(d, get(c)); }\n"
                      "}\n");
    }
    return all;
}

// The component is at each of the peers in turn, and each of those who step finds out.
class Expiry : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
  protected:
    Expiry()
        : cluster_(texts(std::get<0>(GetParam())), 1, {.min_ms = delay_ms, .max_ms = delay_ms}),
          finder_(std::get<1>(GetParam())) {
        for (std::size_t site = stepping; site <= taker; ++site) {
            cluster_.set_class(site, Class::logical);
        }
    }

    bool run_until_ended(const std::vector<std::size_t>& sites) {
        return cluster_.run_until(
            [&] {
                return std::ranges::none_of(
                    sites, [&](std::size_t site) { return cluster_.is_syncing(site); });
            },
            patience_ms);
    }

    // Those who step have no part in the last round, and do not hear of it.
    void expire() {
        ASSERT_TRUE(cluster_.connect_all()) << cluster_.problem().value_or("");
        cluster_.sync(giver, {cluster_.offer(giver, "give", 1)}, -1);
        cluster_.sync(taker, {cluster_.opt(taker, "take")}, -1);
        ASSERT_TRUE(run_until_ended({giver, taker}));
        ASSERT_TRUE(cluster_.calls(taker).back().has_succeeded());
        ASSERT_TRUE((*cluster_.calls(taker).back().result)->is_expired);
    }

    simulation::Cluster cluster_;
    std::size_t finder_;
};

// Not everybody who is needed has arrived in the next protocol, so nothing is impossible.
TEST_P(Expiry, IsNoFailureOfThoseWhoStepWithWhoFindsOut) {
    ASSERT_NO_FATAL_FAILURE(expire());
    cluster_.sync(finder_, {cluster_.put(finder_, "give", 2)}, patience_ms);
    cluster_.sync(1 - finder_, {}, patience_ms);
    cluster_.run_for(patience_ms / 10);
    for (std::size_t site = 0; site < stepping; ++site) {
        ASSERT_TRUE(cluster_.is_syncing(site))
            << site << ": " << cluster_.calls(site).back().result->error().text;
    }
    cluster_.sync(taker, {cluster_.opt(taker, "take")}, patience_ms);
    ASSERT_TRUE(run_until_ended({0, 1, taker}));
    for (const std::size_t site : {std::size_t{0}, std::size_t{1}, taker}) {
        EXPECT_TRUE(cluster_.calls(site).back().has_succeeded()) << site;
    }
    EXPECT_EQ(cluster_.received(taker, "take"), 2u);
}

// Who waits for nobody does not wait for the next protocol either. If it is part of a step that it
// gives up, that fails for all.
TEST_P(Expiry, IsTooLateForWhoTriesOnce) {
    ASSERT_NO_FATAL_FAILURE(expire());
    const std::size_t other = 1 - finder_;
    cluster_.sync(finder_, {cluster_.put(finder_, "give", 2)}, -1);
    cluster_.sync(other, {}, 0);
    ASSERT_TRUE(run_until_ended({other}));
    EXPECT_TRUE(cluster_.calls(other).back().has_failed_with(Fault::timed_out));
}

// Whoever was in the last round asks the others whether anybody is left. Some answer before they
// know of the round, one only when somebody else has found out that nobody is left, and has told.
TEST(Expiring, IsNotForgottenBecauseOfOldAnswers) {
    constexpr std::uint64_t seeds = 150;
    constexpr std::size_t asking = 1;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        simulation::Cluster cluster(texts(taker), seed, {.min_ms = 1, .max_ms = 10});
        for (const std::size_t site : {0, 2}) cluster.set_class(site, Class::logical);
        ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
        cluster.sync(0, {cluster.offer(0, "give", 1)}, -1);
        cluster.sync(2, {cluster.offer(2, "give", 2)}, -1);
        cluster.sync(asking, {}, -1);
        cluster.sync(taker, {cluster.get(taker, "take")}, -1);
        const auto knows = [&](const simulation::Committed& one) { return one.site == asking; };
        ASSERT_TRUE(cluster.run_until(
            [&] { return std::ranges::any_of(cluster.committed(), knows); }, patience_ms));
        cluster.cut(asking, 2);
        cluster.run_until([&] { return !cluster.is_syncing(0); }, patience_ms / 60);
        if (!cluster.is_syncing(0)) cluster.sync(0, {cluster.offer(0, "give", 3)}, -1);
        cluster.run_for(patience_ms / 60);
        cluster.heal();
        cluster.run_for(patience_ms / 10);
        ASSERT_TRUE(cluster.calls(asking).back().has_succeeded());
        EXPECT_TRUE(cluster.member(asking).may_propose());
    }
}

INSTANTIATE_TEST_SUITE_P(All, Expiry,
                         testing::Combine(testing::Range(std::size_t{0}, taker + 1),
                                          testing::Range(std::size_t{0}, stepping)));

}  // namespace
}  // namespace reowolf::oracle
