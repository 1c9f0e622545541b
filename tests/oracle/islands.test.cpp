// SPDX-License-Identifier: MIT
// Parts of a program that have nothing to do with each other, run side by side by several threads.
#include "workers/islands.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <semaphore>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/source.hpp"
#include "runtime/runtime.hpp"

namespace reowolf {
namespace {

class Lines final : public runtime::LocalWorld {
  public:
    void print(std::string_view line) override {
        const std::lock_guard lock(mutex_);
        printed.emplace(line);
        lines.emplace_back(line);
    }
    void report(const runtime::Report& report) override {
        const std::lock_guard lock(mutex_);
        reported.emplace(report.message);
    }

    std::multiset<std::string> printed;
    std::vector<std::string> lines;
    std::multiset<std::string> reported;

  private:
    std::mutex mutex_;
};

program::Program compiled(const std::string& text) {
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    auto program = compiler::compile(sources, sources.add("islands", text), diagnostics, Limits{});
    EXPECT_TRUE(program.has_value());
    return std::move(*program);
}

struct Islands : testing::Test {
    // Runs what composites do.
    std::vector<runtime::Island> part(const std::string& main, std::size_t parts_min = 1,
                                      std::size_t islands_max = 100) {
        program = compiled(components + main);
        maker = make();
        maker->hold_back();
        maker->start(*program.find("main"), {});
        while (maker->step()) {
        }
        return maker->release(parts_min, islands_max);
    }
    std::unique_ptr<runtime::Runtime> make() {
        return std::make_unique<runtime::Runtime>(
            program, limits, runtime::Place{.self = 0, .sites = {"here"}, .realtime = {}}, world);
    }
    void settle(std::vector<runtime::Island> parts) {
        islands.settle(*maker, std::move(parts), [this] { return make(); });
    }
    void run_to_rest() {
        do {
            while (islands.go_on()) {
            }
            if (islands.are_busy()) all_rest.acquire();
        } while (islands.are_busy());
    }

    const std::string components = R"(
        import std.time::*;
        struct Cable { in<u32> end }
        primitive source(out<u32> o, u32 n) { for (auto i in 0..n) sync put(o, i); }
        primitive sum(in<u32> i, u32 n) {
            u64 all = 0;
            for (auto _ in 0..n) sync { all += cast<u64>(get(i)); }
            print(all);
        }
        composite pair(u32 n) { channel<u32> o -> i; new source(o, n); new sum(i, n); }
    )";
    Limits limits;
    Lines world;
    program::Program program;
    std::unique_ptr<runtime::Runtime> maker;
    std::binary_semaphore all_rest{0};
    workers::Islands islands{3, [] { return 0; }, [this] { all_rest.release(); }};
};

TEST_F(Islands, AreRunByAnyThread) {
    auto parts = part("composite main() { for (u32 n in 1..41) new pair(n * 100); }");
    ASSERT_EQ(parts.size(), 40u);
    settle(std::move(parts));
    run_to_rest();
    std::multiset<std::string> expected;
    for (std::uint64_t n = 100; n <= 4000; n += 100)
        expected.insert(std::to_string(n * (n - 1) / 2));
    EXPECT_EQ(world.printed, expected);
    EXPECT_TRUE(world.reported.empty());
    for (const auto& island : islands.all()) EXPECT_EQ(island->components_left(), 0u);
}

TEST_F(Islands, AreWhatChannelsConnect) {
    const auto parts = part(R"(
        primitive both(in<u32> i, out<u32> o) { while (true) sync put(o, get(i)); }
        composite main() {
            channel a -> b;
            channel c -> d;
            new source(a, 3);
            new both(b, c);
            new pair(5);
            new sum(d, 3);
        })");
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].components.size(), 3u);
    EXPECT_EQ(parts[0].channels.size(), 2u);
    EXPECT_EQ(parts[1].components.size(), 2u);
}

// Ports lie anywhere in what a component is given; ends that a composite keeps are closed.
TEST_F(Islands, KeepTheirPorts) {
    auto parts = part(R"(
        primitive each(out<u32>[] to) { for (auto o in to) sync put(o, 7); }
        primitive one(Cable cable) { sync print(get(cable.end)); }
        primitive closed(in<u32> i) { sync print(get(i)); }
        composite main() {
            channel a -> b;
            channel c -> d;
            channel _ -> e;
            new each({a, c});
            new one(Cable{ end: b });
            new one(Cable{ end: d });
            new closed(e);
        })");
    ASSERT_EQ(parts.size(), 2u);
    settle(std::move(parts));
    run_to_rest();
    EXPECT_EQ(world.printed, (std::multiset<std::string>{"7", "7"}));
    EXPECT_TRUE(world.reported.empty());
}

