// SPDX-License-Identifier: MIT
// The situations of docs/deciding.md that concern the shortcut, under many orders of events.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "rounds/assembly.test.hpp"
#include "rounds/finals.hpp"
#include "rounds/orders.test.hpp"

namespace reowolf::rounds {
namespace {

constexpr std::size_t orders_max = 3'000;
constexpr std::uint64_t seeds = 400;

// Applications that step together, each of which has one behaviour.
Situation publishing(std::size_t sites, int attempts) {
    Situation situation{.sites = sites, .components = {}, .channels = {}, .lost = {}};
    for (wire::SiteId site = 0; site < sites; ++site) {
        situation.components.push_back({.site = site,
                                        .alternatives = {{}},
                                        .is_application = true,
                                        .attempts_max = attempts,
                                        .publishes = true});
    }
    return situation;
}

void run_both(const Situation& situation, std::size_t decisions) {
    const auto check = [&](const Assembly& assembly) {
        EXPECT_EQ(assembly.decisions(), decisions);
    };
    run_all_orders(situation, orders_max, check);
    run_random_orders(situation, seeds, check);
}

// The whole cost: everybody's leaf to everybody.
TEST(Shortcut, EverybodyWithAllLeavesCommits) {
    for (std::size_t sites = 2; sites <= 4; ++sites) {
        const auto check = [&](const Assembly& assembly) {
            EXPECT_EQ(assembly.decisions(), sites);
            EXPECT_EQ(assembly.sent<wire::Final>(), sites * (sites - 1));
            EXPECT_EQ(assembly.sent<wire::Hand>() + assembly.sent<wire::Decide>() +
                          assembly.sent<wire::Over>() + assembly.sent<wire::Held>(),
                      0u);
        };
        run_all_orders(publishing(sites, 1), orders_max, check);
        run_random_orders(publishing(sites, 1), seeds, check);
    }
}

TEST(Shortcut, S1_AReleaseIsRememberedByAll) {
    Situation situation = publishing(3, 2);
    situation.components[0].cancels = true;
    run_both(situation, 6);
}

TEST(Shortcut, S2_NobodyReleasesWhatItHasCommittedWith) {
    for (std::size_t cancelling = 0; cancelling < 2; ++cancelling) {
        Situation situation = publishing(2, 3);
        situation.components[cancelling].cancels = true;
        run_both(situation, 6);
    }
}

TEST(Shortcut, S3_S5_ASuccessorMeetsNoPredecessor) {
    run_both(publishing(2, 4), 8);
    run_both(publishing(3, 3), 9);
}

TEST(Shortcut, S4_ACancelThatComesTooEarlyIsKept) {
    Situation situation = publishing(3, 2);
    for (auto& component : situation.components) component.cancels = true;
    run_both(situation, 6);
}

TEST(Shortcut, S6_WhoHasAlternativesReleasesWhoHasNone) {
    for (std::size_t mixed = 0; mixed < 3; ++mixed) {
        Situation situation = publishing(3, 3);
        situation.components[mixed].attempts_mixed = 1;
        run_both(situation, 9);
        situation.components[(mixed + 1) % 3].cancels = true;
        run_both(situation, 9);
        situation.components[mixed].cancels = true;
        run_both(situation, 9);
    }
}

TEST(Shortcut, S7_LossesLeaveNoSurvivorsWhoDisagree) {
    for (std::size_t sites = 2; sites <= 4; ++sites) {
        for (wire::SiteId lost = 0; lost < sites; ++lost) {
            Situation situation = publishing(sites, 1);
            situation.lost = lost;
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                Random random(seed);
                Assembly assembly(situation);
                for (int step = 0; step < 400 && assembly.options() > 0; ++step) {
                    assembly.take(random.below(assembly.options()));
                    ASSERT_EQ(assembly.problem(), "") << "seed " << seed;
                }
                ASSERT_EQ(assembly.problem_of_survivors(), "") << "seed " << seed;
            }
        }
    }
}

TEST(Shortcut, S8_AllWhoWaitHearThatARoundIsCancelled) {
    Situation situation = publishing(3, 1);
    situation.components[2].attempts_max = 0;
    situation.components[0].cancels = true;
    std::size_t failures_most = 0;
    run_all_orders(situation, orders_max, [&](const Assembly& assembly) {
        EXPECT_EQ(assembly.decisions(), 0u);
        failures_most = std::max(failures_most, assembly.failures());
    });
    EXPECT_EQ(failures_most, 2u);
}

// S9: where not everybody needs everybody, it is no round of all; and what does not fit goes the
// general way, at all sites alike.
TEST(Shortcut, S9_WhatDoesNotFitGoesTheGeneralWay) {
    Situation situation = publishing(3, 1);
    situation.channels = {{0, 1}};
    situation.components[0].alternatives = {{0}};
    situation.components[0].cancels = true;  // it puts, and nobody gets
    run_random_orders(situation, seeds, [](const Assembly& assembly) {
        EXPECT_EQ(assembly.decisions(), 0u);
        EXPECT_GE(assembly.failures(), 1u);
    });
    situation.components[1].alternatives = {{0}};
    situation.components[0].cancels = false;
    run_both(situation, 3);
}

// One survivor has not published: so nothing was decided, and that is certain.
TEST(Shortcut, S10_WhoHasNotPublishedKnowsThatNothingWasDecided) {
    for (wire::SiteId lost = 0; lost < 3; ++lost) {
        for (wire::SiteId late = 0; late < 3; ++late) {
            if (lost == late) continue;
            Situation situation = publishing(3, 1);
            situation.lost = lost;
            situation.components[late].attempts_max = 0;
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                Random random(seed);
                Assembly assembly(situation);
                for (int step = 0; step < 400 && assembly.options() > 0; ++step) {
                    assembly.take(random.below(assembly.options()));
                }
                ASSERT_EQ(assembly.doubts(), 0u) << "seed " << seed;
                ASSERT_EQ(assembly.decisions(), 0u);
            }
        }
    }
}

