// SPDX-License-Identifier: MIT
// Coroutines on one thread: two peers and a timer take turns on it.
#include <chrono>

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include <reowolf/asio.hpp>

#include "peers.hpp"

namespace {

using namespace reowolf;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

constexpr const char* counting =
    "connector counting {\n"
    "    peer amy = \"$\" { in<u32> give; }\n"
    "    peer bob = \"$\" { out<u32> take; }\n"
    "    new pass(amy.give, bob.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

asio::awaitable<void> count(RealtimeConnector& amy, std::uint32_t rounds) {
    value_or_throw(co_await async_connect(amy, asio::use_awaitable));
    for (std::uint32_t i = 0; i < rounds; ++i) {
        amy.put("give", i);
        EXPECT_FALSE(value_or_throw(co_await async_sync(amy, asio::use_awaitable)));
    }
}

asio::awaitable<void> add(RealtimeConnector& bob, std::uint32_t rounds, std::uint32_t& sum) {
    value_or_throw(co_await async_connect(bob, asio::use_awaitable));
    for (std::uint32_t i = 0; i < rounds; ++i) {
        std::uint32_t taken = 0;
        bob.get("take", taken);
        value_or_throw(co_await async_sync(bob, asio::use_awaitable));
        sum += taken;
    }
}

void run(asio::io_context& context, asio::awaitable<void> all) {
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(all), [&](std::exception_ptr problem) { failure = problem; });
    context.run();
    if (failure) std::rethrow_exception(failure);
}

TEST(CppAsio, TwoPeersShareAThread) {
    const std::string protocol = with_addresses(counting);
    RealtimeConnector amy;
    RealtimeConnector bob;
    amy.configure("self amy;\n" + protocol);
    bob.configure("self bob;\n" + protocol);
    std::uint32_t sum = 0;
    asio::io_context context;
    run(context, count(amy, 100) && add(bob, 100, sum));
    EXPECT_EQ(sum, 4950U);
}

TEST(CppAsio, AFailureIsAResult) {
    RealtimeConnector amy;
    amy.configure("self amy;\n" + with_addresses(counting));
    asio::io_context context;
    run(context, [](RealtimeConnector& connector) -> asio::awaitable<void> {
        const Result<bool> result = co_await async_sync(connector, asio::use_awaitable);
        EXPECT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, std::errc::not_connected);
    }(amy));
}

TEST(CppAsio, WaitingCanBeCancelledAndTakenUpAgain) {
    Pair<RealtimeConnector, RealtimeConnector> pair(counting);
    asio::io_context context;
    std::uint32_t taken = 0;
    pair.bob.get("take", taken);
    run(context, [](RealtimeConnector& amy, RealtimeConnector& bob) -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
        // Amy has nothing to give yet, and is in no call.
        const auto first = co_await (async_sync(bob, asio::use_awaitable) ||
                                     timer.async_wait(asio::use_awaitable));
        EXPECT_EQ(first.index(), 1U);
        amy.put("give", 7U);
        const auto both =
            co_await (async_sync(amy, asio::use_awaitable) && async_sync(bob, asio::use_awaitable));
        EXPECT_TRUE(std::get<0>(both).has_value());
        EXPECT_TRUE(std::get<1>(both).has_value());
    }(pair.amy, pair.bob));
    EXPECT_EQ(taken, 7U);
}

TEST(CppAsio, ARoundThatIsInterruptedIsLateAndMoreCanBePrepared) {
    Pair<RealtimeConnector, RealtimeConnector> pair(counting);
    asio::io_context context;
    std::uint32_t taken = 0;
    run(context,
        [](RealtimeConnector& amy, RealtimeConnector& bob,
           std::uint32_t& into) -> asio::awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
            const auto first = co_await (async_sync(bob) || timer.async_wait(asio::use_awaitable));
            EXPECT_EQ(first.index(), 1U);
            bob.interrupt();
            const Result<bool> late = co_await async_sync(bob);
            EXPECT_FALSE(late.has_value());
            EXPECT_TRUE(!late && late.error().code == std::errc::timed_out);
            bob.get("take", into);
            amy.put("give", 9U);
            const auto both = co_await (async_sync(amy) && async_sync(bob));
            EXPECT_TRUE(std::get<0>(both).has_value());
            EXPECT_TRUE(std::get<1>(both).has_value());
        }(pair.amy, pair.bob, taken));
    EXPECT_EQ(taken, 9U);
}

TEST(CppAsio, OnAStrandOfAPool) {
    Pair<RealtimeConnector, RealtimeConnector> pair(counting);
    asio::thread_pool pool(2);
    std::uint32_t taken = 0;
    const auto strand = asio::make_strand(pool);
    auto done = asio::co_spawn(
        strand,
        [&]() -> asio::awaitable<void> {
            pair.amy.put("give", 5U);
            pair.bob.get("take", taken);
            co_await (async_sync(pair.amy) && async_sync(pair.bob));
            EXPECT_TRUE(strand.running_in_this_thread());
        },
        asio::use_future);
    done.get();
    EXPECT_EQ(taken, 5U);
}

TEST(CppAsio, AnyCompletionTokenWillDo) {
    Pair<RealtimeConnector, RealtimeConnector> pair(counting);
    asio::thread_pool pool(1);
    std::uint32_t taken = 0;
    pair.amy.put("give", 3U);
    pair.bob.get("take", taken);
    auto one = async_sync(pair.amy, asio::bind_executor(pool, asio::use_future));
    auto other = async_sync(pair.bob, asio::bind_executor(pool, asio::use_future));
    EXPECT_TRUE(one.get().has_value());
    EXPECT_TRUE(other.get().has_value());
    EXPECT_EQ(taken, 3U);
}

}  // namespace
