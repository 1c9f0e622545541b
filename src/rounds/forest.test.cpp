// SPDX-License-Identifier: MIT
#include "rounds/forest.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace reowolf::rounds {
namespace {

using wire::AttemptId;
using wire::NodeId;

constexpr AttemptId first{{1, 2}, 3};

// Parents by node, and the slow way to every answer.
class Tree {
  public:
    // `depth_bias`: how likely in percent the youngest node is the next one's parent.
    Tree(std::uint64_t seed, std::size_t size, unsigned depth_bias) {
        Random random(seed);
        for (std::size_t i = 1; i < size; ++i) {
            parents_.push_back(random.chance(depth_bias) ? static_cast<NodeId>(i - 1)
                                                         : static_cast<NodeId>(random.below(i)));
        }
    }
    NodeId parent(NodeId node) const { return parents_[node]; }
    std::size_t size() const { return parents_.size(); }
    bool is_above(NodeId above, NodeId below) const {
        while (below != above && below != 0) below = parents_[below];
        return below == above;
    }

  private:
    std::vector<NodeId> parents_{0};
};

TEST(Forest, KnowsAncestorsLikeTheSlowWay) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const Tree tree(seed, 2 + seed * 2, static_cast<unsigned>(seed * 37 % 100));
        Forest forest;
        for (NodeId node = 1; node < tree.size(); ++node) {
            ASSERT_TRUE(forest.grow(first, node, tree.parent(node)));
        }
        for (NodeId above = 0; above < tree.size(); ++above) {
            for (NodeId below = 0; below < tree.size(); ++below) {
                ASSERT_EQ(forest.is_above(first, above, below), tree.is_above(above, below))
                    << "seed " << seed << ": " << above << " above " << below;
            }
        }
    }
}

TEST(Forest, RefusesWhatDoesNotGrowOnIt) {
    Forest forest;
    EXPECT_FALSE(forest.grow(first, 2, 1));  // no such parent
    EXPECT_TRUE(forest.grow(first, 1, 0));
    EXPECT_TRUE(forest.grow(first, 1, 0));  // told twice
    EXPECT_TRUE(forest.grow(first, 2, 1));
    EXPECT_FALSE(forest.grow(first, 2, 0));  // another parent than before
    EXPECT_FALSE(forest.grow(first, 0, 2));  // the root has none
    EXPECT_FALSE(forest.is_above(first, 7, 2));
    EXPECT_FALSE(forest.is_above(first, 1, 7));
    EXPECT_TRUE(forest.knows({first, 0}));
    EXPECT_FALSE(forest.knows({first, 7}));
}

TEST(Forest, ANewerAttemptSaysThatTheOlderAreOver) {
    Forest forest;
    ASSERT_TRUE(forest.grow(first, 1, 0));
    ASSERT_TRUE(forest.grow({first.component, first.number + 1}, 1, 0));
    EXPECT_FALSE(forest.knows({first, 1}));
    EXPECT_EQ(forest.size(), 1u);
}

// A join is the deepest of each, if all lie on one branch.
TEST(Forest, JoinsLikeTheSlowWay) {
    constexpr int attempts = 3;
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        Random random(seed);
        const Tree tree(seed, 12, 50);
        Forest forest;
        const auto attempt = [](std::uint64_t i) {
            return AttemptId{{0, static_cast<std::uint32_t>(i)}, 1};
        };
        for (int i = 0; i < attempts; ++i) {
            for (NodeId node = 1; node < tree.size(); ++node) {
                forest.grow(attempt(static_cast<std::uint64_t>(i)), node, tree.parent(node));
            }
        }
        Depends sides[2];
        for (Depends& side : sides) {
            for (std::uint64_t i = 0; i < attempts; ++i) {
                if (!random.chance(60)) continue;
                side.push_back({attempt(i), static_cast<NodeId>(random.below(tree.size()))});
            }
        }
        std::optional<Depends> expected = Depends{};
        for (std::uint64_t i = 0; i < attempts && expected; ++i) {
            std::optional<NodeId> deepest;
            for (const Depends& side : sides) {
                const auto found = std::ranges::find(side, attempt(i), &wire::NodeRef::attempt);
                if (found == side.end() || !expected) continue;
                if (!deepest || tree.is_above(*deepest, found->node)) {
                    deepest = found->node;
                } else if (!tree.is_above(found->node, *deepest)) {
                    expected.reset();
                }
            }
            if (expected && deepest) expected->push_back({attempt(i), *deepest});
        }
        EXPECT_EQ(join(forest, sides[0], sides[1]), expected) << "seed " << seed;
    }
}

// Of each of some attempts one node or several, which may have led to a behaviour.
Depends some_nodes(Random& random, const Tree& tree, std::uint32_t attempts) {
    Depends depends;
    for (std::uint32_t i = 0; i < attempts; ++i) {
        if (!random.chance(80)) continue;
        const auto count = 1 + random.below(3);
        for (std::uint64_t k = 0; k < count; ++k) {
            depends.push_back({{{0, i}, 1}, static_cast<NodeId>(random.below(tree.size()))});
        }
    }
    std::ranges::sort(depends);
    depends.erase(std::ranges::unique(depends).begin(), depends.end());
    return depends;
}

// Whether one of the attempt's nodes is above; also if there are none.
bool allows(const Depends& depends, const Tree& tree, const AttemptId& attempt, NodeId leaf) {
    const auto nodes = std::ranges::equal_range(depends, attempt, {}, &wire::NodeRef::attempt);
    return nodes.empty() || std::ranges::any_of(nodes, [&](const wire::NodeRef& node) {
               return tree.is_above(node.node, leaf);
           });
}

