// SPDX-License-Identifier: MIT
// A real-time peer that enters one round after the other, without ever waiting, and a logical peer
// far away that could be in any of them: it is in one eventually. And a component that would be
// silent, had nobody something for it.
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

using connector::Class;

constexpr std::int64_t delay_ms = 5;
constexpr std::size_t peers = 3;

enum class Direction { to_the_logical_peer, from_the_logical_peer };

// The real-time peer is `stepper`, the logical one `waiter`; the component between them can do
// without the latter.
std::vector<std::string> texts(std::size_t stepper, std::size_t waiter, std::size_t at,
                               Direction direction) {
    const bool gives = direction == Direction::from_the_logical_peer;
    std::vector<std::string> all;
    for (std::size_t self = 0; self < peers; ++self) {
        std::string text = fmt::format("self s{};\nconnector lossy {{\n", self);
        for (std::size_t peer = 0; peer < peers; ++peer) {
            const std::string_view ports = peer == stepper  ? "in<u32> give;"
                                           : peer != waiter ? ""
                                           : gives          ? "in<u32> more;"
                                                            : "out<u32> take;";
            text += fmt::format("    peer s{0} = \"s{0}:7000\" {{ {1} }}\n", peer, ports);
        }
        all.push_back(text +
                      fmt::format("    new lose(s{}.give, s{}.{}) at s{};\n}}\n", stepper, waiter,
                                  gives ? "more" : "take", at) +
                      (gives
                           ? "primitive lose(in<u32> a, in<u32> b) {\n"
                             "    while (true) sync { u32 v = get(a); fork get(b); or skip; }\n"
                             "}\n"
                           : "primitive lose(in<u32> a, out<u32> b) {\n"
                             "    while (true) sync { u32 v = get(a); fork put(b, v); or skip; }\n"
                             "}\n"));
    }
    return all;
}

// The component is silent rather than wait, and `waiter` waits behind another one, which is at
// `relay`.
std::vector<std::string> leaky_texts(std::size_t waiter, std::size_t at, std::size_t relay) {
    std::vector<std::string> all;
    for (std::size_t self = 0; self < peers; ++self) {
        std::string text = fmt::format("self s{};\nconnector leaky {{\n", self);
        for (std::size_t peer = 0; peer < peers; ++peer) {
            text += fmt::format("    peer s{0} = \"s{0}:7000\" {{ {1} }}\n", peer,
                                peer == 0        ? "in<u32> give;"
                                : peer == waiter ? "out<u32> take;"
                                                 : "");
        }
        all.push_back(
            text +
            fmt::format("    channel x -> y;\n    new leak(s0.give, x) at s{};\n"
                        "    new pass(y, s{}.take) at s{};\n}}\n",
                        at, waiter, relay) +
            "primitive leak(in<u32> a, out<u32> b) {\n"
            "    while (true) {\n"
            "        u32 kept = 0;\n"
            "        sync kept = get(a);\n"
            "        sync { fork put(b, kept); or skip; }\n"
            "    }\n"
            "}\n"
            "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n");
    }
    return all;
}

class Fairness : public testing::TestWithParam<std::tuple<int, int, int, Direction>> {};

TEST_P(Fairness, NobodyStarvesBesideAPeerThatStepsForEver) {
    const auto [stepper, distance, at, direction] = GetParam();
    const auto step_site = static_cast<std::size_t>(stepper);
    const std::size_t wait_site = (step_site + static_cast<std::size_t>(distance)) % peers;
    simulation::Cluster cluster(
        texts(step_site, wait_site, static_cast<std::size_t>(at), direction), 1,
        {.min_ms = delay_ms, .max_ms = delay_ms});
    for (std::size_t site = 0; site < peers; ++site) {
        if (site != step_site) cluster.set_class(site, Class::logical);
    }
    ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
    std::size_t steps = 0;
    const auto step = [&] {
        if (cluster.is_syncing(step_site)) return;
        ++steps;
        cluster.sync(step_site, {cluster.put(step_site, "give", steps)}, -1);
    };
    constexpr std::size_t rounds = 20;
    constexpr std::int64_t patience_ms = 20'000;
    for (std::size_t round = 0; round < rounds; ++round) {
        cluster.sync(
            wait_site,
            {direction == Direction::from_the_logical_peer ? cluster.offer(wait_site, "more", round)
                                                           : cluster.opt(wait_site, "take")},
            -1);
        const bool came = cluster.run_until(
            [&] {
                step();
                return !cluster.is_syncing(wait_site);
            },
            patience_ms);
        ASSERT_TRUE(came) << "round " << round << " after " << steps << " steps";
    }
    EXPECT_GE(steps, rounds) << "a round without the one who steps";
}

// Nothing is lost of what the stepper gives while the other one waits; and nobody is waited for who
// does not.
TEST(Silence, AsksThoseWhoAreFarAway) {
    for (std::size_t places = 0; places < 2 * peers * peers; ++places) {
        const std::size_t waiter = 1 + places / (peers * peers);
        SCOPED_TRACE(fmt::format("waiter {}, component {}, relay {}", waiter,
                                 places / peers % peers, places % peers));
        simulation::Cluster cluster(leaky_texts(waiter, places / peers % peers, places % peers), 1,
                                    {.min_ms = delay_ms, .max_ms = delay_ms});
        cluster.set_class(waiter, Class::logical);
        cluster.set_class(3 - waiter, Class::logical);
        ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
        for (std::size_t round = 1; round <= 10; ++round) {
            cluster.sync(waiter, {cluster.opt(waiter, "take")}, -1);
            cluster.run_until([] { return false; }, 50);
            cluster.sync(0, {cluster.put(0, "give", round)}, -1);
            ASSERT_TRUE(cluster.run_until(
                [&] { return !cluster.is_syncing(0) && !cluster.is_syncing(waiter); }, 5'000))
                << "round " << round;
        }
        for (std::size_t round = 1; round <= 3; ++round) {
            cluster.sync(0, {cluster.put(0, "give", round)}, -1);
            ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_syncing(0); }, 1'000));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, Fairness,
                         testing::Combine(testing::Range(0, 3), testing::Range(1, 3),
                                          testing::Range(0, 3),
                                          testing::Values(Direction::to_the_logical_peer,
                                                          Direction::from_the_logical_peer)));

}  // namespace
}  // namespace reowolf::oracle
