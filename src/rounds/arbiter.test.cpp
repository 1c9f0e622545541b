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

// G15: two components of one site, each of which has been handed to another one before they touch:
// what the holder of one has to say to that of the other may come before the attempt itself does.
TEST(Arbiter, ATouchThatOvertakesTheHandOverIsNotLost) {
    const Situation situation{.sites = 3,
                              .components = {{.site = 0, .alternatives = {{0}}},
                                             {.site = 2, .alternatives = {{0, 1}}},
                                             {.site = 2, .alternatives = {{2, 1}}},
                                             {.site = 1, .alternatives = {{2}}}},
                              .channels = {{0, 1}, {1, 2}, {2, 3}},
                              .lost = {}};
    run_all_orders(situation, orders_max,
                   [](const Assembly& assembly) { EXPECT_EQ(assembly.decisions(), 4u); });
    run_random_orders(situation, 500);
}

// The same, and one of the two comes where the other is only expected; that goes on from there, and
// takes along what waits for it.
TEST(Arbiter, WhatWaitsForAnotherAttemptGoesOnWithIt) {
    const Situation situation{.sites = 4,
                              .components = {{.site = 0, .alternatives = {{0}}},
                                             {.site = 1, .alternatives = {{0, 1}}},
                                             {.site = 3, .alternatives = {{1, 3}}},
                                             {.site = 3, .alternatives = {{2, 3}}},
                                             {.site = 2, .alternatives = {{2}}}},
                              .channels = {{0, 1}, {1, 2}, {3, 4}, {2, 3}},
                              .lost = {}};
    run_random_orders(situation, 5'000,
                      [](const Assembly& assembly) { EXPECT_EQ(assembly.decisions(), 5u); });
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
    const bool is_one_round = random.chance(40);  // of all
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
        if (is_one_round && !own.empty()) situation.components[i].alternatives.push_back(own);
        for (std::uint64_t n = 1 + random.below(3); n > 0 && !is_one_round && !own.empty(); --n) {
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
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
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

// ---- By hand: what an assembly, in which at most one is lost, does not come to
// --------------------

wire::AttemptId attempt_of(wire::SiteId site) {
    return {{site, 0}, 1};
}

wire::Decision decision_of(std::initializer_list<wire::SiteId> sites) {
    wire::Decision decision;
    for (const wire::SiteId site : sites) decision.push_back({attempt_of(site), 1});
    return decision;
}

template <class Body>
std::vector<wire::SiteId> receivers_of(const std::vector<Effect>& effects) {
    std::vector<wire::SiteId> receivers;
    for (const Effect& effect : effects) {
        const auto* const message = std::get_if<Send>(&effect);
        if (message && std::holds_alternative<Body>(message->body)) {
            receivers.push_back(message->to);
        }
    }
    return receivers;
}

template <class Kind>
bool has(const std::vector<Effect>& effects) {
    return std::ranges::any_of(
        effects, [](const Effect& each) { return std::holds_alternative<Kind>(each); });
}

// Of four sites that step together, site 2, whose attempt 0 holds.
Arbiter third_of_four() {
    Arbiter arbiter(2, {"s0", "s1", "s2", "s3"}, {0, 1, 2, 3});
    arbiter.open(attempt_of(2));
    arbiter.arrive(attempt_of(2));
    EXPECT_EQ(receivers_of<wire::Hand>(arbiter.take_effects()), std::vector<wire::SiteId>{0});
    return arbiter;
}

// Rule 20: whoever was told a decision tells it to the others in it when the decider is lost.
TEST(Arbiter, Rule20_ADecisionIsPassedOnWhenItsSenderIsLost) {
    Arbiter arbiter = third_of_four();
    arbiter.receive(0, wire::Decide{decision_of({0, 1, 2, 3}), false});
    EXPECT_TRUE(has<Commit>(arbiter.take_effects()));
    arbiter.lose(0, "killed");
    EXPECT_EQ(receivers_of<wire::Decide>(arbiter.take_effects()),
              (std::vector<wire::SiteId>{1, 3}));
    // Once; and of a decision that this sender has not told nothing is said.
    arbiter.lose(1, "killed");
    EXPECT_TRUE(receivers_of<wire::Decide>(arbiter.take_effects()).empty());
}

TEST(Arbiter, Rule20_WhoHasGoneOnIsNotTold) {
    Arbiter arbiter = third_of_four();
    arbiter.receive(0, wire::Decide{decision_of({0, 1, 2, 3}), false});
    arbiter.take_effects();
    // The next attempt of site 1 is over already.
    arbiter.receive(1, wire::Over{{{1, 0}, 2}, {}});
    arbiter.take_effects();
    arbiter.lose(0, "killed");
    EXPECT_EQ(receivers_of<wire::Decide>(arbiter.take_effects()), std::vector<wire::SiteId>{3});
}

// What comes twice is a decision once.
TEST(Arbiter, Rule20_WhoKnowsTheDecisionCommitsOnce) {
    Arbiter arbiter = third_of_four();
    arbiter.receive(0, wire::Decide{decision_of({0, 1, 2, 3}), false});
    EXPECT_TRUE(has<Commit>(arbiter.take_effects()));
    arbiter.open({{2, 0}, 2});
    arbiter.take_effects();
    arbiter.receive(1, wire::Decide{decision_of({0, 1, 2, 3}), false});
    const auto effects = arbiter.take_effects();
    EXPECT_FALSE(has<Commit>(effects) || has<Fail>(effects));
    EXPECT_FALSE(arbiter.is_over({{2, 0}, 2}));
}

// G9: two are lost, one after the other. An answer that was given before the second loss says
// nothing of what the second one knew, and only all answers to the same question allow a
// conclusion.
TEST(Arbiter, G9_AnswersCountForTheLossesThatTheyKnew) {
    Arbiter arbiter = third_of_four();
    arbiter.lose(0, "killed");
    EXPECT_EQ(receivers_of<wire::Ask>(arbiter.take_effects()), (std::vector<wire::SiteId>{1, 3}));
    arbiter.receive(3, wire::No{attempt_of(2), {0}, 3, {}});
    arbiter.lose(1, "killed");
    EXPECT_EQ(receivers_of<wire::Ask>(arbiter.take_effects()), std::vector<wire::SiteId>{3});
    EXPECT_FALSE(has<Doubt>(arbiter.take_effects()));
    arbiter.receive(3, wire::No{attempt_of(2), {0}, 3, {}});  // late, of the first question
    EXPECT_TRUE(arbiter.take_effects().empty());
    // 1 had told it to 3 meanwhile.
    arbiter.receive(3, wire::Decide{decision_of({0, 1, 2, 3}), false});
    EXPECT_TRUE(has<Commit>(arbiter.take_effects()));
}

// G11: the holder may live, cut off, and go on deciding. Those who are left never take back what it
// holds: they do not know, and say so.
TEST(Arbiter, G11_WhatAnotherHoldsIsNeverTakenBack) {
    Arbiter arbiter = third_of_four();
    arbiter.lose(0, "it cannot be reached");
    arbiter.receive(1, wire::No{attempt_of(2), {0}, 1, {}});
    arbiter.take_effects();
    arbiter.receive(3, wire::No{attempt_of(2), {0}, 3, {}});
    const auto effects = arbiter.take_effects();
    EXPECT_TRUE(has<Doubt>(effects));
    EXPECT_FALSE(has<Fail>(effects) || has<Commit>(effects));
}

// Who leaves has said before what was decided: the last two of those who step know it, or that
// there was nothing. While somebody else is there, its decision may still be on its way.
TEST(Arbiter, Rule18_OnlyTheLastTwoKnowThatThereWasNoStep) {
    Arbiter arbiter(1, {"s0", "s1", "s2", "s3"}, {0, 1, 2, 3});
    const wire::Ask question{attempt_of(2), {0}, 1, false};
    arbiter.depart(0);
    arbiter.lose(0, "it has left");
    arbiter.take_effects();
    arbiter.receive(2, question);
    auto effects = arbiter.take_effects();
    EXPECT_TRUE(receivers_of<wire::Cancelled>(effects).empty());
    EXPECT_EQ(receivers_of<wire::No>(effects), std::vector<wire::SiteId>{2});
    arbiter.depart(3);
    arbiter.lose(3, "it has left");
    arbiter.take_effects();
    arbiter.receive(2, question);
    EXPECT_EQ(receivers_of<wire::Cancelled>(arbiter.take_effects()), std::vector<wire::SiteId>{2});
}

// That somebody has published nothing says something only of a step in which it would have a part.
TEST(Arbiter, Rule18_WhoDoesNotStepKnowsNothingOfAStep) {
    for (const bool steps : {true, false}) {
        Arbiter arbiter(
            0, {"s0", "s1", "s2", "s3"},
            steps ? std::vector<wire::SiteId>{0, 1, 2, 3} : std::vector<wire::SiteId>{1, 2, 3});
        arbiter.lose(1, "killed");
        arbiter.take_effects();
        arbiter.receive(3, wire::Ask{attempt_of(3), {1}, 0, true});
        const auto effects = arbiter.take_effects();
        const std::vector<wire::SiteId> asker{3};
        const std::vector<wire::SiteId> none;
        EXPECT_EQ(receivers_of<wire::Release>(effects), steps ? asker : none);
        EXPECT_EQ(receivers_of<wire::No>(effects), steps ? none : asker);
    }
}

// G12: a question is not answered by who has not noticed the same loss: what the lost site has sent
// it is still to come. So a broken link between two of them cannot make survivors disagree.
TEST(Arbiter, G12_WhoStillReachesTheLostOneDoesNotAnswer) {
    Arbiter arbiter(1, {"s0", "s1", "s2"}, {0, 1, 2});
    arbiter.receive(2, wire::Ask{attempt_of(2), {0}, 1, false});
    EXPECT_TRUE(arbiter.take_effects().empty());
    arbiter.receive(0, wire::Decide{decision_of({0, 1, 2}), false});
    EXPECT_TRUE(receivers_of<wire::No>(arbiter.take_effects()).empty());
    arbiter.lose(0, "it cannot be reached");
    const auto effects = arbiter.take_effects();
    EXPECT_TRUE(receivers_of<wire::No>(effects).empty());
    const auto told = receivers_of<wire::Decide>(effects);
    EXPECT_FALSE(told.empty());
    EXPECT_TRUE(std::ranges::all_of(told, [](wire::SiteId site) { return site == 2; }));
}

// G14: the lowest leaves. It gives back what it holds, and nobody gives it anything again, so that
// nothing goes to and fro; the next one meets where everybody looks for it.
TEST(Arbiter, G14_WhoLeavesIsGivenNothingAnyMore) {
    Arbiter leaving(0, {"s0", "s1", "s2"}, {1, 2});
    leaving.receive(1, wire::Hand{attempt_of(1), {}, {}, attempt_of(1)});
    leaving.take_effects();
    leaving.depart(0);
    EXPECT_EQ(receivers_of<wire::Cancelled>(leaving.take_effects()), std::vector<wire::SiteId>{1});
    // What was on its way to it comes back too.
    leaving.receive(2, wire::Hand{attempt_of(2), {}, {}, attempt_of(2)});
    EXPECT_EQ(receivers_of<wire::Cancelled>(leaving.take_effects()), std::vector<wire::SiteId>{2});

    Arbiter staying(2, {"s0", "s1", "s2"}, {1, 2});
    EXPECT_EQ(staying.meeting_place(), 0u);
    staying.depart(0);
    EXPECT_EQ(staying.meeting_place(), 1u);
    staying.open(attempt_of(2));
    staying.arrive(attempt_of(2));
    EXPECT_EQ(receivers_of<wire::Hand>(staying.take_effects()), std::vector<wire::SiteId>{1});
}

}  // namespace
}  // namespace reowolf::rounds
