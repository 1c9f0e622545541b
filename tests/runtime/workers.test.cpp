// SPDX-License-Identifier: MIT
// Components that compute for long are run by other threads: others do not wait for them, and what
// comes of it is the same.
#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

namespace reowolf {
namespace {

using u64 = std::uint64_t;

constexpr const char* text = R"(
    primitive source(out<u64> to, u64 count) {
        u64 n = 0;
        while (n < count) { sync put(to, n); n += 1; }
    }
    primitive sink(in<u64> from) { u64 sum = 0; while (true) sync sum += get(from); }

    func compute(u64 steps) -> u64 {
        u64 sum = 0;
        u64 n = 0;
        while (n < steps) { sum = sum * 31 + n; n += 1; }
        return sum;
    }
    primitive endless(in<u64> from) {
        u64 sum = 0;
        while (true) { sum += compute(1000000); }
        sync sum += get(from);
    }
    primitive finite(u64 steps) { print(compute(steps)); }
    // In a step of its own, and in a block together with somebody.
    primitive slow_source(out<u64> to, u64 rounds, u64 steps) {
        u64 n = 0;
        while (n < rounds) {
            u64 before = compute(steps);
            sync { u64 within = compute(steps); put(to, before + within + n); }
            n += 1;
        }
    }
    primitive printer(in<u64> from, u64 rounds) {
        u64 n = 0;
        while (n < rounds) { u64 value = 0; sync value = get(from); print(value); n += 1; }
    }
    // Each alternative computes; one of them fails.
    primitive chooser(out<u64> to, u64 rounds, u64 steps) {
        u64 n = 0;
        while (n < rounds) {
            sync {
                fork { u64 value = compute(steps); assert(value == 0); put(to, 1); }
                or { u64 value = compute(steps); assert(value != 0); put(to, 2); }
            }
            n += 1;
        }
    }

