// SPDX-License-Identifier: MIT
// Numbers, which coroutines exchange without anything in between: whoever is at the other end, and
// whatever happens before the round does.
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
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

template <class T>
Component put_all(std::vector<T> values, Out<T> to) {
    for (auto&& value : values) co_await to.put(value);
}
template <class T>
Component put_all_in_blocks(std::vector<T> values, Out<T> to) {
    for (auto&& value : values) {
        co_await sync([&](Round& r) -> Step<> { co_await r.put(to, value); });
    }
}
template <class T>
Component get_all(std::vector<T>& values, In<T> from) {
    for (;;) values.push_back(co_await from.get());
}
template <class T>
Component get_all_in_blocks(std::vector<T>& values, In<T> from) {
    for (;;) {
        values.push_back(
            co_await sync([&](Round& r) -> Step<T> { co_return co_await r.get(from); }));
    }
}

// Whoever comes first, and whether in a block or not.
template <class T>
void expect_arrival(const std::vector<T>& values) {
    for (int way = 0; way < 8; ++way) {
        Told told;
        Runtime runtime(Program(), told.options());
        auto [out, in] = runtime.channel<T>();
        std::vector<T> got;
        const auto put = [&, to = out] {
            if (way & 1) {
                runtime.start(put_all<T>, values, to);
            } else {
                runtime.start(put_all_in_blocks<T>, values, to);
            }
        };
        if (way & 2) put();
        if (way & 4) {
            runtime.start(get_all<T>, std::ref(got), in);
        } else {
            runtime.start(get_all_in_blocks<T>, std::ref(got), in);
        }
        if (!(way & 2)) put();
        EXPECT_EQ(runtime.run(), Outcome::ended);
        EXPECT_EQ(got, values);
        EXPECT_EQ(runtime.rounds(), values.size());
        EXPECT_TRUE(told.reports.empty());
    }
}

// The same from one of several ports; the reader is there first, or last.
template <class T>
void expect_arrival_from_any(const std::vector<T>& values) {
    for (const bool gets_first : {true, false}) {
        Told told;
        Runtime runtime(Program(), told.options());
        std::vector<In<T>> ins;
        std::vector<Out<T>> outs;
        for (int i = 0; i < 2; ++i) {
            auto [out, in] = runtime.channel<T>();
            outs.push_back(out);
            ins.push_back(in);
        }
        std::vector<std::vector<T>> got(2);
        const auto get = [&](std::vector<In<T>> from) -> Component {
            for (std::size_t n = 0; n < 2 * values.size(); ++n) {
                const From<T> one = co_await get_any(from);
                got.at(one.port).push_back(one.value);
            }
        };
        if (gets_first) runtime.start(get, ins);
        for (const Out<T> each : outs) runtime.start(put_all<T>, values, each);
        if (!gets_first) runtime.start(get, ins);
        EXPECT_EQ(runtime.run(), Outcome::ended);
        for (const auto& each : got) EXPECT_EQ(each, values);
        EXPECT_EQ(runtime.rounds(), 2 * values.size());
        EXPECT_TRUE(told.reports.empty());
    }
}

