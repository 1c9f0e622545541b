// SPDX-License-Identifier: MIT
// Components that wait for the time, which is virtual here.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

namespace reowolf {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using u64 = std::uint64_t;

TEST(Time, ComponentsSleep) {
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<std::string> events;
    const auto sleeper = [&](std::string name, milliseconds time) -> Component {
        for (int i = 0; i < 2; ++i) {
            co_await sleep_for(time);
            events.push_back(name + std::to_string((co_await now()).count()));
        }
        co_await sleep_until(100ms);
        co_await sleep_for(-1ms);
        events.push_back(name + std::to_string((co_await now()).count()));
    };
    runtime.start(sleeper, "a", 20ms);
    runtime.start(sleeper, "b", 30ms);
    runtime.run_ready();
    EXPECT_EQ(runtime.next_time(), 20ms);
    EXPECT_EQ(runtime.outcome(), Outcome::waiting);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(events, (std::vector<std::string>{"a20", "b30", "a40", "b60", "a100", "b100"}));
    EXPECT_EQ(runtime.now(), 100ms);
}

TEST(Time, TheLongestTimeDoesNotComeToAnEnd) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    std::vector<u64> got;
    bool is_over = false;
    runtime.start([](Out<u64> to) -> Component { co_await sleep_for(20ms), co_await to.put(7); },
                  out);
    runtime.start(
        [&](In<u64> from) -> Component {
            const auto block = [&](Round& r) -> Step<u64> { co_return co_await r.get(from); };
            got.push_back((co_await sync(block).within(milliseconds::max())).value_or(0));
            co_await sleep_for(milliseconds::min());
            co_await sleep_for(milliseconds::max());
            is_over = true;
        },
        in);
    runtime.run_ready();
    while (runtime.next_time() < milliseconds::max()) {
        ASSERT_TRUE(runtime.wait());
        runtime.run_ready();
    }
    EXPECT_EQ(got, (std::vector<u64>{7}));
    EXPECT_FALSE(is_over);
    EXPECT_EQ(runtime.now(), 20ms);
}

TEST(Time, ABlockHappensInTimeOrNotAtAll) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    runtime.start(
        [](Out<u64> to) -> Component {
            co_await sleep_for(50ms);
            co_await to.put(1);
            co_await sleep_for(1000ms);
            co_await to.put(2);
        },
        out);
    std::vector<std::optional<u64>> got;
    std::vector<milliseconds> times;
    runtime.start(
        [&](In<u64> from) -> Component {
            const auto get = [&](Round& r) -> Step<u64> { co_return co_await r.get(from); };
            for (int i = 0; i < 3; ++i) {
                got.push_back(co_await sync(get).within(40ms));
                times.push_back(co_await now());
            }
            EXPECT_FALSE(
                co_await sync([&](Round& r) -> Step<> { co_await r.get(from); }).until(500ms));
            EXPECT_TRUE(
                co_await sync([&](Round& r) -> Step<> { co_await r.get(from); }).until(2000ms));
            times.push_back(co_await now());
        },
        in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, (std::vector<std::optional<u64>>{std::nullopt, 1, std::nullopt}));
    EXPECT_EQ(times, (std::vector<milliseconds>{40ms, 50ms, 90ms, 1050ms}));
    EXPECT_TRUE(told.reports.empty());
}

TEST(Time, TheStandardLibraryHasTheSameTime) {
    Told told;
    const Program program(R"(
        import std.time;
        primitive show(in<u64> tick) { while (true) sync print(get(tick)); }
        comp main() { channel tick -> ticks; new time::timer(tick, 10); new show(ticks); }
    )");
    Runtime runtime(program, told.options());
    runtime.start("main");
    runtime.start([&]() -> Component {
        co_await sleep_for(35ms);
        runtime.stop();
    });
    EXPECT_EQ(runtime.run(), Outcome::stopped);
    EXPECT_EQ(told.lines, (std::vector<std::string>{"1", "2", "3"}));
}

}  // namespace
}  // namespace reowolf
