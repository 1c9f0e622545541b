// SPDX-License-Identifier: MIT
#include "machine/large_blocks.hpp"

#include <cstring>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace reowolf::machine {

namespace {

TEST(LargeBlocks, are_used_again_by_those_of_their_size) {
    constexpr std::size_t bytes = 1'250'000;
    void* const first = take_large(bytes);
    ASSERT_TRUE(first);
    std::memset(first, 1, bytes);
    give_back_large(first, bytes);
    void* const larger = take_large(2 * bytes);
    EXPECT_NE(larger, first);
    EXPECT_EQ(take_large(bytes - 1), first) << "nearly as large";
    give_back_large(first, bytes - 1);
    EXPECT_EQ(take_large(bytes), first);
    void* const other = take_large(bytes);
    EXPECT_NE(other, first) << "it is taken";
    give_back_large(first, bytes);
    give_back_large(other, bytes);
    give_back_large(larger, 2 * bytes);
}

TEST(LargeBlocks, of_many_each_belongs_to_one) {
    std::vector<void*> taken;
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < 20; ++i) {
            taken.push_back(take_large(large_bytes_min * (1 + i % 3)));
            std::memset(taken.back(), 1, large_bytes_min * (1 + i % 3));
        }
        EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), taken.size());
        for (std::size_t i = 0; i < 20; ++i)
            give_back_large(taken[i], large_bytes_min * (1 + i % 3));
        taken.clear();
    }
}

}  // namespace

}  // namespace reowolf::machine