TEST(Numbers, ComeFromAnyPortAsWhatTheyWere) {
    expect_arrival_from_any<u64>({0, 1, std::numeric_limits<u64>::max(), 3, 4, 5, 6, 7});
    expect_arrival_from_any<std::int16_t>({-32768, -1, 0, 127, 5, 6, 7, 8});
    expect_arrival_from_any<bool>({true, false, true, true, false});
    expect_arrival_from_any<double>({1e300, -2.25, 0, 4, 5});
    expect_arrival_from_any<std::string>({"", "short", std::string(100'000, 'x'), "a", "b"});
}

TEST(Numbers, ArriveAsWhatTheyWere) {
    expect_arrival<u64>({0, 1, std::numeric_limits<u64>::max()});
    expect_arrival<std::int8_t>({-128, -1, 0, 127});
    expect_arrival<std::int64_t>({std::numeric_limits<std::int64_t>::min(), -1, 5});
    expect_arrival<bool>({true, false, true});
    expect_arrival<char>({'a', '\0', '\x7f'});
    expect_arrival<float>({-0.5f, std::numeric_limits<float>::infinity()});
    expect_arrival<double>({1e300, -2.25, 0});
}

TEST(Numbers, AreNotWhatIsLargeOrOwned) {
    expect_arrival<std::string>({"", "short", std::string(100'000, 'x')});
    expect_arrival<std::vector<u64>>({{}, {1, 2, 3}});
}

// What a number is to one end may be something else to the other.
TEST(Numbers, MayBeSharedValuesAtTheOtherEnd) {
    for (const bool gets_first : {true, false}) {
        for (const bool in_block : {true, false}) {
            Runtime runtime;
            auto [out, in] = runtime.channel<u64>();
            const In<Shared<u64>> shared(in.handle());
            std::vector<u64> got;
            const auto get = [&](In<Shared<u64>> from) -> Component {
                for (;;) {
                    if (in_block) {
                        got.push_back(co_await sync([&](Round& r) -> Step<u64> {
                            co_return (co_await r.get(from)).get();
                        }));
                    } else {
                        got.push_back((co_await from.get()).get());
                    }
                }
            };
            if (gets_first) runtime.start(get, shared);
            runtime.start(put_all<u64>, std::vector<u64>{3, 1, 4}, out);
            if (!gets_first) runtime.start(get, shared);
            EXPECT_EQ(runtime.run(), Outcome::ended);
            EXPECT_EQ(got, (std::vector<u64>{3, 1, 4}));
        }
    }
}

// A block with more in it than the message of who waits for it, or has put it.
TEST(Numbers, AreOnlyThereWhenTheWholeRoundIs) {
    for (const bool block_first : {true, false}) {
        Told told;
        Runtime runtime(Program(), told.options());
        auto [a_out, a_in] = runtime.channel<u64>();
        auto [b_out, b_in] = runtime.channel<u64>();
        auto [c_out, c_in] = runtime.channel<u64>();
        std::vector<u64> doubled;
        std::vector<u64> seen;
        const auto both = [&](In<u64> from, Out<u64> to, In<u64> last) -> Component {
            for (;;) {
                co_await sync([&](Round& r) -> Step<> {
                    const u64 value = co_await r.get(from);
                    co_await r.put(to, 2 * value);
                    co_await r.require(co_await r.get(last) == value);
                });
                seen.push_back(doubled.size());
            }
        };
        if (block_first) runtime.start(both, a_in, b_out, c_in);
        runtime.start(put_all<u64>, std::vector<u64>{1, 2, 3}, a_out);
        runtime.start(get_all<u64>, std::ref(doubled), b_in);
        if (!block_first) runtime.start(both, a_in, b_out, c_in);
        runtime.run_ready();
        EXPECT_TRUE(doubled.empty());
        EXPECT_EQ(runtime.rounds(), 0u);
        runtime.start(put_all<u64>, std::vector<u64>{1, 2, 3}, c_out);
        EXPECT_EQ(runtime.run(), Outcome::ended);
        EXPECT_EQ(doubled, (std::vector<u64>{2, 4, 6}));
        EXPECT_EQ(runtime.rounds(), 3u);
        EXPECT_TRUE(told.reports.empty());
    }
}

// After a put and before the end of its block: nothing has been put.
TEST(Numbers, AreLostWithTheBlockThatThrows) {
    for (const bool gets_first : {true, false}) {
        for (const bool in_block : {true, false}) {
            Told told;
            Runtime runtime(Program(), told.options());
            auto [out, in] = runtime.channel<u64>();
            std::vector<u64> got;
            const auto get = [&] {
                if (in_block) {
                    runtime.start(get_all_in_blocks<u64>, std::ref(got), in);
                } else {
                    runtime.start(get_all<u64>, std::ref(got), in);
                }
            };
            if (gets_first) get();
            runtime.start(
                [](Out<u64> to) -> Component {
                    co_await to.put(1);
                    co_await sync([&](Round& r) -> Step<> {
                        co_await r.put(to, 2);
                        throw std::runtime_error("no further");
                    });
                },
                out);
            if (!gets_first) get();
            EXPECT_EQ(runtime.run(), Outcome::ended);
            EXPECT_TRUE(runtime.has_failed());
            EXPECT_EQ(got, std::vector<u64>{1});
            EXPECT_EQ(told.reports.size(), 1u);
        }
    }
}

// The other end takes the general way, where all that waits in place has to be asked for.
TEST(Numbers, AreAskedForWhereOthersTryAlternatives) {
    const Program program(R"(
        primitive offers(out<u64> to, in<u64> key) {
            while (true) sync {
                u64 value = 0;
                fork value = 1; or value = 2; or value = 3;
                put(to, value);
                assert(get(key) == value);
            }
        }
    )");
    for (const bool pdl_first : {true, false}) {
        for (const bool in_block : {true, false}) {
            Told told;
            Runtime runtime(program, told.options());
            auto [to, from] = runtime.channel<u64>();
            auto [key_out, key_in] = runtime.channel<u64>();
            std::vector<u64> got;
            if (pdl_first) runtime.start("offers", to, key_in);
            if (in_block) {
                runtime.start(get_all_in_blocks<u64>, std::ref(got), from);
                runtime.start(put_all_in_blocks<u64>, std::vector<u64>{2, 3, 1, 1}, key_out);
            } else {
                runtime.start(get_all<u64>, std::ref(got), from);
                runtime.start(put_all<u64>, std::vector<u64>{2, 3, 1, 1}, key_out);
            }
            if (!pdl_first) runtime.start("offers", to, key_in);
            EXPECT_EQ(runtime.run(), Outcome::ended);
            EXPECT_EQ(got, (std::vector<u64>{2, 3, 1, 1}));
            EXPECT_TRUE(told.reports.empty());
        }
    }
}

// Some of them put alone, others as a part of more, one in PDL.
TEST(Numbers, AreChosenAmongAllKindsOfPorts) {
    const Program program(R"(
        primitive counts(out<u64> to) {
            u64 n = 0;
            while (n < 300) { sync { put(to, n); } n += 1; }
        }
    )");
    constexpr u64 count = 300;
    Told told;
    Runtime runtime(program, told.options());
    std::vector<In<u64>> ins;
    std::vector<Out<u64>> outs;
    for (int i = 0; i < 4; ++i) {
        auto [out, in] = runtime.channel<u64>();
        outs.push_back(out);
        ins.push_back(in);
    }
    auto [extra, extra_in] = runtime.channel<u64>();
    std::vector<u64> values;
    std::vector<u64> extras;
    for (u64 n = 0; n < count; ++n) values.push_back(n);
    std::vector<std::vector<u64>> got(4);
    runtime.start(
        [&](std::vector<In<u64>> from) -> Component {
            for (;;) {
                const auto [value, port] = co_await get_any(from);
                got[port].push_back(value);
            }
        },
        ins);
    runtime.start(put_all<u64>, values, outs[0]);
    runtime.start(put_all<u64>, values, outs[1]);
    runtime.start(
        [&](Out<u64> to, Out<u64> more) -> Component {
            for (const u64 value : values) {
                co_await sync([&](Round& r) -> Step<> {
                    co_await r.put(to, value);
                    co_await r.put(more, value);
                });
            }
        },
        outs[2], extra);
    runtime.start(get_all<u64>, std::ref(extras), extra_in);
    runtime.start("counts", outs[3]);
    runtime.run();
    for (const auto& each : got) EXPECT_EQ(each, values);
    EXPECT_EQ(extras, values);
}

TEST(Numbers, WaitForNobodyWhoIsGone) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    auto [back, back_in] = runtime.channel<u64>();
    std::vector<u64> got;
    bool was_taken = true;
    runtime.start(
        [&](Out<u64> to, In<u64> from) -> Component {
            co_await to.put(1);
            got.push_back(*(co_await from.try_get()));
            was_taken = co_await to.try_put(3);
            EXPECT_FALSE((co_await from.try_get()).has_value());
        },
        out, back_in);
    runtime.start(
        [&](In<u64> from, Out<u64> to) -> Component {
            got.push_back(co_await from.get());
            co_await to.put(2);
        },
        in, back);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, (std::vector<u64>{1, 2}));
    EXPECT_FALSE(was_taken);
    EXPECT_TRUE(told.reports.empty());
}

// Where it waits for one, or has put one, alone and in a block.
TEST(Numbers, GoWithWhoeverIsDestroyedThere) {
    Told told;
    std::vector<u64> got;
    {
        Runtime runtime(Program(), told.options());
        for (int i = 0; i < 4; ++i) {
            auto [out, in] = runtime.channel<u64>();
            auto [other_out, other_in] = runtime.channel<u64>();
            if (i % 2 == 0) {
                runtime.start(get_all<u64>, std::ref(got), in);
                runtime.start(put_all<u64>, std::vector<u64>{1, 2}, other_out);
            } else {
                runtime.start(get_all_in_blocks<u64>, std::ref(got), in);
                runtime.start(put_all_in_blocks<u64>, std::vector<u64>{1, 2}, other_out);
            }
            if (i < 2) continue;
            runtime.run_ready();
        }
    }
    EXPECT_TRUE(got.empty());
    EXPECT_TRUE(told.reports.empty());
}

// With a time beyond which the block does not wait.
TEST(Numbers, ComeInTimeOrNotAtAll) {
    Told told;
    Runtime::Options options = told.options();
    options.virtual_time = true;
    Runtime runtime(Program(), options);
    auto [out, in] = runtime.channel<u64>();
    std::vector<std::optional<u64>> got;
    runtime.start(
        [&](In<u64> from) -> Component {
            for (int i = 0; i < 3; ++i) {
                got.push_back(co_await sync([&](Round& r) -> Step<u64> {
                                  co_return co_await r.get(from);
                              }).within(std::chrono::milliseconds(10)));
            }
        },
        in);
    runtime.start(
        [](Out<u64> to) -> Component {
            co_await to.put(1);
            co_await sleep_for(std::chrono::milliseconds(15));
            co_await to.put(2);
        },
        out);
    EXPECT_EQ(runtime.run(), Outcome::ended);
    EXPECT_EQ(got, (std::vector<std::optional<u64>>{1, std::nullopt, 2}));
    EXPECT_TRUE(told.reports.empty());
}

}  // namespace
}  // namespace reowolf
