// SPDX-License-Identifier: MIT
// Rounds without alternatives that fail take no memory, once everything has been made.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

// The new and delete of this file are a pair, which g++ does not see once they are inlined.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace {

std::atomic<std::uint64_t> allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    void* memory = std::malloc(size > 0 ? size : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace reowolf {
namespace {

using u64 = std::uint64_t;

constexpr u64 rounds_before = 2'000;
constexpr u64 rounds_counted = 20'000;

u64 allocations_of(Runtime& runtime) {
    while (runtime.rounds() < rounds_before && runtime.run_one()) {
    }
    const u64 before = allocations;
    while (runtime.rounds() < rounds_before + rounds_counted && runtime.run_one()) {
    }
    EXPECT_GE(runtime.rounds(), rounds_before + rounds_counted);
    return allocations - before;
}

constexpr const char* text = R"(
    primitive source(out<u64> to) { u64 n = 0; while (true) { sync put(to, n); n += 1; } }
    primitive sink(in<u64> from) { u64 sum = 0; while (true) sync sum += get(from); }
    primitive party(out<u64> give, in<u64> take) {
        u64 n = 0;
        while (true) { sync { put(give, n); get(take); } n += 1; }
    }
    primitive merger(in<u64> a, in<u64> b, out<u64> to) {
        while (true) sync { fork put(to, get(a)); or put(to, get(b)); }
    }
)";

TEST(Allocations, NoneInPdl) {
    Told told;
    Runtime runtime(Program(text), told.options());
    auto [out, in] = runtime.channel<u64>();
    runtime.start("source", out);
    runtime.start("sink", in);
    auto [a_out, a_in] = runtime.channel<u64>();
    auto [b_out, b_in] = runtime.channel<u64>();
    runtime.start("party", a_out, b_in);
    runtime.start("party", b_out, a_in);
    EXPECT_EQ(allocations_of(runtime), 0u);
}

TEST(Allocations, NoneInAMerger) {
    Told told;
    Runtime runtime(Program(text), told.options());
    auto [a_out, a_in] = runtime.channel<u64>();
    auto [b_out, b_in] = runtime.channel<u64>();
    auto [out, in] = runtime.channel<u64>();
    runtime.start("source", a_out);
    runtime.start("source", b_out);
    runtime.start("merger", a_in, b_in, out);
    runtime.start("sink", in);
    EXPECT_EQ(allocations_of(runtime), 0u);
}

TEST(Allocations, NoneInSingleActsOfNativeComponents) {
    Told told;
    Runtime runtime(Program(), told.options());
    auto [out, in] = runtime.channel<u64>();
    runtime.start(
        [](Out<u64> to) -> Component {
            for (u64 n = 0;; ++n) co_await to.put(n);
        },
        out);
    u64 sum = 0;
    runtime.start(
        [&](In<u64> from) -> Component {
            for (;;) sum += co_await from.get();
        },
        in);
    EXPECT_EQ(allocations_of(runtime), 0u);
}

// One that is a choice and no more, and one that gives on what it has chosen.
TEST(Allocations, NoneInChoicesOfNativeComponents) {
    for (const bool gives_on : {false, true}) {
        Told told;
        const Program program(text);
        Runtime runtime(program, told.options());
        std::vector<In<u64>> ins;
        for (int i = 0; i < 3; ++i) {
            auto [out, in] = runtime.channel<u64>();
            runtime.start("source", out);
            ins.push_back(in);
        }
        auto [out, in] = runtime.channel<u64>();
        runtime.start("sink", in);
        std::vector<u64> taken(ins.size());
        const auto selects = [&](std::vector<In<u64>> from, Out<u64>) -> Component {
            for (;;) ++taken[(co_await get_any(from)).port];
        };
        const auto merges = [&](std::vector<In<u64>> from, Out<u64> to) -> Component {
            for (;;) {
                taken[co_await sync([&](Round& r) -> Step<std::size_t> {
                    const auto [value, port] = co_await r.get_any(from);
                    co_await r.put(to, value);
                    co_return port;
                })]++;
            }
        };
        if (gives_on) {
            runtime.start(merges, ins, out);
        } else {
            runtime.start(selects, ins, out);
        }
        EXPECT_EQ(allocations_of(runtime), 0u);
        for (const u64 from_each : taken) EXPECT_GT(from_each, rounds_counted / 20);
    }
}

TEST(Allocations, NoneInBlocksOfNativeComponents) {
    Told told;
    Runtime runtime(Program(), told.options());
    std::vector<Out<u64>> outs;
    std::vector<In<u64>> ins;
    for (int i = 0; i < 3; ++i) {
        auto [out, in] = runtime.channel<u64>();
        outs.push_back(out);
        ins.push_back(in);
    }
    const auto party = [](In<u64> take, Out<u64> give) -> Component {
        for (u64 value = 0;;) {
            value = co_await sync([&](Round& r) -> Step<u64> {
                co_await r.put(give, value + 1);
                co_return co_await r.get(take);
            });
        }
    };
    for (std::size_t i = 0; i < 3; ++i) runtime.start(party, ins[i], outs[(i + 1) % 3]);
    EXPECT_EQ(allocations_of(runtime), 0u);
}

}  // namespace
}  // namespace reowolf
