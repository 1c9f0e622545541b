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
    std::uint64_t messages = 0;  // about the round
    double delays = 0;           // until the last has its result
};

std::uint64_t messages_sent(const simulation::Cluster& cluster) {
    std::uint64_t sent = 0;
    for (std::size_t site = 0; site < cluster.size(); ++site) {
        sent += cluster.member(site).runtime().messages_sent();
    }
    return sent;
}

// Of one round in which all peers arrive at once, after a few others.
Cost measure(const std::vector<std::string>& texts, bool exchanges = true) {
    const std::size_t peers = texts.size();
    simulation::Cluster cluster(texts, 1, {.min_ms = delay_ms, .max_ms = delay_ms});
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
            std::vector<connector::Prepared> prepared;
            if (exchanges) prepared = {cluster.put(site, "give", site), cluster.get(site, "take")};
            cluster.sync(site, std::move(prepared), 10'000);
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
    fmt::print("{} peers: {} frames, {} messages, {} delays\n", peers, cost.frames, cost.messages,
               cost.delays);
    return cost;
}

// Peers that only step together.
std::vector<std::string> barrier_texts(std::size_t peers) {
    std::string connector = "connector barrier {\n";
    for (std::size_t i = 0; i < peers; ++i) {
        connector += fmt::format("    peer p{0} = \"p{0}:7000\" {{ in<u32> give; }}\n", i);
    }
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < peers; ++i) {
        texts.push_back(fmt::format("self p{};\n{}}}\n", i, connector));
    }
    return texts;
}

// One frame each way, the value in it, wherever the component is that passes it on.
TEST(Cost, OfTwoDeterministicParties) {
    for (std::size_t at = 0; at < 2; ++at) {
        for (const Exchange kind : {Exchange::plain, Exchange::forwarders}) {
            const Cost cost = measure(exchange_texts(kind, 2, at));
            EXPECT_EQ(cost.frames, 2u);
            EXPECT_LE(cost.delays, 1.05);
        }
    }
}

// Everybody's values go to who gets them, and everybody's leaf to all.
TEST(Cost, OfDeterministicPartiesThatTellAll) {
    for (std::size_t peers = 2; peers <= 8; peers += 2) {
        for (std::size_t at = 0; at < 2; ++at) {
            const Cost cost = measure(exchange_texts(Exchange::forwarders, peers, at));
            EXPECT_EQ(cost.frames, peers * (peers - 1));
            EXPECT_LE(cost.delays, 1.05);
        }
        const Cost cost = measure(barrier_texts(peers), false);
        EXPECT_EQ(cost.frames, peers * (peers - 1));
        EXPECT_LE(cost.delays, 1.05);
    }
}

// Of more than eight the lowest decides.
TEST(Cost, OfDeterministicPartiesThatTellOne) {
    for (const std::size_t peers : {9u, 16u, 64u}) {
        const Cost cost = measure(barrier_texts(peers), false);
        EXPECT_EQ(cost.frames, 2 * (peers - 1));
        EXPECT_LE(cost.delays, 2.05);
    }
}

// A component at one site that needs all values before it can put one: the values come to it (1),
// what it makes of them goes on (2); then the last leaf exists, and two delays later all know.
TEST(Cost, OfPartiesWhoseValuesGoThroughOne) {
    const Cost cost = measure(exchange_texts(Exchange::plain, 3, 0));
    EXPECT_LE(cost.delays, 4.05);
}

// What a component passes on if it comes goes over the network once, wherever the component is.
TEST(Cost, OfALargeValueThatMayNotCome) {
    constexpr std::size_t value_bytes = std::size_t{1} << 20;
    for (const char* const at : {"amy", "bob"}) {
        const std::string connector = fmt::format(R"(
connector pair {{
    peer amy = "amy:7000" {{ in<string> give; }}
    peer bob = "bob:7000" {{ out<string> take; }}
    new pass(amy.give, bob.take) at {};
}}
primitive pass(in<string> a, out<string> b) {{
    while (true) sync if (fires(a)) put(b, get(a));
}})",
                                                  at);
        simulation::Cluster cluster({"self amy;\n" + connector, "self bob;\n" + connector}, 1,
                                    {.min_ms = delay_ms, .max_ms = delay_ms});
        ASSERT_TRUE(cluster.connect_all());
        for (int round = 0; round < 4; ++round) {
            cluster.network().forget_traffic();
            connector::Prepared put = cluster.put(0, "give", 0);
            put.value = machine::Value::text(std::string(value_bytes, 'x'));
            cluster.sync(0, {std::move(put)}, 10'000);
            cluster.sync(1, {cluster.get(1, "take")}, 10'000);
            ASSERT_TRUE(cluster.run_until(
                [&] { return !cluster.is_syncing(0) && !cluster.is_syncing(1); }, 20'000));
            ASSERT_TRUE(cluster.calls(1).back().has_succeeded());
            EXPECT_LT(cluster.network().traffic().bytes, value_bytes + (value_bytes >> 4))
                << at << ", round " << round;
        }
    }
}

TEST(Cost, OfAlternatives) {
    const Cost cost = measure(exchange_texts(Exchange::alternatives, 2, 0));
    EXPECT_LE(cost.delays, 4.05);
}

}  // namespace
}  // namespace reowolf::oracle