// Of a program that makes components without end most begin at once.
TEST_F(Islands, NotAllAreHeldBack) {
    constexpr std::size_t made = 50'000;
    const auto parts = part(R"(
        primitive nothing() { skip; }
        composite main() { for (auto i in 0..50000) new nothing(); }
    )");
    std::size_t held = 0;
    for (const auto& each : parts) held += each.components.size();
    EXPECT_GT(held, 0u);
    EXPECT_LT(held, made);
    EXPECT_EQ(maker->components_ended(), made - held + 1);
}

// Who starts a timer, if only later, stays where that is looked after.
TEST_F(Islands, StayWhereTheirTimersAre) {
    const auto parts = part(R"(
        comp late() { channel ticks -> clock; new timer(ticks, 1); sync get(clock); }
        composite later() { new late(); }
        comp starter() { new later(); }
        composite main() { new starter(); new pair(1); new pair(2); }
    )");
    EXPECT_EQ(parts.size(), 2u);
}

// Too few are not given away.
TEST_F(Islands, StayWhereTheyAreNeeded) {
    const auto parts = part("composite main() { new pair(1); new pair(2); }", 3);
    EXPECT_TRUE(parts.empty());
    while (maker->step()) {
    }
    EXPECT_EQ(world.printed, (std::multiset<std::string>{"0", "1"}));
    EXPECT_EQ(maker->components_left(), 0u);
}

TEST_F(Islands, SayWhoFailsAndWhoIsStuck) {
    auto parts = part(R"(
        primitive waiting(in<u32> i, out<u32> o) { sync { u32 n = get(i); put(o, n); } }
        primitive failing(u32 n) { print(1 / n); }
        composite circle() {
            channel a -> b;
            channel c -> d;
            new waiting(b, c);
            new waiting(d, a);
        }
        composite main() { new circle(); new failing(0); new failing(1); new pair(1000); })");
    ASSERT_EQ(parts.size(), 4u);
    settle(std::move(parts));
    run_to_rest();
    EXPECT_EQ(world.printed, (std::multiset<std::string>{"1", "499500"}));
    EXPECT_EQ(world.reported.size(), 3u);
    EXPECT_EQ(
        std::ranges::count_if(islands.all(), [](const auto& each) { return each->has_failed(); }),
        2);
    EXPECT_TRUE(std::ranges::any_of(
        world.reported, [](const std::string& text) { return text.contains("division by zero"); }));
}

// Short programs do the same as if they were not parted, in the same order.
TEST_F(Islands, HaveTheirTurnsTogetherAtFirst) {
    const std::string main = R"(
        primitive says(in<u32> i, u32 n) { for (u32 k in 0..4) sync print(n, get(i)); }
        composite saying(u32 n) { channel<u32> o -> i; new source(o, 4); new says(i, n); }
        composite main() {
            channel<u32> o -> i;
            new source(o, 4);
            for (u32 n in 0..9) new saying(n);
            new says(i, 9);
        })";
    ASSERT_EQ(part(main, 100).size(), 0u);
    while (maker->step()) {
    }
    const std::vector<std::string> lines = std::exchange(world.lines, {});
    EXPECT_EQ(lines.size(), 40u);
    auto parts = part(main, 1, 3);
    ASSERT_EQ(parts.size(), 3u);
    settle(std::move(parts));
    run_to_rest();
    EXPECT_EQ(world.lines, lines);
}

// While nobody runs them they can be looked at; and they can be left while they run.
TEST_F(Islands, ArePausedAndLeft) {
    auto parts = part(R"(
        primitive ticking(out<u32> o) { while (true) sync put(o, 1); }
        primitive taking(in<u32> i) { while (true) sync get(i); }
        composite clock() { channel o -> i; new ticking(o); new taking(i); }
        composite main() { for (u32 n in 0..5) new clock(); })");
    ASSERT_EQ(parts.size(), 5u);
    settle(std::move(parts));
    const auto rounds = [&] {
        islands.pause();
        std::uint64_t all = 0;
        for (const auto& island : islands.all()) {
            all += island->rounds_committed();
            EXPECT_EQ(island->overview(0, 10).lines.size(), 2u);
        }
        islands.resume();
        return all;
    };
    for (std::uint64_t wanted = 10'000; wanted <= 100'000; wanted += 10'000) {
        while (rounds() < wanted) EXPECT_TRUE(islands.go_on());
    }
    EXPECT_TRUE(islands.are_busy());
}

}  // namespace
}  // namespace reowolf
