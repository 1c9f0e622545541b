// SPDX-License-Identifier: MIT
// Sync blocks of native components that can go several ways: all are tried, one happens.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

namespace reowolf {
namespace {

using u64 = std::uint64_t;

Component put_all(std::vector<u64> values, Out<u64> to) {
    for (const u64 value : values) co_await to.put(value);
}
Component get_all(std::vector<u64>& values, In<u64> from) {
    for (;;) values.push_back(co_await from.get());
}

Component merge(std::vector<In<u64>> from, Out<u64> to) {
    for (;;) {
        co_await sync([&](Round& r) -> Step<> {
            const auto [value, port] = co_await r.get_any(from);
            co_await r.put(to, value);
        });
    }
}

TEST(Choices, AMergerTakesWhatIsThereAndIsFair) {
    Told told;
    const Program program("primitive source(u64 n, out<u64> to) { while (true) sync put(to, n); }");
    Runtime runtime(program, told.options());
    std::vector<In<u64>> ins;
    for (u64 i = 0; i < 2; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start("source", i, out);
        ins.push_back(in);
    }
    auto [out, in] = runtime.channel<u64>();
    runtime.start(merge, ins, out);
    std::vector<u64> values;
    runtime.start(get_all, std::ref(values), in);
    while (runtime.rounds() < 1000 && runtime.run_one()) {
    }
    u64 ones = 0;
    for (const u64 value : values) ones += value;
    EXPECT_GE(values.size(), 999u);
    EXPECT_GE(ones, 100u);
    EXPECT_GE(values.size() - ones, 100u);
}

// The right combination of choices of three components is found, and each block is given the
// result of the way that happened.
TEST(Choices, AllWaysAreTried) {
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<u64> chosen(3);
    std::vector<Out<u64>> outs;
    std::vector<In<u64>> ins;
    for (int i = 0; i < 3; ++i) {
        auto [out, in] = runtime.channel<u64>();
        outs.push_back(out);
        ins.push_back(in);
    }
    const auto part = [&](u64 number, In<u64> from, Out<u64> to) -> Component {
        chosen[number] = co_await sync([&](Round& r) -> Step<u64> {
            const u64 mine = co_await r.fork(5);
            if (number > 0) {
                const u64 before = co_await r.get(from);
                co_await r.require(mine == (before + number) % 5);
            } else {
                co_await r.require(mine == 4);
            }
            co_await r.put(to, mine);
            if (number == 0) co_await r.require(co_await r.get(from) == 2);
            co_return mine;
        });
    };
    for (u64 i = 0; i < 3; ++i) runtime.start(part, i, ins[i], outs[(i + 1) % 3]);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(chosen, (std::vector<u64>{4, 0, 2}));
    EXPECT_TRUE(told.reports.empty());
}

// What others may have built on already is not taken back by a block that does something else when
// it is run again, so that what it put and what it returns would not fit together.
TEST(Choices, WhatABlockHasPutOrAskedIsTheSameWhenItIsRunAgain) {
    using Code = Step<u64> (*)(Round&, u64, Out<u64>);
    const std::vector<std::pair<std::string, Code>> blocks{
        {"another value",
         [](Round& r, u64 run, Out<u64> to) -> Step<u64> {
             co_await r.put(to, run);
             const u64 way = co_await r.fork(2);
             co_await r.require(way == 1);
             co_return run;
         }},
        {"as many alternatives as it was run",
         [](Round& r, u64 run, Out<u64> to) -> Step<u64> {
             co_await r.fork(static_cast<std::uint32_t>(run + 1));
             const u64 way = co_await r.fork(2);
             co_await r.require(way == 1);
             co_await r.put(to, 1);
             co_return run;
         }},
        {"another line",
         [](Round& r, u64 run, Out<u64> to) -> Step<u64> {
             co_await r.print("run " + std::to_string(run));
             const u64 way = co_await r.fork(2);
             co_await r.require(way == 1);
             co_await r.put(to, 1);
             co_return run;
         }},
        {"less",
         [](Round& r, u64 run, Out<u64> to) -> Step<u64> {
             if (run > 2) co_return run;
             co_await r.put(to, 1);
             const u64 way = co_await r.fork(2);
             co_await r.require(way == 1);
             co_return run;
         }},
    };
    for (const auto& [what, code] : blocks) {
        Told told;
        Runtime runtime(Program(), told.options());
        auto [to, from] = runtime.channel<u64>();
        u64 runs = 0;
        std::vector<u64> put;
        std::vector<u64> returned;
        runtime.start_as(
            "fickle",
            [&, code = code](Out<u64> out) -> Component {
                const u64 value = co_await sync(
                    [&](Round& r) -> Step<u64> { co_return co_await code(r, ++runs, out); });
                returned.push_back(value);
            },
            to);
        runtime.start(
            [&](In<u64> in) -> Component {
                const u64 value = co_await in.get();
                put.push_back(value);
            },
            from);
        EXPECT_EQ(runtime.run(), Outcome::ended) << what;
        EXPECT_EQ(put, std::vector<u64>{}) << what;
        EXPECT_EQ(returned, std::vector<u64>{}) << what;
        ASSERT_EQ(told.reports.size(), 1u) << what;
        EXPECT_EQ(told.reports[0].text, "a sync block does something else when it is run again")
            << what;
        EXPECT_EQ(told.reports[0].component, "fickle") << what;
    }
}

// A block that is run again does the same as before, up to where its ways part.
TEST(Choices, ABlockIsRunAgainWithTheSameAnswers) {
    Told told;
    const Program program(R"(
        primitive source(out<u64> to) { sync { put(to, 3); put(to, 4); put(to, 5); } }
        primitive sink(in<u64> from) { sync { assert(get(from) == 7); print("seven"); } }
    )");
    Runtime runtime(program, told.options());
    auto [give, from] = runtime.channel<u64>();
    auto [to, take] = runtime.channel<u64>();
    runtime.start("source", give);
    runtime.start("sink", take);
    std::pair<u64, u64> result;
    runtime.start(
        [&](In<u64> in, Out<u64> out) -> Component {
            result = co_await sync([&](Round& r) -> Step<std::pair<u64, u64>> {
                const u64 first = co_await r.get(in);
                const bool adds = co_await r.fork(2) == 1;
                const u64 second = co_await r.get(in);
                const u64 way = co_await r.fork(3);
                const u64 third = co_await r.get(in);
                co_await r.print("way " + std::to_string(way));
                co_await r.put(out, adds ? first + second : third + way);
                co_return std::pair(way, third);
            });
        },
        from, to);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(result.second, 5u);
    ASSERT_EQ(told.lines.size(), 2u);
    EXPECT_NE(std::ranges::find(told.lines, "way " + std::to_string(result.first)),
              told.lines.end());
}

TEST(Choices, ABlockThatDoesSomethingElseWhenRunAgainFails) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    auto [other_out, other_in] = runtime.channel<u64>();
    runtime.start(put_all, std::vector<u64>{1}, out);
    runtime.start_as(
        "cheat",
        [](In<u64> a, In<u64> b) -> Component {
            int runs = 0;
            co_await sync([&](Round& r) -> Step<> {
                co_await r.get(++runs % 2 == 1 ? a : b);
                co_await r.fork(2);
                co_await r.require(false);
            });
        },
        in, other_in);
    runtime.close(other_out);
    runtime.run();
    ASSERT_FALSE(told.reports.empty());
}

TEST(Choices, FiresSaysWhetherAPortIsUsed) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [a_out, a_in] = runtime.channel<u64>();
    auto [b_out, b_in] = runtime.channel<u64>();
    runtime.start(
        [](Out<u64> a, Out<u64> b) -> Component {
            co_await b.put(1);
            co_await a.put(2);
            co_await sync([&](Round& r) -> Step<> {
                co_await r.put(a, 3);
                co_await r.put(b, 4);
            });
        },
        a_out, b_out);
    std::vector<std::string> seen;
    runtime.start(
        [&](In<u64> a, In<u64> b) -> Component {
            for (int i = 0; i < 3; ++i) {
                seen.push_back(co_await sync([&](Round& r) -> Step<std::string> {
                    std::string fired;
                    if (co_await r.fires(a)) fired += "a" + std::to_string(co_await r.get(a));
                    if (co_await r.fires(b)) fired += "b" + std::to_string(co_await r.get(b));
                    co_await r.require(!fired.empty());
                    co_return fired;
                }));
            }
        },
        a_in, b_in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(seen, (std::vector<std::string>{"b1", "a2", "a3b4"}));
}

TEST(Choices, AValueGoesIntoAnyOfSeveralPorts) {
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<Out<u64>> outs;
    std::vector<std::vector<u64>> got(3);
    for (std::size_t i = 0; i < 3; ++i) {
        auto [out, in] = runtime.channel<u64>();
        outs.push_back(out);
        if (i == 1) runtime.start(get_all, std::ref(got[i]), in);
    }
    std::vector<std::size_t> ports;
    runtime.start(
        [&](std::vector<Out<u64>> to) -> Component {
            for (u64 n = 0; n < 2; ++n) {
                ports.push_back(co_await sync(
                    [&](Round& r) -> Step<std::size_t> { co_return co_await r.put_any(to, n); }));
            }
        },
        outs);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got[1], (std::vector<u64>{0, 1}));
    EXPECT_EQ(ports, (std::vector<std::size_t>{1, 1}));
}

