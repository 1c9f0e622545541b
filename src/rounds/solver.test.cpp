// SPDX-License-Identifier: MIT
#include "rounds/solver.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace reowolf::rounds {
namespace {

using wire::AttemptId;
using wire::Decision;
using wire::Leaf;
using wire::NodeId;
using wire::Use;

AttemptId attempt_of(std::uint64_t component) {
    return {{0, static_cast<std::uint32_t>(component)}, 1};
}

// Channels with an owner at either end, and leaves that use them anyhow. In every tree node 1 and 2
// grow from the root and 3 from 1; a leaf may be any of them.
struct Instance {
    struct Ends {
        std::uint64_t from;
        std::uint64_t to;
    };
    std::vector<Ends> channels;
    std::vector<std::vector<Leaf>> leaves;  // by component
    Forest forest;

    explicit Instance(std::uint64_t seed) {
        Random random(seed);
        const std::uint64_t components = 2 + random.below(4);
        for (std::uint64_t i = 1 + random.below(4); i > 0; --i) {
            channels.push_back({random.below(components), random.below(components)});
        }
        for (std::uint64_t component = 0; component < components; ++component) {
            forest.grow(attempt_of(component), 1, 0);
            forest.grow(attempt_of(component), 2, 0);
            forest.grow(attempt_of(component), 3, 1);
            auto& made = leaves.emplace_back();
            for (NodeId node = 1; node <= 3; ++node) {
                if (random.chance(70)) made.push_back(leaf(random, component, node));
            }
        }
    }

    Leaf leaf(Random& random, std::uint64_t component, NodeId node) const {
        Leaf made;
        made.node = node;
        made.rank = {static_cast<std::uint32_t>(random.below(3))};
        for (std::uint32_t i = 0; i < channels.size(); ++i) {
            for (const bool puts : {false, true}) {
                const bool owns = (puts ? channels[i].from : channels[i].to) == component;
                if (!owns || !random.chance(50)) continue;
                made.uses.push_back({{0, i}, puts, random.chance(80) ? 1u : 2u});
                if (!puts && channels[i].from != component && random.chance(50)) {
                    made.depends.push_back(
                        {attempt_of(channels[i].from), static_cast<NodeId>(random.below(4))});
                }
            }
        }
        std::ranges::sort(made.depends);
        // Of each other attempt one node.
        const auto [first, last] = std::ranges::unique(made.depends, {}, &wire::NodeRef::attempt);
        made.depends.erase(first, last);
        std::ranges::sort(made.uses);
        return made;
    }

    // From the definition: closed, agreeing in counts, and what led to it chosen.
    bool is_round(const std::vector<const Leaf*>& chosen) const {
        const auto count = [&](std::uint64_t owner, std::uint32_t channel, bool puts) {
            if (!chosen[owner]) return 0u;
            for (const Use& use : chosen[owner]->uses) {
                if (use.channel.index == channel && use.puts == puts) return use.count;
            }
            return 0u;
        };
        for (std::uint32_t i = 0; i < channels.size(); ++i) {
            if (count(channels[i].from, i, true) != count(channels[i].to, i, false)) return false;
        }
        for (const Leaf* const leaf : chosen) {
            if (!leaf) continue;
            for (const wire::NodeRef& cause : leaf->depends) {
                const Leaf* const other = chosen[cause.attempt.component.index];
                if (!other || !forest.is_above(cause.attempt, cause.node, other->node))
                    return false;
            }
        }
        return true;
    }

    bool is_round(const Decision& decision) const {
        std::vector<const Leaf*> chosen(leaves.size(), nullptr);
        for (const wire::NodeRef& member : decision) {
            const auto& own = leaves[member.attempt.component.index];
            const auto found = std::ranges::find(own, member.node, &Leaf::node);
            if (found == own.end()) return false;
            chosen[member.attempt.component.index] = &*found;
        }
        return is_round(chosen);
    }

