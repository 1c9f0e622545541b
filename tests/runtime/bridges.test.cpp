// SPDX-License-Identifier: MIT
// Bridges between components and threads.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <reowolf/bridge.hpp>

#include "told.hpp"

namespace reowolf {
namespace {

using u64 = std::uint64_t;

// Threads have the real time.
Runtime::Options real(Told& told) {
    Runtime::Options options = told.options();
    options.virtual_time = false;
    return options;
}

TEST(Bridges, CarryValuesBothWays) {
    constexpr u64 count = 2'000;
    Told told;
    const Program program(R"(
        primitive twice(in<u64> from, out<u64> to) { while (true) sync put(to, 2 * get(from)); }
    )");
    Runtime runtime(program, real(told));
    auto [inlet, from] = make_inlet<u64>(runtime, 4);
    auto [to, outlet] = make_outlet<u64>(runtime, 3);
    runtime.start("twice", from, to);
    std::thread giver([inlet = std::move(inlet)]() mutable {
        for (u64 n = 0; n < count; ++n) ASSERT_TRUE(inlet.put(n));
    });
    u64 next = 0;
    std::thread taker([&next, &outlet] {
        while (const auto value = outlet.get()) EXPECT_EQ(*value, 2 * next++);
    });
    EXPECT_EQ(runtime.run(), Outcome::ended);
    giver.join();
    taker.join();
    EXPECT_EQ(next, count);
    EXPECT_TRUE(told.reports.empty());
}

TEST(Bridges, MakeWhoIsAheadWait) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [inlet, from] = make_inlet<std::string>(runtime, 2);
    auto [to, outlet] = make_outlet<std::string>(runtime, 1);
    EXPECT_TRUE(inlet.try_put("a"));
    EXPECT_TRUE(inlet.try_put("b"));
    EXPECT_FALSE(inlet.try_put("c"));
    EXPECT_FALSE(inlet.put_within(std::chrono::milliseconds(1), "c"));
    EXPECT_EQ(outlet.try_get(), std::nullopt);
    runtime.start(
        [](In<std::string> in, Out<std::string> out) -> Component {
            for (;;) {
                co_await sync([&](Round& r) -> Step<> { co_await r.put(out, co_await r.get(in)); });
            }
        },
        from, to);
    runtime.run_ready();
    // One has passed, and the other waits for room.
    EXPECT_TRUE(inlet.try_put("c"));
    EXPECT_FALSE(inlet.try_put("d"));
    EXPECT_EQ(outlet.try_get(), "a");
    EXPECT_EQ(outlet.try_get(), std::nullopt);
    runtime.run_ready();
    EXPECT_EQ(outlet.get(), "b");
    runtime.run_ready();
    EXPECT_EQ(outlet.get(), "c");
    inlet.close();
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(outlet.get(), std::nullopt);
    EXPECT_FALSE(inlet.put("e"));
}

TEST(Bridges, ClosingReachesTheOtherSide) {
    Told told;
    Runtime runtime(Program(), real(told));
    // The thread wants no more.
    auto [to, outlet] = make_outlet<u64>(runtime, 1);
    runtime.start(
        [](Out<u64> out) -> Component {
            for (u64 n = 0; co_await out.try_put(n); ++n) {
            }
        },
        to);
    // The component takes no more.
    auto [inlet, from] = make_inlet<u64>(runtime, 1);
    runtime.start([](In<u64> in) -> Component { co_await in.get(); }, from);
    std::thread thread([&] {
        EXPECT_EQ(outlet.get(), 0u);
        EXPECT_EQ(outlet.get(), 1u);
        outlet.close();
        while (inlet.put(1)) {
        }
        EXPECT_TRUE(inlet.is_closed());
    });
    EXPECT_EQ(runtime.run(), Outcome::ended);
    thread.join();
    EXPECT_TRUE(told.reports.empty());
}

// What is left in an outlet can be taken when its component has ended.
TEST(Bridges, AFullOutletKeepsNobodyWaiting) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [to, outlet] = make_outlet<u64>(runtime, 1);
    runtime.start([](Out<u64> out) -> Component { co_await out.put(7); }, to);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(outlet.get(), 7u);
    EXPECT_EQ(outlet.get(), std::nullopt);
}

TEST(Bridges, TheLongestTimeIsAsLongAsItTakes) {
    Told told;
    Runtime runtime(Program(), real(told));
    auto [inlet, from] = make_inlet<u64>(runtime, 1);
    auto [to, outlet] = make_outlet<u64>(runtime, 1);
    EXPECT_TRUE(inlet.try_put(1));
    EXPECT_FALSE(inlet.put_within(std::chrono::milliseconds::min(), 2));
    EXPECT_FALSE(outlet.get_within(std::chrono::milliseconds::min()));
    runtime.start(
        [](In<u64> in, Out<u64> out) -> Component {
            for (;;) co_await out.put(co_await in.get());
        },
        from, to);
    std::thread giver([&inlet] {
        EXPECT_TRUE(inlet.put_within(std::chrono::milliseconds::max(), 2));
        inlet.close();
    });
    std::thread taker([&outlet] {
        EXPECT_EQ(outlet.get_within(std::chrono::milliseconds::max()), 1u);
        EXPECT_EQ(outlet.get_within(std::chrono::hours(24 * 365 * 250)), 2u);
        EXPECT_EQ(outlet.get_within(std::chrono::milliseconds::max()), std::nullopt);
    });
    EXPECT_EQ(runtime.run(), Outcome::ended);
    giver.join();
    taker.join();
}

TEST(Bridges, SeveralThreadsAtOneInlet) {
    constexpr u64 each = 500;
    Told told;
    Runtime runtime(Program(), real(told));
    auto [inlet, from] = make_inlet<u64>(runtime, 8);
    u64 sum = 0;
    u64 count = 0;
    runtime.start(
        [&](In<u64> in) -> Component {
            for (; count < 3 * each; ++count) sum += co_await in.get();
        },
        from);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            for (u64 n = 1; n <= each; ++n) inlet.put(n);
        });
    }
    EXPECT_EQ(runtime.run(), Outcome::ended);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(sum, 3 * each * (each + 1) / 2);
}

TEST(Bridges, AThreadCanStopARun) {
    Told told;
    Runtime runtime(Program(), real(told));
    auto [inlet, from] = make_inlet<u64>(runtime, 1);
    runtime.start([](In<u64> in) -> Component { co_await in.get(); }, from);
    std::thread thread([&] { runtime.stop(); });
    EXPECT_EQ(runtime.run(), Outcome::stopped);
    thread.join();
    EXPECT_EQ(runtime.components(), 2u);
}

TEST(Bridges, ALoopOfOnesOwnIsWoken) {
    Told told;
    Runtime runtime(Program(), real(told));
    std::atomic<int> woken = 0;
    runtime.on_wake([&] { ++woken; });
    auto [inlet, from] = make_inlet<u64>(runtime, 1);
    u64 got = 0;
    runtime.start([&](In<u64> in) -> Component { got = co_await in.get(); }, from);
    runtime.run_ready();
    const int before = woken;
    std::thread thread([&] { inlet.put(7); });
    thread.join();
    EXPECT_GT(woken, before);
    EXPECT_TRUE(runtime.wait());
    runtime.run_ready();
    EXPECT_EQ(got, 7u);
    EXPECT_EQ(runtime.outcome(), Outcome::ended);
    EXPECT_FALSE(runtime.wait());
}

}  // namespace
}  // namespace reowolf