// Steps of a block can be functions, with results and exceptions.
Step<u64> get_sum(Round& round, In<u64> from, int count) {
    if (count < 0) throw std::runtime_error("less than none");
    u64 sum = 0;
    for (int i = 0; i < count; ++i) sum += co_await round.get(from);
    co_return sum;
}
TEST(Choices, BlocksAreMadeOfSteps) {
    Told told;
    const Program program("primitive source(out<u64> to) { sync { put(to, 20); put(to, 22); } }");
    Runtime runtime(program, told.options());
    auto [out, in] = runtime.channel<u64>();
    runtime.start("source", out);
    u64 sum = 0;
    runtime.start(
        [&](In<u64> from) -> Component {
            sum = co_await sync([&](Round& r) -> Step<u64> {
                int count = -1;
                try {
                    co_await get_sum(r, from, count);
                } catch (const std::runtime_error&) {
                    count = 2;
                }
                co_return co_await get_sum(r, from, count);
            });
        },
        in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(sum, 42u);
}

// Who is silent again with the same state waits for something to change.
TEST(Choices, WhoPollsIsPatient) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    u64 polls = 0;
    std::vector<u64> got;
    runtime.start(
        [&](In<u64> from) -> Component {
            while (got.size() < 2) {
                const auto value = co_await sync([&](Round& r) -> Step<std::optional<u64>> {
                                       if (co_await r.fork(2) == 1) co_return std::nullopt;
                                       co_return co_await r.get(from);
                                   }).from(got.size());
                ++polls;
                if (value) got.push_back(*value);
            }
        },
        in);
    runtime.start(
        [](Out<u64> to) -> Component {
            for (u64 n = 1; n < 3; ++n) {
                co_await sleep_for(std::chrono::milliseconds(10));
                co_await to.put(n);
            }
        },
        out);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, (std::vector<u64>{1, 2}));
    EXPECT_LT(polls, 20u);
}