    func divide(u64 steps, u64 by) -> u64 { return compute(steps) / by; }
    primitive divider(u64 steps, u64 by) { print(divide(steps, by)); }
    primitive indexer(u64 steps) { u64[] few = {1, 2}; print(few[compute(steps) % 7 + 2]); }
    primitive asserter(u64 steps) { u64 sum = compute(steps); assert(sum == 0); }
    primitive dividing_source(out<u64> to, u64 steps) { sync put(to, divide(steps, 0)); }
)";

constexpr u64 long_steps = 300'000;

Runtime::Options options_of(Told& told, unsigned workers) {
    Runtime::Options options = told.options();
    options.workers = workers;
    return options;
}

u64 slices_for(Runtime& runtime, u64 rounds) {
    u64 slices = 0;
    while (runtime.rounds() < rounds && runtime.run_one()) ++slices;
    EXPECT_GE(runtime.rounds(), rounds);
    return slices;
}

// A slow component slows only those who need it: while one step of it is under way, the others do
// a million rounds, and give it none of their time.
TEST(Workers, ASlowComponentSlowsOnlyThoseWhoNeedIt) {
    constexpr u64 rounds = 1'000'000;
    constexpr u64 slices_for_handing_over = 100;
    Told told;
    const auto run = [&](bool with_slow) {
        Runtime runtime(Program(text), options_of(told, 2));
        auto [out, in] = runtime.channel<u64>();
        runtime.start("source", out, rounds);
        runtime.start("sink", in);
        auto [never_out, never_in] = runtime.channel<u64>();
        if (with_slow) runtime.start("endless", never_in);
        return slices_for(runtime, rounds);
    };
    const u64 alone = run(false);
    EXPECT_LE(run(true), alone + slices_for_handing_over);
    EXPECT_TRUE(told.reports.empty());
}

// If nobody says how many: some, where there are processors for them; but none where what happens
// is to be the same each time.
TEST(Workers, ThereAreSomeUnlessAllIsToBeRepeatable) {
    constexpr u64 rounds = 20'000;
    constexpr u64 slices_for_handing_over = 100;
    Told told;
    const auto run = [&](bool is_repeatable, bool with_slow) {
        Runtime::Options options = options_of(told, 0);
        if (!is_repeatable) {
            options.seed.reset();
            options.virtual_time = false;
        }
        Runtime runtime(Program(text), options);
        auto [out, in] = runtime.channel<u64>();
        runtime.start("source", out, rounds);
        runtime.start("sink", in);
        auto [never_out, never_in] = runtime.channel<u64>();
        if (with_slow) runtime.start("endless", never_in);
        return slices_for(runtime, rounds);
    };
    EXPECT_GT(run(true, true), 5 * run(true, false) / 4);
    if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one processor";
    EXPECT_LE(run(false, true), run(false, false) + slices_for_handing_over);
}

// More that never end than there are workers: the one that does end still comes to its end.
TEST(Workers, LongStepsTakeTurns) {
    Told told;
    Runtime runtime(Program(text), options_of(told, 2));
    std::vector<Out<u64>> outs;
    for (int i = 0; i < 3; ++i) {
        auto [out, in] = runtime.channel<u64>();
        outs.push_back(out);
        runtime.start("endless", in);
    }
    runtime.start("finite", long_steps);
    while (told.lines.empty()) {
        const bool goes_on = runtime.run_one() || runtime.wait();
        ASSERT_TRUE(goes_on);
    }
    EXPECT_EQ(told.lines.size(), 1u);
}

// Long steps, long blocks and long alternatives: the same with one worker as with several.
TEST(Workers, MakeNoDifferenceToWhatHappens) {
    std::vector<std::vector<std::string>> lines;
    for (const unsigned workers : {1u, 2u, 4u}) {
        Told told;
        Runtime runtime(Program(text), options_of(told, workers));
        constexpr u64 rounds = 20;
        auto [out, in] = runtime.channel<u64>();
        runtime.start("slow_source", out, rounds, u64{30'000});
        runtime.start("printer", in, rounds);
        auto [chosen_out, chosen_in] = runtime.channel<u64>();
        runtime.start("chooser", chosen_out, rounds, u64{30'000});
        runtime.start("printer", chosen_in, rounds);
        EXPECT_EQ(runtime.run(), Outcome::ended);
        EXPECT_TRUE(told.reports.empty());
        std::ranges::sort(told.lines);
        EXPECT_EQ(told.lines.size(), 2 * rounds);
        lines.push_back(told.lines);
    }
    EXPECT_EQ(lines[1], lines[0]);
    EXPECT_EQ(lines[2], lines[0]);
}

TEST(Workers, ErrorsAreReportedFromWhereTheyAre) {
    std::vector<std::vector<std::string>> shown;
    for (const unsigned workers : {1u, 3u}) {
        Told told;
        Runtime runtime(Program(text), options_of(told, workers));
        runtime.start("divider", long_steps, u64{0});
        runtime.start("indexer", long_steps);
        runtime.start("asserter", long_steps);
        auto [out, in] = runtime.channel<u64>();
        runtime.start("dividing_source", out, long_steps);
        runtime.start("sink", in);
        EXPECT_EQ(runtime.run(), Outcome::ended);
        EXPECT_TRUE(runtime.has_failed());
        auto& all = shown.emplace_back();
        for (const Report& report : told.reports) all.push_back(report.shown);
        std::ranges::sort(all);
    }
    ASSERT_EQ(shown[0].size(), 4u);
    EXPECT_EQ(shown[1], shown[0]);
    for (const char* const where : {"divide", "divider", "indexer", "asserter"}) {
        const auto names = [&](const std::string& report) { return report.contains(where); };
        EXPECT_TRUE(std::ranges::any_of(shown[1], names)) << where;
    }
}

// Somebody stops the runtime while workers compute without end, and then it is gone.
TEST(Workers, CanBeStoppedWhileTheyCompute) {
    for (const unsigned workers : {1u, 2u, 3u}) {
        Told told;
        Runtime runtime(Program(text), options_of(told, workers));
        std::vector<Out<u64>> outs;
        for (int i = 0; i < 2; ++i) {
            auto [out, in] = runtime.channel<u64>();
            outs.push_back(out);
            runtime.start("endless", in);
        }
        std::jthread stopping([&] { runtime.stop(); });
        EXPECT_EQ(runtime.run(), Outcome::stopped);
        EXPECT_EQ(runtime.components(), 2u);
    }
}

// What is made meanwhile may need types that the program has not had.
TEST(Workers, ChannelsOfNewTypesAreMadeWhileTheyCompute) {
    Told told;
    Runtime runtime(Program(text), options_of(told, 3));
    auto [out, in] = runtime.channel<u64>();
    runtime.start("slow_source", out, u64{1'000'000}, u64{50'000});
    runtime.start("sink", in);
    const auto exchange = [&]<class T>(T value) {
        auto [to, from] = runtime.channel<T>();
        runtime.start([value](Out<T> port) -> Component { co_await port.put(value); }, to);
        bool is_same = false;
        bool is_done = false;
        runtime.start(
            [&, value](In<T> port) -> Component {
                is_same = co_await port.get() == value;
                is_done = true;
            },
            from);
        while (!is_done && (runtime.run_one() || runtime.wait())) {
        }
        EXPECT_TRUE(is_same);
    };
    exchange(std::tuple<u64, std::uint8_t>(1, 2));
    exchange(std::vector<std::tuple<bool, u64>>{{true, 7}});
    exchange(std::vector<std::vector<std::int16_t>>{{1, 2}, {3}});
}

}  // namespace
}  // namespace reowolf
