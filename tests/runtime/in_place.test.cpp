// SPDX-License-Identifier: MIT
// What components do where they await it, and what of that has to be done again in another way.
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

namespace reowolf {
namespace {

using u64 = std::uint64_t;

Component put_all(u64 count, Out<u64> to) {
    for (u64 n = 0; n < count; ++n) co_await to.put(n);
}
Component get_all(std::vector<u64>& values, In<u64> from) {
    for (;;) values.push_back(co_await from.get());
}

// Nobody has to wait in any of many blocks, which follow each other without end as it seems.
TEST(InPlace, BlocksThatNeedNobodyElseTakeNoStack) {
    constexpr std::size_t count = 20'000;
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<In<u64>> ins;
    for (std::size_t i = 0; i < count; ++i) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start(put_all, 1, out);
        ins.push_back(in);
    }
    u64 got = 0;
    const auto take = [&](const std::vector<In<u64>>& from) -> Component {
        for (const In<u64> each : from) {
            co_await sync([&](Round& r) -> Step<> { co_await r.get(each); });
            ++got;
        }
    };
    runtime.start(take, ins);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, count);
    EXPECT_TRUE(told.reports.empty());
}

// What has been got alone is given back if the other one's block does not go on so.
TEST(InPlace, AMessageIsGotAnewIfItsBlockBeginsAnew) {
    Told told;
    const Program program(R"(
        primitive answer(out<u64> to) { sync { fork put(to, 1); or put(to, 2); } }
    )");
    Runtime runtime(program, told.options());
    auto [told_out, told_in] = runtime.channel<u64>();
    auto [answer_out, answer_in] = runtime.channel<u64>();
    std::vector<u64> values;
    u64 answered = 0;
    runtime.start(get_all, std::ref(values), told_in);
    runtime.start(
        [&](Out<u64> tell, In<u64> ask) -> Component {
            answered = co_await sync([&](Round& r) -> Step<u64> {
                co_await r.put(tell, 7);
                const u64 value = co_await r.get(ask);
                co_await r.require(value == 2);
                co_return value;
            });
        },
        told_out, answer_in);
    runtime.start("answer", answer_out);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(answered, 2u);
    EXPECT_EQ(values, std::vector<u64>{7});
    EXPECT_TRUE(told.reports.empty());
}

// Who waits for one of several ports is told of a message of somebody whose block is more than
// that.
TEST(InPlace, AChoiceMayBePartOfALargerRound) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [a_out, a_in] = runtime.channel<u64>();
    auto [b_out, b_in] = runtime.channel<u64>();
    auto [c_out, c_in] = runtime.channel<u64>();
    std::vector<u64> chosen;
    std::vector<u64> values;
    runtime.start(
        [&](const std::vector<In<u64>>& from) -> Component {
            for (int i = 0; i < 20; ++i) {
                const auto [value, port] = co_await get_any(from);
                chosen.push_back(10 * value + port);
            }
        },
        std::vector<In<u64>>{a_in, b_in});
    runtime.start(
        [](Out<u64> to, Out<u64> also) -> Component {
            for (u64 n = 0; n < 10; ++n) {
                co_await sync([&](Round& r) -> Step<> {
                    co_await r.put(to, n);
                    co_await r.put(also, n);
                });
            }
        },
        a_out, c_out);
    runtime.start(get_all, std::ref(values), c_in);
    runtime.start(put_all, 10, b_out);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    u64 next[] = {0, 0};
    for (const u64 each : chosen) EXPECT_EQ(each / 10, next[each % 10]++);
    EXPECT_EQ(next[0], 10u);
    EXPECT_EQ(next[1], 10u);
    EXPECT_EQ(values, (std::vector<u64>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_EQ(runtime.rounds(), 20u);
    EXPECT_TRUE(told.reports.empty());
}

// Two that could go on for ever leave their turns to others.
TEST(InPlace, NobodyIsKeptFromHisTurn) {
    Told told;
    Runtime runtime(Program(), told.options());
    const auto pair = [&](u64 count) {
        auto [out, in] = runtime.channel<u64>();
        runtime.start(put_all, count, out);
        runtime.start(
            [](In<u64> from) -> Component {
                for (;;) co_await from.get();
            },
            in);
    };
    pair(1'000'000'000);
    bool is_done = false;
    auto [out, in] = runtime.channel<u64>();
    runtime.start(put_all, 100, out);
    runtime.start(
        [&](In<u64> from) -> Component {
            for (u64 n = 0; n < 100; ++n) co_await from.get();
            is_done = true;
            runtime.stop();
        },
        in);
    EXPECT_EQ(runtime.run(), Outcome::stopped);
    EXPECT_TRUE(is_done);
    EXPECT_LT(runtime.rounds(), 1'000u);
}

}  // namespace
}  // namespace reowolf
