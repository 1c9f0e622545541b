// SPDX-License-Identifier: MIT
// Steps of applications with one behaviour each, over simulated sites: they need no general way,
// and take it in the middle when something else happens.
#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "exchange.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::int64_t patience_ms = 60'000;

class Steps {
  public:
    Steps(std::size_t peers, std::uint64_t seed)
        : random_(seed), cluster_(exchange_texts(Exchange::forwarders, peers, 1), seed, {1, 20}) {}

    simulation::Cluster& cluster() { return cluster_; }
    Random& random() { return random_; }

    void call(std::size_t site, std::int64_t timeout_ms = -1, bool may_take = false) {
        cluster_.sync(site,
                      {cluster_.put(site, "give", next_ * 100 + site),
                       may_take ? cluster_.opt(site, "take") : cluster_.get(site, "take")},
                      timeout_ms);
    }
    bool finish() {
        ++next_;
        return cluster_.run_until(
            [&] {
                for (std::size_t site = 0; site < cluster_.size(); ++site) {
                    if (cluster_.is_syncing(site)) return false;
                }
                return true;
            },
            patience_ms);
    }
    // All have taken what the next one gave in the step that ended last.
    void expect_values() {
        for (std::size_t site = 0; site < cluster_.size(); ++site) {
            ASSERT_TRUE(cluster_.calls(site).back().has_succeeded());
            EXPECT_EQ(cluster_.received(site, "take"),
                      (next_ - 1) * 100 + (site + 1) % cluster_.size());
        }
    }
    std::uint64_t in_lane(std::size_t site) const {
        return cluster_.member(site).runtime().counters().rounds_in_lane;
    }

  private:
    Random random_;
    simulation::Cluster cluster_;
    std::uint64_t next_ = 1;
};

TEST(Steps, OfOneBehaviourStayInTheLane) {
    constexpr std::uint64_t steps = 20;
    for (std::size_t peers = 2; peers <= 8; ++peers) {
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            SCOPED_TRACE(fmt::format("{} peers, seed {}", peers, seed));
            Steps all(peers, seed);
            ASSERT_TRUE(all.cluster().connect_all());
            for (std::uint64_t i = 0; i < steps; ++i) {
                for (std::size_t site = 0; site < peers; ++site) {
                    all.call(site);
                    all.cluster().run_for(static_cast<std::int64_t>(all.random().below(30)));
                }
                ASSERT_TRUE(all.finish());
                all.expect_values();
            }
            for (std::size_t site = 0; site < peers; ++site) {
                EXPECT_EQ(all.in_lane(site), steps) << site;
            }
        }
    }
}

// Somebody has published in the lane, and somebody else has another behaviour, or does not come.
TEST(Steps, LeaveTheLaneWhenSomethingElseHappens) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        const std::size_t peers = 2 + seed % 3;
        Steps all(peers, seed);
        ASSERT_TRUE(all.cluster().connect_all());
        for (int step = 0; step < 20; ++step) {
            const std::size_t other = all.random().below(peers);
            const bool is_late = all.random().chance(15);
            const bool may_take = all.random().chance(25);
            for (std::size_t site = 0; site < peers; ++site) {
                if (site == other && is_late) continue;
                all.call(site, is_late ? 100 : -1, site == other && may_take);
                all.cluster().run_for(static_cast<std::int64_t>(all.random().below(30)));
            }
            if (is_late) {
                all.cluster().run_for(300);
                all.call(other, 100);
            }
            ASSERT_TRUE(all.finish()) << step;
            if (is_late) {
                for (std::size_t site = 0; site < peers; ++site) {
                    EXPECT_FALSE(all.cluster().calls(site).back().has_succeeded());
                }
            } else {
                all.expect_values();
            }
        }
    }
}

// The link over which a value should come is cut. When somebody else is lost, the others are asked
// how the step has ended: with the answer comes the value, long before the cut is known to be one.
TEST(Steps, EndWithValuesThatOthersHaveKept) {
    constexpr std::size_t peers = 4;
    constexpr std::size_t taker = 0;
    constexpr std::size_t giver = 1;
    constexpr std::size_t witness = 2;
    constexpr std::size_t lost = 3;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Steps all(peers, seed);
        ASSERT_TRUE(all.cluster().connect_all());
        for (std::size_t site = 0; site < peers; ++site) all.call(site);
        ASSERT_TRUE(all.finish());

        all.cluster().cut(taker, giver);
        for (std::size_t site = 0; site < peers; ++site) all.call(site);
        ASSERT_TRUE(all.cluster().run_until(
            [&] { return !all.cluster().is_syncing(witness) && !all.cluster().is_syncing(lost); },
            patience_ms));
        all.cluster().kill(lost);
        ASSERT_TRUE(all.finish());
        all.expect_values();
    }
}

}  // namespace
}  // namespace reowolf::oracle