// What both allow is allowed by both together, and what one allows, by either. The other way round
// that holds as well, where the join is; and where either keeps all that there was.
TEST(Forest, OneOfSeveralNodes) {
    constexpr std::uint32_t attempts = 3;
    constexpr AttemptId certain{{0, 0}, 1};
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        Random random(seed);
        const Tree tree(seed, 12, 50);
        Forest forest;
        for (std::uint32_t i = 0; i < attempts; ++i) {
            for (NodeId node = 1; node < tree.size(); ++node) {
                forest.grow({{0, i}, 1}, node, tree.parent(node));
            }
        }
        const Depends a = some_nodes(random, tree, attempts);
        const Depends b = some_nodes(random, tree, attempts);
        const auto both = join(forest, a, b);
        const auto one = either(a, b, [&](const AttemptId& which) { return which == certain; });
        ASSERT_TRUE(one);
        for (std::uint32_t i = 0; i < attempts; ++i) {
            const AttemptId attempt{{0, i}, 1};
            bool is_possible = false;
            for (NodeId leaf = 0; leaf < tree.size(); ++leaf) {
                const bool by_a = allows(a, tree, attempt, leaf);
                const bool by_b = allows(b, tree, attempt, leaf);
                is_possible |= by_a && by_b;
                if (both) {
                    EXPECT_EQ(allows(*both, tree, attempt, leaf), by_a && by_b) << "seed " << seed;
                }
                if (attempt == certain) {
                    EXPECT_EQ(allows(*one, tree, attempt, leaf), by_a || by_b) << "seed " << seed;
                } else if (by_a || by_b) {
                    EXPECT_TRUE(allows(*one, tree, attempt, leaf)) << "seed " << seed;
                }
            }
            EXPECT_TRUE(is_possible || !both) << "seed " << seed;
        }
    }
}

// Another site can say that one of very many nodes led to its value.
TEST(Forest, VeryManyNodesAreNotJoined) {
    constexpr NodeId many = 100'000;
    Forest forest;
    Depends odd;
    Depends even;
    for (NodeId node = 1; node < many; ++node) {
        forest.grow(first, node, 0);
        (node % 2 == 0 ? even : odd).push_back({first, node});
    }
    EXPECT_EQ(join(forest, odd, even), std::nullopt);
    EXPECT_EQ(join(forest, odd, {{first, 0}}), odd);
}

TEST(Forest, EitherIsNotKeptWhereItIsLong) {
    const AttemptId other{{1, 3}, 1};
    Depends few;
    Depends many;
    for (NodeId node = 0; node < 5; ++node) few.push_back({first, node});
    for (NodeId node = 5; node < 100; ++node) many.push_back({first, node});
    few.push_back({other, 1});
    many.push_back({other, 2});
    EXPECT_EQ(either(few, many, [](const AttemptId&) { return true; }), std::nullopt);
    EXPECT_EQ(either(few, many, [&](const AttemptId& which) { return which == other; }),
              (Depends{{other, 1}, {other, 2}}));
}

TEST(Forest, WhatHasOneBranchNeedNotBeNamed) {
    const AttemptId rooted{{1, 3}, 1};
    const AttemptId split{{1, 4}, 1};
    const AttemptId giver{{1, 5}, 1};
    Forest forest;
    forest.grow(first, 1, 0);
    forest.grow(first, 2, 1);
    forest.grow(split, 1, 0);
    forest.grow(split, 2, 0);
    const auto is_giver = [&](const AttemptId& which) { return which == giver; };
    Depends depends{{first, 2}, {rooted, 0}, {split, 1}, {giver, 0}};
    shorten(forest, depends, is_giver);
    EXPECT_EQ(depends, (Depends{{split, 1}, {giver, 0}}));
    depends = {{first, 1}};
    shorten(forest, depends, is_giver);
    EXPECT_EQ(depends, (Depends{{first, 1}})) << "there is more below it";
}

TEST(Forest, TwoAttemptsOfOneComponentContradictEachOther) {
    const Forest forest;
    const AttemptId next{first.component, first.number + 1};
    EXPECT_EQ(join(forest, {{first, 0}}, {{next, 0}}), std::nullopt);
}

// What is announced to a site is enough to grow the same tree there, and nothing is told twice.
TEST(Announcements, AreEnoughAndNoMore) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Random random(seed);
        const Tree tree(seed, 40, 70);
        Forest here, there;
        for (NodeId node = 1; node < tree.size(); ++node) {
            here.grow(first, node, tree.parent(node));
        }
        Announcements announcements;
        std::size_t told = 0;
        for (int i = 0; i < 60; ++i) {
            const auto node = static_cast<NodeId>(random.below(tree.size()));
            std::vector<wire::Lineage> lineage;
            announcements.describe(here, 5, {first, node}, lineage);
            told += lineage.size();
            for (const wire::Lineage& line : lineage) {
                ASSERT_TRUE(there.grow(line.attempt, line.node, line.parent)) << "seed " << seed;
            }
            ASSERT_TRUE(there.knows({first, node})) << "seed " << seed;
        }
        EXPECT_LT(told, tree.size()) << "seed " << seed;
        std::vector<wire::Lineage> lineage;
        announcements.describe(here, 6, {first, 1}, lineage);
        EXPECT_EQ(lineage.size(), 1u) << "another site is told for itself";
    }
}

}  // namespace
}  // namespace reowolf::rounds
