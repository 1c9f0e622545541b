// SPDX-License-Identifier: MIT
// The situations of docs/deciding.md that concern the general algorithm, under every order of
// events where there are few of them, and under random ones.
#include "rounds/arbiter.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "rounds/assembly.test.hpp"
#include "rounds/orders.test.hpp"

namespace reowolf::rounds {
namespace {

constexpr std::size_t orders_max = 3'000;

// G1: site 2 may go with 0, which needs somebody else who never comes, or with 1. The authority of
// 2 goes to 0, that of 1 stays; {1, 2} is possible.
TEST(Arbiter, TwoHoldersHearOfEachOther) {
    const Situation situation{.sites = 3,
                              .components = {{.site = 0, .alternatives = {{0, 2}}},
                                             {.site = 1, .alternatives = {{1}}},
                                             {.site = 2, .alternatives = {{0}, {1}}},
                                             {.site = 1, .alternatives = {{2}}, .attempts_max = 0}},
                              .channels = {{0, 2}, {1, 2}, {0, 3}},
                              .lost = {}};
    const auto check = [](const Assembly& assembly) { EXPECT_EQ(assembly.decisions(), 2u); };
    run_all_orders(situation, orders_max, check);
    run_random_orders(situation, 500);
}

// G2, G3: a line, where each hands over while the next one hands over to it.
TEST(Arbiter, AHandOverFollowsWhatItIsFor) {
    const Situation situation{.sites = 3,
                              .components = {{.site = 0, .alternatives = {{0}}},
                                             {.site = 1, .alternatives = {{0, 1}}},
                                             {.site = 2, .alternatives = {{1}}}},
                              .channels = {{0, 1}, {1, 2}},
                              .lost = {}};
    run_all_orders(situation, orders_max, [](const Assembly& assembly) {
        EXPECT_EQ(assembly.decisions(), 3u);
        EXPECT_EQ(assembly.failures(), 0u);
    });
}

// G4: the same line; the end that handed over twice removed is cancelled, and tries again.
TEST(Arbiter, ACancelFindsTheHolder) {
    Situation situation{.sites = 3,
                        .components = {{.site = 0, .alternatives = {{0}}},
                                       {.site = 1, .alternatives = {{0, 1}}},
                                       {.site = 2, .alternatives = {{1}}, .cancels = true}},
                        .channels = {{0, 1}, {1, 2}},
                        .lost = {}};
    run_all_orders(situation, orders_max,
                   [](const Assembly& assembly) { EXPECT_EQ(assembly.decisions(), 3u); });
    run_random_orders(situation, 500);
}

// G5: numbers. Two sites with three rounds each, both cancelled in the first.
TEST(Arbiter, SuccessorsAreNotTakenForTheirPredecessors) {
    const Situation situation{
        .sites = 2,
        .components = {{.site = 0, .alternatives = {{0}}, .attempts_max = 3, .cancels = true},
                       {.site = 1, .alternatives = {{0}}, .attempts_max = 3, .cancels = true}},
        .channels = {{0, 1}},
        .lost = {}};
    run_all_orders(situation, orders_max,
                   [](const Assembly& assembly) { EXPECT_EQ(assembly.decisions(), 6u); });
    run_random_orders(situation, 500);
}

// G6: one alternative is local, the other is not.
TEST(Arbiter, LocalRoundsOfAttemptsThatAreAwayAreDecidedThere) {
    const Situation situation{.sites = 2,
                              .components = {{.site = 0, .alternatives = {{1}}},
                                             {.site = 1, .alternatives = {{0}, {1}}},
                                             {.site = 1, .alternatives = {{0}}}},
                              .channels = {{1, 2}, {0, 1}},
                              .lost = {}};
    run_all_orders(situation, orders_max,
                   [](const Assembly& assembly) { EXPECT_EQ(assembly.decisions(), 2u); });
}

// G8, G10: the holder, or any other, is lost at any moment of a line.
TEST(Arbiter, ALossLeavesNobodyHanging) {
    for (wire::SiteId lost = 0; lost < 3; ++lost) {
        const Situation situation{.sites = 3,
                                  .components = {{.site = 0, .alternatives = {{0}}},
                                                 {.site = 1, .alternatives = {{0, 1}}},
                                                 {.site = 2, .alternatives = {{1}}}},
                                  .channels = {{0, 1}, {1, 2}},
                                  .lost = lost};
        run_all_orders(situation, orders_max);
        run_random_orders(situation, 500);
    }
}

Situation applications(std::size_t sites) {
    Situation situation{.sites = sites, .components = {}, .channels = {}, .lost = {}};
    for (wire::SiteId site = 0; site < sites; ++site) {
        situation.components.push_back(
            {.site = site, .alternatives = {{}}, .is_application = true, .attempts_max = 2});
    }
    return situation;
}

// G13: a time limit anywhere ends the step for all that are held, and the next one succeeds.
TEST(Arbiter, ApplicationsThatStepTogetherFailTogether) {
    for (std::size_t cancelling = 0; cancelling < 3; ++cancelling) {
        Situation situation = applications(3);
        situation.components[cancelling].cancels = true;
        run_all_orders(situation, orders_max,
                       [](const Assembly& assembly) { EXPECT_EQ(assembly.decisions(), 6u); });
        run_random_orders(situation, 500);
    }
}

// The third never comes: whoever has arrived at the holder fails with the one that gives up.
TEST(Arbiter, WhoHasArrivedFailsWithWhoGivesUp) {
    Situation situation = applications(3);
    situation.components[2].attempts_max = 0;
    situation.components[0].cancels = true;
    std::size_t failures_most = 0;
    run_all_orders(situation, orders_max, [&](const Assembly& assembly) {
        EXPECT_EQ(assembly.decisions(), 0u);
        failures_most = std::max(failures_most, assembly.failures());
    });
    EXPECT_EQ(failures_most, 2u);
}

TEST(Arbiter, ApplicationsThatLoseOneAllHearOfIt) {
    for (wire::SiteId lost = 0; lost < 4; ++lost) {
        Situation situation = applications(4);
        situation.lost = lost;
        // Without the lost one there is no step: they would fail again and again.
        for (auto& component : situation.components) component.attempts_max = 1;
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            Random random(seed);
            Assembly assembly(situation);
            for (int step = 0; step < 300 && assembly.options() > 0; ++step) {
                assembly.take(random.below(assembly.options()));
                ASSERT_EQ(assembly.problem(), "") << "seed " << seed;
            }
        }
    }
}

// A random situation: one or two components a site, alternatives, cancels, a loss.
Situation random_situation(Random& random) {
    Situation situation{.sites = 2 + random.below(3), .components = {}, .channels = {}, .lost = {}};
    for (wire::SiteId site = 0; site < situation.sites; ++site) {
        for (std::uint64_t i = 1 + random.below(2); i > 0; --i) {
            situation.components.push_back({.site = site,
                                            .alternatives = {},
                                            .attempts_max = static_cast<int>(1 + random.below(3)),
                                            .cancels = random.chance(25)});
        }
    }
    const std::size_t components = situation.components.size();
    for (std::uint64_t i = 1 + random.below(5); i > 0; --i) {
        const std::size_t from = random.below(components);
        const std::size_t to = (from + 1 + random.below(components - 1)) % components;
        situation.channels.push_back({from, to});
    }
    for (std::size_t i = 0; i < components; ++i) {
        std::vector<std::uint32_t> own;
        for (std::uint32_t channel = 0; channel < situation.channels.size(); ++channel) {
            const auto& ends = situation.channels[channel];
            if (ends.from == i || ends.to == i) own.push_back(channel);
        }
        for (std::uint64_t n = 1 + random.below(3); n > 0 && !own.empty(); --n) {
            std::vector<std::uint32_t> used;
            for (const std::uint32_t channel : own) {
                if (random.chance(50)) used.push_back(channel);
            }
            if (used.empty()) used.push_back(own[random.below(own.size())]);
            situation.components[i].alternatives.push_back(std::move(used));
        }
        if (own.empty()) situation.components[i].attempts_max = 0;
    }
    if (random.chance(30))
        situation.lost = static_cast<wire::SiteId>(random.below(situation.sites));
    return situation;
}

TEST(Arbiter, RandomSituationsAreDecidedByAllAlike) {
    std::size_t decisions = 0;
    std::size_t failures = 0;
    for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
        Random random(seed);
        Assembly assembly(random_situation(random));
        const std::string problem =
            run(assembly, [&](std::size_t options) { return random.below(options); });
        ASSERT_EQ(problem, "") << "seed " << seed;
        decisions += assembly.decisions();
        failures += assembly.failures();
    }
    EXPECT_GT(decisions, 5'000u);
    EXPECT_GT(failures, 1'000u);
}

}  // namespace
}  // namespace reowolf::rounds