// ---- The program itself takes part.

TEST(Host, TakesPartInRounds) {
    Told told;
    const Program program(R"(
        primitive twice(in<u64> from, out<u64> to) { while (true) sync put(to, 2 * get(from)); }
    )");
    Runtime runtime(program, told.options());
    auto [give, from] = runtime.channel<u64>();
    auto [to, take] = runtime.channel<u64>();
    runtime.start("twice", from, to);
    EXPECT_EQ(runtime.run(), Outcome::waiting);
    for (u64 n = 1; n < 4; ++n) {
        const std::optional<u64> result = runtime.sync([&](Round& r) -> Step<u64> {
            co_await r.put(give, n);
            co_return co_await r.get(take);
        });
        EXPECT_EQ(result, 2 * n);
    }
    EXPECT_FALSE(runtime.sync([&](Round& r) -> Step<> { co_await r.put(give, 1); }));
    EXPECT_NE(runtime.explain().find("'twice'"), std::string::npos) << runtime.explain();
    EXPECT_FALSE(runtime.sync_within(std::chrono::milliseconds(5),
                                     [&](Round& r) -> Step<> { co_await r.get(take); }));
    // What was tried has left nothing behind.
    EXPECT_EQ(runtime.sync([&](Round& r) -> Step<u64> {
        co_await r.put(give, 50);
        co_return co_await r.get(take);
    }),
              100u);
    runtime.close(give);
    EXPECT_FALSE(runtime.sync([&](Round& r) -> Step<> { co_await r.get(take); }));
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_TRUE(told.reports.empty());
}

}  // namespace
}  // namespace reowolf
