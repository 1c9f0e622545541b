// SPDX-License-Identifier: MIT
#include "native/alarms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reowolf::native {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Alarms, ComeInTheOrderOfTheirTimes) {
    Alarms alarms;
    alarms.set(1, 30);
    alarms.set(2, 10);
    alarms.set(0, 30);
    EXPECT_EQ(alarms.next_ms(), 10);
    EXPECT_THAT(alarms.take_due(9), IsEmpty());
    EXPECT_THAT(alarms.take_due(30), ElementsAre(2, 0, 1));
    EXPECT_TRUE(alarms.empty());
    EXPECT_EQ(alarms.next_ms(), std::nullopt);
}

TEST(Alarms, ALaterWordReplacesAnEarlierOne) {
    Alarms alarms;
    alarms.set(7, 10);
    alarms.set(7, 20);
    EXPECT_THAT(alarms.take_due(10), IsEmpty());
    EXPECT_THAT(alarms.take_due(20), ElementsAre(7));
    EXPECT_TRUE(alarms.empty());
}

TEST(Alarms, WhatIsRemovedDoesNotCome) {
    Alarms alarms;
    alarms.set(1, 10);
    alarms.set(2, 20);
    alarms.remove(1);
    alarms.remove(3);
    EXPECT_EQ(alarms.next_ms(), 20);
    EXPECT_THAT(alarms.take_due(30), ElementsAre(2));
}

}  // namespace
}  // namespace reowolf::native