    // Whether some set with a leaf of `seed` that uses a port is a round.
    bool has_round(std::uint64_t seed) const {
        std::vector<const Leaf*> chosen(leaves.size(), nullptr);
        const std::function<bool(std::size_t)> choose = [&](std::size_t component) {
            if (component == leaves.size()) return is_round(chosen);
            chosen[component] = nullptr;
            if (component != seed && choose(component + 1)) return true;
            for (const Leaf& leaf : leaves[component]) {
                if (component == seed && leaf.is_silent()) continue;
                chosen[component] = &leaf;
                if (choose(component + 1)) return true;
            }
            chosen[component] = nullptr;
            return false;
        };
        return choose(0);
    }
};

TEST(Solver, FindsARoundExactlyIfThereIsOne) {
    int with_round = 0;
    int without = 0;
    for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
        const Instance instance(seed);
        Holdings holdings({});
        for (std::uint64_t i = 0; i < instance.leaves.size(); ++i) {
            holdings.add(attempt_of(i));
            for (const Leaf& leaf : instance.leaves[i]) holdings.add_leaf(attempt_of(i), leaf);
        }
        for (std::uint64_t i = 0; i < instance.leaves.size(); ++i) {
            const auto found = holdings.find_round(instance.forest, attempt_of(i), false);
            ASSERT_EQ(found.has_value(), instance.has_round(i)) << "seed " << seed << " from " << i;
            (found ? with_round : without) += 1;
            if (!found) continue;
            EXPECT_TRUE(instance.is_round(*found)) << "seed " << seed << " from " << i;
            EXPECT_TRUE(std::ranges::is_sorted(*found));
            EXPECT_NE(std::ranges::find(*found, attempt_of(i), &wire::NodeRef::attempt),
                      found->end());
        }
    }
    EXPECT_GT(with_round, 1'000);
    EXPECT_GT(without, 1'000);
}

constexpr wire::ChannelId channel{0, 0};

TEST(Solver, PrefersTheSmallerRank) {
    Holdings holdings({});
    holdings.add(attempt_of(1));
    holdings.add(attempt_of(2));
    holdings.add_leaf(attempt_of(1), {1, {}, {{channel, true, 1}}, {1}, 0});
    holdings.add_leaf(attempt_of(1), {2, {}, {{channel, true, 1}}, {0}, 0});
    holdings.add_leaf(attempt_of(2), {1, {}, {{channel, false, 1}}, {}, 0});
    const auto round = holdings.find_round(Forest(), attempt_of(2), false);
    ASSERT_TRUE(round);
    EXPECT_EQ(*round, (Decision{{attempt_of(1), 2}, {attempt_of(2), 1}}));
}

// Leaves are completed in any order; to add one must not touch those that it comes before.
TEST(Solver, ALeafStaysWhereItIsWhateverComesBeforeIt) {
    constexpr std::uint32_t count = 1'000;
    Holdings holdings({});
    const Held& held = holdings.add(attempt_of(1));
    std::vector<const Leaf*> places;
    for (std::uint32_t i = 0; i < count; ++i) {
        holdings.add_leaf(attempt_of(1), {i + 1, {}, {{channel, true, 1}}, {count - i}, 0});
        places.push_back(&*held.leaves.begin());
    }
    std::ranges::reverse(places);
    EXPECT_TRUE(
        std::ranges::equal(held.leaves, places, {}, [](const Leaf& leaf) { return &leaf; }));
    EXPECT_TRUE(std::ranges::is_sorted(held.leaves, {}, &Leaf::rank));
}

TEST(Solver, OfTheSameRankTheEarlierLeafIsFirst) {
    Holdings holdings({});
    const Held& held = holdings.add(attempt_of(1));
    for (NodeId node = 1; node <= 5; ++node) {
        holdings.add_leaf(attempt_of(1), {node, {}, {}, {node % 2}, 0});
    }
    EXPECT_TRUE(
        std::ranges::equal(held.leaves, std::vector<NodeId>{2, 4, 1, 3, 5}, {}, &Leaf::node));
}

TEST(Solver, SilenceIsTheLast) {
    Holdings holdings({});
    holdings.add(attempt_of(1));
    holdings.add_leaf(attempt_of(1), {1, {}, {}, {0}, 0});
    EXPECT_FALSE(holdings.find_round(Forest(), attempt_of(1), false));
    EXPECT_EQ(*holdings.find_round(Forest(), attempt_of(1), true), (Decision{{attempt_of(1), 1}}));
    holdings.add_leaf(attempt_of(1), {2, {}, {{channel, true, 1}}, {1}, 0});
    holdings.add(attempt_of(2));
    holdings.add_leaf(attempt_of(2), {1, {}, {{channel, false, 1}}, {}, 0});
    EXPECT_EQ(holdings.find_round(Forest(), attempt_of(1), true)->size(), 2u);
}

TEST(Solver, AChannelToItselfMustBalance) {
    Holdings holdings({});
    holdings.add(attempt_of(1));
    holdings.add_leaf(attempt_of(1), {1, {}, {{channel, false, 1}, {channel, true, 2}}, {}, 0});
    EXPECT_FALSE(holdings.find_round(Forest(), attempt_of(1), true));
    holdings.add_leaf(attempt_of(1), {2, {}, {{channel, false, 2}, {channel, true, 2}}, {}, 0});
    EXPECT_EQ(*holdings.find_round(Forest(), attempt_of(1), true), (Decision{{attempt_of(1), 2}}));
}

TEST(Solver, ApplicationsStepTogetherAndMoreOptionsArePreferred) {
    const AttemptId left{{0, 0}, 1};
    const AttemptId right{{1, 0}, 1};
    Holdings holdings({0, 1});
    holdings.add(left);
    holdings.add_leaf(left, {1, {}, {}, {0}, 0});
    holdings.add_leaf(left, {2, {}, {{channel, false, 1}}, {1}, 1});
    EXPECT_FALSE(holdings.find_round(Forest(), left, true)) << "one is missing";
    holdings.add(right);
    holdings.add_leaf(right, {1, {}, {}, {0}, 0});
    EXPECT_EQ(*holdings.find_round(Forest(), left, true), (Decision{{left, 1}, {right, 1}}));
    holdings.add_leaf(right, {2, {}, {{channel, true, 1}}, {1}, 0});
    EXPECT_EQ(*holdings.find_round(Forest(), right, true), (Decision{{left, 2}, {right, 2}}));
}

// Each of a row passes on what it gets or one more; the last one wants one of all sums, and those
// before it would rather pass on other ones.
TEST(Solver, ARowOfSumsIsFoundByFewComparisons) {
    const auto node_of = [](std::uint32_t sum, std::uint32_t added) { return 1 + 2 * sum + added; };
    const auto compared = [&](std::uint32_t length) {
        Holdings holdings({});
        Forest forest;
        const auto between = [](std::uint64_t i) {
            return wire::ChannelId{0, static_cast<std::uint32_t>(i)};
        };
        // All behaviours of the one before that have put this sum.
        const auto causes = [&](std::uint64_t i, std::uint32_t sum) {
            rounds::Depends depends;
            if (sum > 0) depends.push_back({attempt_of(i - 1), node_of(sum - 1, 1)});
            if (sum + 1 < i) depends.push_back({attempt_of(i - 1), node_of(sum, 0)});
            return depends;
        };
        for (std::uint64_t i = 1; i <= length; ++i) {
            const AttemptId attempt = attempt_of(i);
            holdings.add(attempt);
            for (std::uint32_t sum = 0; sum < i; ++sum) {
                for (std::uint32_t added = 0; added < 2; ++added) {
                    const NodeId node = node_of(sum, added);
                    forest.grow(attempt, node, 0);
                    Leaf leaf{node, i > 1 ? causes(i, sum) : Depends(), {}, {1 - added}, 0};
                    if (i > 1) leaf.uses.push_back({between(i - 1), false, 1});
                    leaf.uses.push_back({between(i), true, 1});
                    holdings.add_leaf(attempt, std::move(leaf));
                }
            }
        }
        const AttemptId last = attempt_of(length + 1);
        holdings.add(last);
        holdings.add_leaf(
            last, {1, causes(length + 1, length / 2), {{between(length), false, 1}}, {}, 0});
        const auto round = holdings.find_round(forest, last, false);
        EXPECT_TRUE(round && round->size() == length + 1);
        return holdings.pairs_compared();
    };
    // There are as many behaviours as the square.
    EXPECT_LE(compared(80), 4 * compared(40));
}

}  // namespace
}  // namespace reowolf::rounds
