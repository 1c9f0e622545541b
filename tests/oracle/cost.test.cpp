// SPDX-License-Identifier: MIT
// What a round costs in frames and one-way delays, over a simulated network.
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "exchange.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::int64_t delay_ms = 100;

struct Cost {
    std::uint64_t frames = 0;    // on the network
    std::uint64_t messages = 0;  // of them about the round; the others ask whether it is impossible
    double delays = 0;
};

std::uint64_t messages_sent(const simulation::Cluster& cluster) {
    std::uint64_t sent = 0;
    for (std::size_t site = 0; site < cluster.size(); ++site) {
        sent += cluster.member(site).runtime().messages_sent();
    }
    return sent;
}

// Of one round in which all peers arrive at once, after a few others.
Cost measure(std::size_t peers, Exchange kind, std::size_t at) {
    simulation::Cluster cluster(exchange_texts(kind, peers, at), 1,
                                {.min_ms = delay_ms, .max_ms = delay_ms});
    Cost cost;
    if (!cluster.connect_all()) {
        ADD_FAILURE() << cluster.problem().value_or("cannot connect");
        return cost;
    }
    cluster.run_for(10 * delay_ms);
    constexpr int rounds = 4;
    for (int round = 0; round < rounds; ++round) {
        cluster.network().forget_traffic();
        const std::uint64_t sent_before = messages_sent(cluster);
        const std::int64_t began_ms = cluster.now_ms();
        for (std::size_t site = 0; site < peers; ++site) {
            cluster.sync(site, {cluster.put(site, "give", site), cluster.get(site, "take")},
                         10'000);
        }
        const bool done = cluster.run_until(
            [&] {
                for (std::size_t site = 0; site < peers; ++site) {
                    if (cluster.is_syncing(site)) return false;
                }
                return true;
            },
            20'000);
        EXPECT_TRUE(done);
        std::int64_t last_ms = began_ms;
        for (std::size_t site = 0; site < peers; ++site) {
            EXPECT_TRUE(cluster.calls(site).back().has_succeeded());
            last_ms = std::max(last_ms, cluster.calls(site).back().ended_ms);
        }
        cluster.run_for(10 * delay_ms);  // what the round still sends belongs to it
        cost.messages = messages_sent(cluster) - sent_before;
        cost.frames = cluster.network().traffic().frames;
        cost.delays = static_cast<double>(last_ms - began_ms) / static_cast<double>(delay_ms);
    }
    fmt::print("{} peers: {} frames, {} of them about the round; {} delays\n", peers, cost.frames,
               cost.messages, cost.delays);
    return cost;
}

// The value of the other peer must first come to the component (1), what it makes of that to the
// peer (2), the leaf that this leads to back to the holder (3), and the decision to the peer (4):
// two delays after the last leaf, as docs/deciding.md has it. Each peer but the holder takes part
// with its value, a wait and a hand-over, gets a wait and a value, sends its leaf and gets the
// decision; then both say what is over. The rest are touches that tell the holder what it knows.
TEST(Cost, OfTwoDeterministicParties) {
    const Cost cost = measure(2, Exchange::plain, 0);
    EXPECT_GE(cost.messages, 9u);
    EXPECT_LE(cost.messages, 11u);
    EXPECT_LE(cost.delays, 4.1);
}

TEST(Cost, OfThreeDeterministicParties) {
    const Cost cost = measure(3, Exchange::plain, 0);
    EXPECT_GE(cost.messages, 18u);
    EXPECT_LE(cost.messages, 24u);
    EXPECT_LE(cost.delays, 4.1);
}

}  // namespace
}  // namespace reowolf::oracle
