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
