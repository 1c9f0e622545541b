// SPDX-License-Identifier: MIT
// What a component has found out about the port that it used last, it does not take for more than
// that: it uses another port, or has the same one no longer, or others take the general way.
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

namespace reowolf {
namespace {

using u64 = std::uint64_t;

Component collect(std::vector<u64>& values, In<u64> from) {
    for (;;) values.push_back(co_await from.get());
}
Component put_all(std::vector<u64> values, Out<u64> to) {
    for (const u64 value : values) co_await to.put(value);
}

// In turn, in blocks or not, with several components between.
TEST(Ways, LeadToEachOfSeveralPorts) {
    for (const bool in_block : {false, true}) {
        Told told;
        Runtime runtime(Program(), told.options());
        constexpr std::size_t ports = 3;
        std::vector<In<u64>> ins;
        std::vector<Out<u64>> outs;
        std::vector<std::vector<u64>> got(ports);
        std::vector<In<u64>> firsts;
        for (std::size_t i = 0; i < ports; ++i) {
            auto [out, in] = runtime.channel<u64>();
            auto [give, take] = runtime.channel<u64>();
            runtime.start(put_all, std::vector<u64>{i, 10 + i, 20 + i}, give);
            runtime.start(collect, std::ref(got[i]), in);
            firsts.push_back(take);
            outs.push_back(out);
        }
        runtime.start(
            [in_block](std::vector<In<u64>> from, std::vector<Out<u64>> to) -> Component {
                for (std::size_t n = 0; n < 3 * ports; ++n) {
                    const In<u64> take = from[n % ports];
                    const Out<u64> give = to[(n + 1) % ports];
                    if (in_block) {
                        co_await sync([&](Round& r) -> Step<> {
                            const u64 value = co_await r.get(take);
                            co_await r.put(give, value + 100);
                        });
                    } else {
                        const u64 value = co_await take.get();
                        co_await give.put(value + 100);
                    }
                }
            },
            firsts, outs);
        EXPECT_EQ(runtime.run(), Outcome::ended);
        EXPECT_EQ(got[1], (std::vector<u64>{100, 110, 120}));
        EXPECT_EQ(got[2], (std::vector<u64>{101, 111, 121}));
        EXPECT_EQ(got[0], (std::vector<u64>{102, 112, 122}));
        EXPECT_TRUE(told.reports.empty());
    }
}

// It was used a moment ago, and is somebody else's, or closed, now.
TEST(Ways, EndWhereAPortIsGivenAway) {
    for (const bool in_block : {false, true}) {
        for (const bool is_closed : {false, true}) {
            Told told;
            Runtime runtime(Program(), told.options());
            auto [out, in] = runtime.channel<u64>();
            std::vector<u64> got;
            runtime.start(collect, std::ref(got), in);
            runtime.start_as(
                "giver",
                [&](Out<u64> to) -> Component {
                    co_await to.put(1);
                    co_await to.put(2);
                    if (is_closed) {
                        runtime.close(to);
                    } else {
                        runtime.start(put_all, std::vector<u64>{3, 4}, to);
                    }
                    if (in_block) {
                        co_await sync([&](Round& r) -> Step<> { co_await r.put(to, 99); });
                    } else {
                        co_await to.put(99);
                    }
                },
                out);
            EXPECT_EQ(runtime.run(), Outcome::ended);
            EXPECT_EQ(got, (is_closed ? std::vector<u64>{1, 2} : std::vector<u64>{1, 2, 3, 4}));
            ASSERT_EQ(told.reports.size(), 1u);
            EXPECT_EQ(told.reports[0].component, "giver");
        }
    }
}

// The same for who gets.
TEST(Ways, EndWhereAPortToGetFromIsGivenAway) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    std::vector<u64> got;
    std::vector<u64> got_later;
    runtime.start(put_all, std::vector<u64>{1, 2, 3, 4}, out);
    runtime.start_as(
        "giver",
        [&](In<u64> from) -> Component {
            got.push_back(co_await from.get());
            got.push_back(co_await from.get());
            runtime.start(collect, std::ref(got_later), from);
            got.push_back(co_await from.get());
        },
        in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, (std::vector<u64>{1, 2}));
    EXPECT_EQ(got_later, (std::vector<u64>{3, 4}));
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].component, "giver");
}

// The number of a channel that is gone is soon another one's.
TEST(Ways, DoNotLeadToANewChannelOfTheSameNumber) {
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<u64> first;
    std::vector<u64> others;
    auto [out, in] = runtime.channel<u64>();
    runtime.start([&](In<u64> from) -> Component { first.push_back(co_await from.get()); }, in);
    runtime.start_as(
        "keeper",
        [&](Out<u64> to) -> Component {
            co_await to.put(1);
            EXPECT_FALSE(co_await to.try_put(2));
            runtime.close(to);
            co_await sleep_for(std::chrono::milliseconds(1));
            for (int i = 0; i < 8; ++i) {
                auto [new_out, new_in] = runtime.channel<u64>();
                runtime.start(put_all, std::vector<u64>{7}, new_out);
                runtime.start(collect, std::ref(others), new_in);
            }
            co_await to.put(3);
        },
        out);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(first, std::vector<u64>{1});
    EXPECT_EQ(others, std::vector<u64>(8, 7));
    ASSERT_EQ(told.reports.size(), 1u);
    EXPECT_EQ(told.reports[0].component, "keeper");
}