// After a step in which somebody had alternatives, and one in which nobody had, they publish again.
TEST(Shortcut, S11_S12_AWrongGuessIsNotRepeatedAndNotForEver) {
    Situation situation = publishing(3, 5);
    situation.components[1].attempts_mixed = 2;
    std::size_t finals_most = 0;
    run_random_orders(situation, seeds, [&](const Assembly& assembly) {
        EXPECT_EQ(assembly.decisions(), 15u);
        // Of the first step; the second is expected not to be, and the third shows that they could.
        EXPECT_LE(assembly.sent<wire::Release>(), 4u);
        EXPECT_GE(assembly.sent<wire::Final>(), 2u * 6u);
        finals_most = std::max(finals_most, assembly.sent<wire::Final>());
    });
    EXPECT_LE(finals_most, 2u * 6u + 4u);
}

Situation random_applications(Random& random) {
    Situation situation = publishing(2 + random.below(3), static_cast<int>(1 + random.below(3)));
    for (auto& component : situation.components) {
        component.cancels = random.chance(25);
        if (random.chance(20)) component.attempts_mixed = static_cast<int>(1 + random.below(2));
        component.publishes = !random.chance(5);
    }
    return situation;
}

TEST(Shortcut, RandomApplicationsAreDecidedByAllAlike) {
    std::size_t finals = 0;
    std::size_t hands = 0;
    for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
        Random random(seed);
        const Situation situation = random_applications(random);
        Assembly assembly(situation);
        const std::string problem =
            run(assembly, [&](std::size_t options) { return random.below(options); });
        ASSERT_EQ(problem, "") << "seed " << seed;
        ASSERT_EQ(
            assembly.decisions(),
            situation.sites * static_cast<std::size_t>(situation.components.front().attempts_max))
            << "seed " << seed;
        finals += assembly.sent<wire::Final>();
        hands += assembly.sent<wire::Hand>();
    }
    EXPECT_GT(finals, 10'000u);
    EXPECT_GT(hands, 1'000u);
}

TEST(Shortcut, RandomApplicationsThatLoseOneNeverDisagree) {
    std::size_t doubts = 0;
    std::size_t failures = 0;
    for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
        Random random(seed);
        Situation situation = random_applications(random);
        for (auto& component : situation.components) component.attempts_max = 1;
        situation.lost = static_cast<wire::SiteId>(random.below(situation.sites));
        Assembly assembly(situation);
        for (int step = 0; step < 500 && assembly.options() > 0; ++step) {
            assembly.take(random.below(assembly.options()));
            ASSERT_EQ(assembly.problem(), "") << "seed " << seed;
        }
        ASSERT_EQ(assembly.problem_of_survivors(), "") << "seed " << seed;
        doubts += assembly.doubts();
        failures += assembly.failures();
    }
    EXPECT_GT(doubts, 0u);
    EXPECT_GT(failures, 1'000u);
}

// ---- What is a round
// -----------------------------------------------------------------------------

wire::Final leaf_of(wire::SiteId site, std::vector<wire::Action> actions,
                    std::vector<wire::NodeRef> depends = {}) {
    const wire::AttemptId id{{site, 0}, 7};
    return {.attempt = id,
            .step = 1,
            .floors = {0, 0},
            .parts = {{id, 5, {2, 4}, std::move(depends), std::move(actions)}},
            .copies = {}};
}

wire::Action puts(std::uint32_t channel) {
    return {{wire::ChannelId::between_sites, channel}, true};
}
wire::Action gets(std::uint32_t channel) {
    return {{wire::ChannelId::between_sites, channel}, false};
}

bool is_round(const std::vector<wire::Final>& leaves) {
    Leaves all;
    for (const wire::Final& leaf : leaves) all.push_back(&leaf);
    return rounds::is_round(all);
}

TEST(Finals, ARoundIsCausalAndBalanced) {
    EXPECT_TRUE(is_round({leaf_of(0, {puts(0), gets(1)}), leaf_of(1, {puts(1), gets(0)})}));
    EXPECT_TRUE(is_round({leaf_of(0, {puts(0), gets(1)}), leaf_of(1, {gets(0), puts(1)})}));
    // Each waits for the other's.
    EXPECT_FALSE(is_round({leaf_of(0, {gets(1), puts(0)}), leaf_of(1, {gets(0), puts(1)})}));
    EXPECT_FALSE(is_round({leaf_of(0, {puts(0), puts(0)}), leaf_of(1, {gets(0)})}));
    EXPECT_FALSE(is_round({leaf_of(0, {puts(0)}), leaf_of(1, {gets(0), gets(0)})}));
}

TEST(Finals, WhatCameFromAnotherAttemptIsNoPart) {
    const auto depends_on = [](std::uint64_t number, wire::NodeId node) {
        return is_round({leaf_of(0, {puts(0)}), leaf_of(1, {gets(0)}, {{{{0, 0}, number}, node}})});
    };
    EXPECT_TRUE(depends_on(7, 0));
    EXPECT_TRUE(depends_on(7, 4));
    EXPECT_TRUE(depends_on(7, 5));
    EXPECT_FALSE(depends_on(7, 3));
    EXPECT_FALSE(depends_on(6, 0));
}

TEST(Finals, OfAStrangersLeafNothingIsKept) {
    Finals finals(0, {0, 1});
    wire::Final leaf = leaf_of(1, {});
    leaf.floors = {0};
    EXPECT_FALSE(finals.keep(leaf));
    leaf.floors = {0, 0};
    leaf.parts.push_back({{{0, 3}, 1}, 0, {}, {}, {}});
    EXPECT_FALSE(finals.keep(leaf));
    leaf.parts.assign(1, {{{1, 0}, 7}, 0, {}, {}, std::vector<wire::Action>(actions_max + 1)});
    EXPECT_FALSE(finals.keep(leaf));
    leaf.parts.clear();
    EXPECT_FALSE(finals.keep(leaf));
    EXPECT_FALSE(finals.keep(leaf_of(2, {})));
    EXPECT_FALSE(finals.keep(leaf_of(0, {})));
    EXPECT_TRUE(finals.keep(leaf_of(1, {})));
    EXPECT_FALSE(finals.keep(leaf_of(1, {})));
}

}  // namespace
}  // namespace reowolf::rounds
