// SPDX-License-Identifier: MIT
// Parts of a program that nothing connects are run by several threads, and the program sees nothing
// of that but that it is quicker.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <reowolf/bridge.hpp>

#include "told.hpp"

namespace reowolf {
namespace {

using u64 = std::uint64_t;

constexpr const char* text = R"(
    import std.time;
    primitive source(out<u64> to, u64 first, u64 count) {
        u64 n = 0;
        while (n < count) { sync put(to, first + n); n += 1; }
    }
    primitive printer(in<u64> from, u64 count) {
        u64 n = 0;
        while (n < count) { sync print(get(from)); n += 1; }
    }
    primitive sum(in<u64> from, u64 count) {
        u64 all = 0;
        u64 n = 0;
        while (n < count) { sync all += get(from); n += 1; }
        print(all);
    }
    composite pair(u64 first, u64 count) {
        channel o -> i;
        new source(o, first, count);
        new printer(i, count);
    }
    composite adding(u64 count) {
        channel o -> i;
        new source(o, 0, count);
        new sum(i, count);
    }
    composite adding_many(u64 pairs, u64 count) { for (u64 _ in 0..pairs) new adding(count); }
    primitive failing(u64 n) { print(1 / n); }
    primitive waiting(in<u64> from, out<u64> to) { sync { u64 n = get(from); put(to, n); } }
    primitive endless_source(out<u64> to) { while (true) sync put(to, 1); }
    primitive endless_sink(in<u64> from) { while (true) sync get(from); }
    primitive endless_printer(in<u64> from) { while (true) sync print(get(from)); }
    composite endless() { channel o -> i; new endless_source(o); new endless_sink(i); }
    composite endless_lines() { channel o -> i; new endless_source(o); new endless_printer(i); }
    primitive ticked(in<u64> tick) { sync print(get(tick)); }
    composite ticking(u64 ms) { channel o -> i; new time::timer(o, ms); new ticked(i); }
)";

// More than one thread runs them from some thousand turns on.
constexpr u64 many = 20'000;

struct Parts : testing::Test {
    Runtime::Options options(unsigned workers) {
        Runtime::Options options = told.options();
        options.workers = workers;
        return options;
    }
    static Channel<u64> start_pair(Runtime& runtime, u64 first, u64 count) {
        const auto ends = runtime.channel<u64>();
        runtime.start("source", ends.out, first, count);
        runtime.start("printer", ends.in, count);
        return ends;
    }
    std::vector<std::string> sorted_lines() {
        std::ranges::sort(told.lines);
        return std::exchange(told.lines, {});
    }