// Handles of no channel, or of the other end, before and after one that is right.
TEST(Ways, AreNoneBehindPortsThatAreNone) {
    for (int kind = 0; kind < 4; ++kind) {
        for (const bool in_block : {false, true}) {
            Told told;
            Runtime runtime(Program(), told.options());
            auto [out, in] = runtime.channel<u64>();
            std::vector<u64> got;
            runtime.start(collect, std::ref(got), in);
            const Out<u64> wrong[] = {Out<u64>(), Out<u64>(in.handle()), Out<u64>(1u << 20),
                                      Out<u64>(out.handle() + (u64{1} << 33))};
            runtime.start(
                [&, bad = wrong[kind]](Out<u64> to) -> Component {
                    co_await to.put(1);
                    if (in_block) {
                        co_await sync([&](Round& r) -> Step<> { co_await r.put(bad, 2); });
                    } else {
                        co_await bad.put(2);
                    }
                },
                out);
            EXPECT_EQ(runtime.run(), Outcome::ended);
            EXPECT_EQ(got, std::vector<u64>{1});
            EXPECT_EQ(told.reports.size(), 1u);
        }
    }
}

// Whoever waits in place, for one port or for any, goes on when the other side has to try
// alternatives, and in place again afterwards.
TEST(Ways, AreTakenAgainAfterTheGeneralWay) {
    for (const bool gets_any : {false, true}) {
        for (const bool puts_alone : {false, true}) {
            Told told;
            Runtime runtime(Program(), told.options());
            auto [out, in] = runtime.channel<u64>();
            auto [other_out, other_in] = runtime.channel<u64>();
            std::vector<u64> got;
            std::vector<std::size_t> ports;
            runtime.start(
                [&](In<u64> from, In<u64> other) -> Component {
                    const std::vector<In<u64>> all{other, from};
                    for (;;) {
                        if (gets_any) {
                            const auto [value, port] = co_await get_any(all);
                            got.push_back(value);
                            ports.push_back(port);
                        } else {
                            got.push_back(co_await from.get());
                        }
                    }
                },
                in, other_in);
            runtime.start(
                [&](Out<u64> to, Out<u64>) -> Component {
                    for (u64 n = 0; n < 40; ++n) {
                        if (puts_alone && n % 4 != 0) {
                            co_await to.put(n);
                            continue;
                        }
                        co_await sync([&](Round& r) -> Step<> {
                            const u64 way = co_await r.fork(3);
                            co_await r.put(to, 1000 * (2 - way) + n);
                            co_await r.require(way == 2);
                        });
                    }
                },
                out, other_out);
            EXPECT_EQ(runtime.run(), Outcome::ended);
            std::vector<u64> all;
            for (u64 n = 0; n < 40; ++n) all.push_back(n);
            EXPECT_EQ(got, all);
            EXPECT_EQ(ports, std::vector<std::size_t>(gets_any ? 40 : 0, 1));
            EXPECT_TRUE(told.reports.empty());
        }
    }
}

// And whoever has put in place.
TEST(Ways, AreTakenAgainByWhoPuts) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    std::vector<u64> got;
    std::vector<u64> all;
    for (u64 n = 0; n < 40; ++n) all.push_back(n);
    runtime.start(put_all, all, out);
    runtime.start(
        [&](In<u64> from) -> Component {
            for (int n = 0; n < 40; ++n) {
                if (n % 3 != 0) {
                    got.push_back(co_await from.get());
                    continue;
                }
                got.push_back(co_await sync([&](Round& r) -> Step<u64> {
                    const bool is_second = co_await r.fork(2) == 1;
                    const u64 value = co_await r.get(from);
                    co_await r.require(is_second);
                    co_return value;
                }));
            }
        },
        in);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, all);
    EXPECT_TRUE(told.reports.empty());
}

// What a block awaits that is not of its round is told, whatever it has waited for before.
TEST(Ways, LeadNowhereForWhatIsNotOfTheRound) {
    struct Nothing {
        bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<>) const {}
        void await_resume() const {}
    };
    for (int kind = 0; kind < 3; ++kind) {
        for (const bool puts_first : {false, true}) {
            Told told;
            Runtime runtime(Program(), told.options());
            auto [out, in] = runtime.channel<u64>();
            auto [text, text_in] = runtime.channel<std::string>();
            const auto put = [&] {
                runtime.start(
                    [](Out<u64> to, Out<std::string> words) -> Component {
                        co_await sync([&](Round& r) -> Step<> {
                            co_await r.put(to, 1);
                            co_await r.put(words, "one");
                        });
                    },
                    out, text);
            };
            if (puts_first) put();
            runtime.start_as(
                "stray",
                [kind](In<u64> from, In<std::string> words) -> Component {
                    co_await sync([&](Round& r) -> Step<> {
                        if (kind > 0) co_await r.get(from);
                        if (kind > 1) co_await r.get(words);
                        co_await Nothing();
                    });
                },
                in, text_in);
            if (!puts_first) put();
            runtime.run();
            std::string shown;
            for (const Report& each : told.reports) shown += each.shown;
            EXPECT_NE(shown.find("something that is not of its round"), std::string::npos) << shown;
        }
    }
}

}  // namespace
}  // namespace reowolf
