// SPDX-License-Identifier: MIT
#include "tasks/simulated.hpp"

#include <deque>
#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace reowolf::tasks {
namespace {

struct Action : Timer {
    explicit Action(std::function<void()> action) : does(std::move(action)) {
        run = [](Job& job) { static_cast<Action&>(job).does(); };
    }
    std::function<void()> does;
};

std::string order_with(std::uint64_t seed) {
    Simulated simulated(seed);
    std::string order;
    std::deque<Action> actions;
    for (char name = 'a'; name <= 'j'; ++name) {
        actions.emplace_back([&order, name] { order += name; });
        simulated.start(actions.back());
    }
    while (simulated.step()) {
    }
    return order;
}

TEST(Simulated, TheSeedDecidesTheOrder) {
    EXPECT_EQ(order_with(1), order_with(1));
    EXPECT_NE(order_with(1), order_with(2));
    EXPECT_EQ(order_with(1).size(), 10u);
}

TEST(Simulated, TimePassesOnlyWhenNothingElseCanRun) {
    Simulated simulated(1);
    std::string order;
    Action late([&] { order += "late at " + std::to_string(simulated.now_ns()) + '\n'; });
    Action soon([&] { order += "soon at " + std::to_string(simulated.now_ns()) + '\n'; });
    Action gone([&] { order += "gone\n"; });
    Action now([&] { order += "now\n"; });
    simulated.set(late, 2'000'000'000);
    simulated.set(soon, 1'000);
    simulated.set(gone, 500);
    simulated.start(now);
    EXPECT_TRUE(simulated.cancel(gone));
    while (simulated.step()) {
    }
    EXPECT_EQ(order, "now\nsoon at 1000\nlate at 2000000000\n");
    EXPECT_FALSE(simulated.cancel(late));
}

TEST(Simulated, AWaitRunsWhatItWaitsForAndNoticesThatNothingWillCome) {
    Simulated simulated(1);
    Signal signal;
    Action setter([&] { simulated.set(signal); });
    simulated.set(setter, 100);
    EXPECT_TRUE(simulated.wait(signal, never_ns));
    Signal never;
    EXPECT_FALSE(simulated.wait(never, never_ns));
}

TEST(Simulated, AWaitHasALimit) {
    Simulated simulated(1);
    Signal never;
    Action ticks([&] { simulated.set(ticks, simulated.now_ns() + 10); });
    simulated.set(ticks, 10);
    EXPECT_FALSE(simulated.wait(never, 1'000));
    EXPECT_GE(simulated.now_ns(), 1'000);
    simulated.forget();
}

}  // namespace
}  // namespace reowolf::tasks