    Told told;
};

// Each line is told in the program's own thread; those of one component in their order, and none is
// missing when run() returns.
TEST_F(Parts, TellInTheThreadOfTheProgram) {
    constexpr u64 pairs = 5;
    std::map<u64, u64> lines;  // by pair
    const auto self = std::this_thread::get_id();
    Runtime::Options options = this->options(3);
    options.print = [&](const std::string& line) {
        EXPECT_EQ(std::this_thread::get_id(), self);
        const u64 value = std::stoull(line);
        EXPECT_EQ(value % many, lines[value / many]++);
    };
    Runtime runtime(Program(text), options);
    for (u64 pair = 0; pair < pairs; ++pair) start_pair(runtime, pair * many, many);
    EXPECT_EQ(runtime.components(), 2 * pairs);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(runtime.components(), 0u);
    EXPECT_EQ(runtime.rounds(), pairs * many);
    for (u64 pair = 0; pair < pairs; ++pair) EXPECT_EQ(lines[pair], many);
    EXPECT_TRUE(told.reports.empty());
}

TEST_F(Parts, ComeToTheSameWithAnyNumberOfWorkers) {
    std::vector<std::vector<std::string>> lines;
    for (const unsigned workers : {1u, 2u, 4u}) {
        Runtime runtime(Program(text), options(workers));
        for (const u64 count : {3u, 1'000u, 30'000u, 50'000u}) runtime.start("adding", count);
        runtime.start("adding_many", u64{10}, u64{2'000});
        EXPECT_EQ(runtime.run(), Outcome::ended);
        EXPECT_EQ(runtime.rounds(), 101'003u);
        lines.push_back(sorted_lines());
    }
    EXPECT_EQ(lines[0].size(), 14u);
    EXPECT_EQ(lines[1], lines[0]);
    EXPECT_EQ(lines[2], lines[0]);
}

// Who has to do with the program itself, or with the time, stays with it; and is not held up.
TEST_F(Parts, AreBesideWhatTheProgramTakesPartIn) {
    for (const unsigned workers : {1u, 3u}) {
        Runtime runtime(Program(text), options(workers));
        runtime.start("adding_many", u64{6}, many);
        runtime.start("ticking", u64{30});
        auto [own, from] = runtime.channel<u64>();
        runtime.start("printer", from, u64{1});
        auto [to, taken] = runtime.channel<u64>();
        runtime.start("source", to, u64{5}, u64{2});
        u64 native_sum = 0;
        auto [give, take] = runtime.channel<u64>();
        runtime.start("source", give, u64{1}, u64{3});
        runtime.start(
            [&](In<u64> in) -> Component {
                for (int i = 0; i < 3; ++i) native_sum += co_await in.get();
            },
            take);
        EXPECT_EQ(runtime.run(), Outcome::waiting);
        const bool is_done = runtime.sync([&](Round& round) -> Step<> {
            co_await round.put(own, u64{17});
            co_await round.get(taken);
        });
        EXPECT_TRUE(is_done);
        EXPECT_EQ(native_sum, 6u);
        runtime.close(taken);
        EXPECT_EQ(runtime.run(), Outcome::ended);
        const auto lines = sorted_lines();
        ASSERT_EQ(lines.size(), 8u) << workers;
        EXPECT_EQ(std::ranges::count(lines, "17"), 1);
        EXPECT_EQ(std::ranges::count(lines, std::to_string(many * (many - 1) / 2)), 6);
        EXPECT_EQ(runtime.rounds(), 6 * many + 1 + 1 + 3);
    }
}

// Those who are stuck alike are told of together if they are in one part.
TEST_F(Parts, SayWhoFailsAndWhoIsStuck) {
    std::vector<std::string> failed;
    for (const unsigned workers : {1u, 2u}) {
        Runtime runtime(Program(text), options(workers));
        for (int i = 0; i < 2; ++i) {
            auto [a, b] = runtime.channel<u64>();
            auto [c, d] = runtime.channel<u64>();
            runtime.start("waiting", b, c);
            runtime.start("waiting", d, a);
        }
        runtime.start("failing", u64{0});
        runtime.start("failing", u64{1});
        start_pair(runtime, 0, many);
        EXPECT_EQ(runtime.run(), Outcome::stuck);
        EXPECT_TRUE(runtime.has_failed());
        EXPECT_EQ(runtime.components(), 4u);
        EXPECT_TRUE(runtime.explain().contains("waiting#4"));
        EXPECT_EQ(sorted_lines().size(), many + 1);
        for (const Report& report : std::exchange(told.reports, {})) {
            EXPECT_EQ(report.is_stuck, report.component == "waiting");
            if (!report.is_stuck) failed.push_back(report.shown);
        }
    }
    ASSERT_EQ(failed.size(), 2u);
    EXPECT_EQ(failed[1], failed[0]);
}

// What is given to a component is not the program's any more, though nothing runs yet.
TEST_F(Parts, OwnTheirPortsFromTheStart) {
    Runtime runtime(Program(text), options(2));
    const auto ends = start_pair(runtime, 0, 3);
    start_pair(runtime, 3, 3);
    EXPECT_THROW(runtime.start("source", ends.out, u64{0}, u64{1}), std::invalid_argument);
    EXPECT_THROW(runtime.close(ends.in), std::invalid_argument);
    EXPECT_THROW(runtime.start([](Out<u64>) -> Component { co_return; }, ends.out),
                 std::invalid_argument);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(told.lines.size(), 6u);
}

// What is closed before anything runs is so for those who are started.
TEST_F(Parts, SeeWhatTheProgramHasClosed) {
    Runtime runtime(Program(text), options(2));
    const auto closed = runtime.channel<u64>();
    runtime.start("source", closed.out, u64{0}, u64{1});
    runtime.close(closed.in);
    start_pair(runtime, 0, 3);
    start_pair(runtime, 3, 3);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(told.lines.size(), 6u);
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].component, "source");
}

// Outside of its calls nothing happens; what went on is looked at, and goes on.
TEST_F(Parts, StandStillWhileTheProgramDoesNotRun) {
    Runtime runtime(Program(text), options(3));
    for (int i = 0; i < 5; ++i) runtime.start("endless");
    u64 before = 0;
    for (int i = 0; i < 20; ++i) {
        std::jthread stopping([&] { runtime.stop(); });
        EXPECT_EQ(runtime.run(), Outcome::stopped);
        const u64 rounds = runtime.rounds();
        EXPECT_GE(rounds, before);
        EXPECT_EQ(runtime.components(), 10u);
        EXPECT_EQ(runtime.rounds(), rounds);
        before = rounds;
    }
    while (runtime.rounds() < before + 10'000) EXPECT_TRUE(runtime.run_one());
}

// The program's own round is not held up by those who never come to rest.
TEST_F(Parts, DoNotKeepTheProgramWaiting) {
    Runtime runtime(Program(text), options(2));
    auto [own, from] = runtime.channel<u64>();
    runtime.start("printer", from, u64{1});
    for (int i = 0; i < 4; ++i) runtime.start("endless");
    runtime.stop();
    EXPECT_EQ(runtime.run(), Outcome::stopped);
    const bool is_done =
        runtime.sync([&](Round& round) -> Step<> { co_await round.put(own, u64{17}); });
    EXPECT_TRUE(is_done);
    EXPECT_EQ(told.lines, std::vector<std::string>{"17"});
}

// All is run by the program's thread then.
TEST_F(Parts, AreNoneIfTheProgramHasALoopOfItsOwn) {
    for (const bool is_by_round : {true, false}) {
        Runtime runtime(Program(text), options(2));
        auto [own, from] = runtime.channel<u64>();
        runtime.start("printer", from, u64{1});
        runtime.start("adding", many);
        runtime.start("adding", many);
        if (is_by_round) {
            EXPECT_TRUE(
                runtime.sync([&](Round& round) -> Step<> { co_await round.put(own, u64{17}); }));
        } else {
            runtime.run_ready();
        }
        EXPECT_EQ(runtime.components(), is_by_round ? 0u : 1u);
        EXPECT_EQ(told.lines.size(), is_by_round ? 3u : 2u);
        told.lines.clear();
    }
}

// Nobody gets further ahead than there is room, and nobody waits for room for ever.
TEST_F(Parts, WaitForWhoTakesTheirLines) {
    u64 lines = 0;
    Runtime* running = nullptr;
    Runtime::Options options = this->options(4);
    options.print = [&](const std::string&) {
        if (++lines % 10'000 == 0) running->stop();
        if (lines % 1'000 == 0) {
            EXPECT_GE(running->rounds(), lines);
        }
    };
    Runtime runtime(Program(text), options);
    running = &runtime;
    for (int i = 0; i < 6; ++i) runtime.start("endless_lines");
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(runtime.run(), Outcome::stopped);
        EXPECT_EQ(runtime.rounds(), lines);
    }
}

// A component of the program's builds, and asks, while others run.
TEST_F(Parts, GoOnWhileComponentsBuild) {
    Runtime runtime(Program(text), options(3));
    runtime.start("adding_many", u64{6}, many);
    u64 seen = 0;
    runtime.start([&]() -> Component {
        using Several = std::vector<std::pair<u64, std::string>>;
        for (u64 i = 0; i < 50; ++i) {
            const auto several = runtime.channel<Several>();
            const auto done = runtime.channel<u64>();
            runtime.start(
                [](Out<Several> to, u64 n) -> Component {
                    Several values;
                    values.emplace_back(n, "a");
                    co_await to.put(values);
                },
                several.out, i);
            runtime.start(
                [](In<Several> from, Out<u64> said) -> Component {
                    const Several got = co_await from.get();
                    co_await said.put(got[0].first);
                },
                several.in, done.out);
            EXPECT_GE(runtime.components(), 3u);
            runtime.start([&](In<u64> from) -> Component { seen += co_await from.get(); }, done.in);
            co_await sleep_for(std::chrono::milliseconds(1));
        }
    });
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(seen, 50u * 49 / 2);
    EXPECT_EQ(told.lines.size(), 6u);
}

// What comes over a bridge is served while others run without end.
TEST_F(Parts, DoNotKeepBridgesWaiting) {
    Runtime::Options options = this->options(2);
    options.virtual_time = false;
    Runtime runtime(Program(text), options);
    for (int i = 0; i < 4; ++i) runtime.start("endless");
    auto [inlet, in] = make_inlet<u64>(runtime, 4);
    auto [out, outlet] = make_outlet<u64>(runtime, 4);
    runtime.start(
        [](In<u64> from, Out<u64> to) -> Component {
            for (;;) co_await to.put(co_await from.get() + 1);
        },
        in, out);
    std::jthread asking([&] {
        for (u64 n = 0; n < 200; ++n) {
            inlet.put(n);
            EXPECT_EQ(outlet.get(), n + 1);
        }
        runtime.stop();
    });
    EXPECT_EQ(runtime.run(), Outcome::stopped);
}

}  // namespace
}  // namespace reowolf
