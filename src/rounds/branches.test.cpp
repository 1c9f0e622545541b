// SPDX-License-Identifier: MIT
#include "rounds/branches.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace reowolf::rounds {
namespace {

using wire::NodeId;

constexpr wire::AttemptId attempt{{1, 2}, 3};

std::vector<wire::NodeRef> some_nodes(Random& random, std::size_t tree_size) {
    std::vector<wire::NodeRef> nodes;
    for (std::uint64_t i = random.below(3); i > 0; --i) {
        nodes.push_back({attempt, static_cast<NodeId>(random.below(tree_size))});
    }
    std::ranges::sort(nodes);
    return nodes;
}

// All that fit are found, and only those are left out that do not.
TEST(Branches, FindWhatLooksAtEverything) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Random random(seed);
        const bool is_deep = seed % 3 == 0;
        const std::size_t size = is_deep ? 200 : 40;
        Forest forest;
        for (NodeId node = 1; node < size; ++node) {
            const bool follows = random.chance(is_deep ? 95 : 40);
            forest.grow(attempt, node,
                        follows ? node - 1 : static_cast<NodeId>(random.below(node)));
        }
        Branches branches(attempt);
        std::vector<std::vector<wire::NodeRef>> things;
        for (std::size_t i = 0; i < 80; ++i) {
            things.push_back(some_nodes(random, size));
            branches.add(forest, things.back(), i);
        }
        for (std::size_t i = 0; i < 80; ++i) {
            const auto wanted = some_nodes(random, size);
            const auto found = branches.find(forest, wanted);
            EXPECT_TRUE(std::ranges::is_sorted(found));
            std::size_t missed = 0;
            std::size_t needless = 0;
            for (std::size_t thing = 0; thing < things.size(); ++thing) {
                bool fits = wanted.empty() || things[thing].empty();
                for (const auto& one : wanted) {
                    fits |= std::ranges::any_of(things[thing], [&](const auto& other) {
                        return forest.is_above(attempt, one.node, other.node) ||
                               forest.is_above(attempt, other.node, one.node);
                    });
                }
                const bool is_found = std::ranges::binary_search(found, thing);
                missed += static_cast<std::size_t>(fits && !is_found);
                needless += static_cast<std::size_t>(!fits && is_found);
            }
            EXPECT_EQ(missed, 0u);
            EXPECT_TRUE(is_deep || needless == 0);
        }
    }
}

TEST(Branches, WhatHangsAboveIsFound) {
    Forest forest;
    for (NodeId node = 1; node <= 3; ++node) forest.grow(attempt, node, node - 1);
    forest.grow(attempt, 4, 1);
    Branches branches(attempt);
    const wire::NodeRef at{attempt, 2};
    branches.add(forest, {&at, 1}, 7);
    const auto is_seven = [](Branches::Item item) { return item == 7; };
    EXPECT_TRUE(branches.any_above(forest, {attempt, 2}, is_seven));
    EXPECT_TRUE(branches.any_above(forest, {attempt, 3}, is_seven));
    EXPECT_FALSE(branches.any_above(forest, {attempt, 1}, is_seven));
    EXPECT_FALSE(branches.any_above(forest, {attempt, 4}, is_seven));
}

}  // namespace
}  // namespace reowolf::rounds
