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

// As where nobody gives up.
TEST(Time, WhoGivesUpIsToldWhatWasMissing) {
    Told told;
    const Program program(R"(
        primitive picky(in<u64> from, out<u64> to) {
            while (true) sync { auto n = get(from); assert(n > 10); put(to, n); }
        }
    )");
    Runtime runtime(program, told.options());
    auto [give, from] = runtime.channel<u64>();
    auto [to, take] = runtime.channel<u64>();
    auto [nothing, never] = runtime.channel<u64>();
    runtime.start("picky", from, to);
    runtime.start_as(
        "sleeper",
        [](Out<u64> late) -> Component {
            co_await sleep_for(50ms);
            co_await late.put(1);
            co_await sleep_for(50ms);
        },
        nothing);
    const auto wait_for_nobody = [&](Round& r) -> Step<> { co_await r.get(never); };
    EXPECT_FALSE(runtime.sync_within(20ms, wait_for_nobody));
    EXPECT_EQ(runtime.now(), 20ms);
    EXPECT_TRUE(
        runtime.explain().contains("'the program' waits for a message at a port from 'sleeper'"))
        << runtime.explain();
    // It is what the last round said, and that has happened now.
    EXPECT_TRUE(runtime.sync_within(40ms, wait_for_nobody));
    EXPECT_FALSE(runtime.explain().contains("'the program' waits")) << runtime.explain();
    EXPECT_EQ(runtime.run(), Outcome::waiting);

    const auto give_too_little = [&](Round& r) -> Step<u64> {
        co_await r.put(give, 7);
        co_return co_await r.get(take);
    };
    EXPECT_FALSE(runtime.sync(give_too_little));
    const std::string said = runtime.explain();
    EXPECT_TRUE(said.contains("'the program' waits for a message at a port from 'picky'")) << said;
    EXPECT_TRUE(said.contains("a behaviour of 'picky' was discarded: the assertion is false"))
        << said;
    EXPECT_FALSE(runtime.sync_within(20ms, give_too_little));
    EXPECT_EQ(runtime.explain(), said);
    EXPECT_FALSE(runtime.sync_within(0ms, give_too_little));
    EXPECT_EQ(runtime.explain(), said);
}

TEST(Time, ALimitThatWasNotReachedEndsNothingElse) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [give, take] = runtime.channel<u64>();
    runtime.start(
        [](Out<u64> to) -> Component {
            for (u64 n = 0; n < 4; ++n) {
                co_await sleep_for(30ms);
                co_await to.put(n);
            }
        },
        give);
    const auto get = [&](Round& r) -> Step<u64> { co_return co_await r.get(take); };
    EXPECT_EQ(runtime.sync_within(40ms, get), 0u);
    EXPECT_EQ(runtime.sync(get), 1u);
    EXPECT_EQ(runtime.now(), 60ms);
    EXPECT_EQ(runtime.sync_within(50ms, get), 2u);
    EXPECT_EQ(runtime.sync_within(20ms, get), std::nullopt);
    EXPECT_EQ(runtime.now(), 110ms);
    EXPECT_EQ(runtime.sync_within(1000ms, get), 3u);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(runtime.now(), 120ms);
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
