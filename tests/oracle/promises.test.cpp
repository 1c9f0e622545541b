// SPDX-License-Identifier: MIT
// Promises of docs/semantics.md that random systems do not show: fairness, preference, patience,
// waiting for nobody who is not needed, limits.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compiler/compile.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::oracle {
namespace {

// A program on one runtime, and what it prints.
class LocalRun final : public runtime::World {
  public:
    explicit LocalRun(const std::string& text, const Limits& limits = {}) {
        diagnostics::Sources sources;
        const std::uint32_t source = sources.add("test", text);
        diagnostics::Diagnostics diagnostics(limits);
        auto compiled = compiler::compile(sources, source, diagnostics, limits);
        if (!compiled) {
            ADD_FAILURE() << diagnostics::render(sources, diagnostics.all()[0]);
            return;
        }
        program_ = std::move(*compiled);
        runtime_.emplace(program_, limits, runtime::Place{0, {"main"}, {}}, *this);
        runtime_->start(*program_.find("main"), {});
    }

    // True: it has come to rest.
    bool steps(int steps_max) {
        for (int i = 0; runtime_ && i < steps_max; ++i) {
            if (!runtime_->step()) return true;
        }
        return false;
    }
    bool until_lines(std::size_t count) {
        for (int i = 0; runtime_ && i < 1'000'000 && lines.size() < count; ++i) {
            if (!runtime_->step()) break;
        }
        return lines.size() >= count;
    }
    std::ptrdiff_t count(std::string_view line) const { return std::ranges::count(lines, line); }
    runtime::Runtime& runtime() { return *runtime_; }

    std::vector<std::string> lines;
    std::vector<std::string> reports;

  private:
    void print(std::string_view line) override { lines.emplace_back(line); }
    void report(const runtime::Report& report) override { reports.push_back(report.message); }
    void send(wire::SiteId, const wire::Message&) override {}
    void committed(const wire::Decision&) override {}
    void deviation(wire::SiteId, const std::string&) override {}
    void application_committed(std::unique_ptr<runtime::Body>) override {}
    void application_failed(wire::Reason, const std::string&) override {}
    void application_in_doubt(const std::string&) override {}

    program::Program program_;
    std::optional<runtime::Runtime> runtime_;
};

const std::string source = R"(
primitive source(out<u32> o, u32 v) { while (true) sync put(o, v); }
)";

TEST(Promises, AMergerStarvesNoSide) {
    LocalRun run(source + R"(
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi;
    new source(ao, 1); new source(bo, 2); new merger(ai, bi);
}
primitive merger(in<u32> a, in<u32> b) {
    while (true) { u32 v = 0; sync { fork v = get(a); or v = get(b); print(v); } }
}
)");
    ASSERT_TRUE(run.until_lines(1'000));
    run.lines.resize(1'000);
    EXPECT_GE(run.count("1"), 100);
    EXPECT_GE(run.count("2"), 100);
}

// The alternatives are at the receiver, and both come from one producer that leaves it the choice.
TEST(Promises, AChoiceBetweenTwoPortsOfOneProducerIsFair) {
    LocalRun run(R"(
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi;
    new producer(ao, bo); new consumer(ai, bi);
}
primitive producer(out<u32> a, out<u32> b) {
    while (true) sync { fork put(a, 1); or put(b, 2); }
}
primitive consumer(in<u32> a, in<u32> b) {
    while (true) { u32 v = 0; sync { fork v = get(a); or v = get(b); print(v); } }
}
)");
    ASSERT_TRUE(run.until_lines(1'000));
    run.lines.resize(1'000);
    EXPECT_GE(run.count("1"), 100);
    EXPECT_GE(run.count("2"), 100);
}

TEST(Promises, EarlierAlternativesArePreferred) {
    LocalRun run(R"(
composite main() { channel<u32> o -> i; new producer(o); new consumer(i); }
primitive producer(out<u32> o) { sync { fork put(o, 1); or put(o, 2); or put(o, 3); } }
primitive consumer(in<u32> i) { u32 v = 0; sync { v = get(i); assert(v != 1); print(v); } }
)");
    EXPECT_TRUE(run.steps(1'000));
    EXPECT_EQ(run.lines, std::vector<std::string>{"2"});
}

// Also if who would take the earlier one has to be explored first, and when others have their turn.
TEST(Promises, WhatIsTakenIsNotLost) {
    LocalRun run(R"(
import std.reo;
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi; channel<u32> co -> ci;
    new source(ao); new reo::lossy(ai, bo); new passer(bi, co); new sink(ci);
}
primitive source(out<u32> o) { for (auto i in 0..100) sync put(o, i); }
primitive passer(in<u32> i, out<u32> o) { while (true) sync put(o, get(i)); }
primitive sink(in<u32> i) { while (true) { sync print(get(i)); } }
)");
    EXPECT_TRUE(run.steps(100'000));
    EXPECT_EQ(run.lines.size(), 100u);
}

TEST(Promises, WhatNobodyTakesIsLost) {
    LocalRun run(R"(
import std.reo;
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi;
    new source(ao); new reo::lossy(ai, bo); new thinker(bi);
}
primitive source(out<u32> o) { for (auto i in 0..100) sync put(o, i); sync print("all"); }
primitive thinker(in<u32> i) { u32 x = 0; while (true) x += 1; sync print(get(i)); }
)");
    EXPECT_TRUE(run.until_lines(1));
}

TEST(Promises, NobodyWaitsForWhoIsNotNeeded) {
    LocalRun run(source + R"(
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi;
    new source(ao, 1); new thinker(bo); new merger(ai, bi);
}
primitive thinker(out<u32> o) { u32 x = 0; while (true) { x = x + 1; } sync put(o, 2); }
primitive merger(in<u32> a, in<u32> b) {
    while (true) { u32 v = 0; sync { fork v = get(a); or v = get(b); print(v); } }
}
)");
    ASSERT_TRUE(run.until_lines(100));
    EXPECT_EQ(run.count("1"), 100);
}

// Neither outside sync blocks nor inside one.
TEST(Promises, AnEndlessLoopStopsNobodyElse) {
    LocalRun run(source + R"(
composite main() {
    channel<u32> o -> i;
    new source(o, 1); new printer(i); new outside(); new inside();
}
primitive outside() { u32 x = 0; while (true) { x = x + 1; } }
primitive inside() { u32 x = 0; sync { while (true) { x = x + 1; } } }
primitive printer(in<u32> i) { while (true) { u32 v = 0; sync { v = get(i); print(v); } } }
)");
    EXPECT_TRUE(run.until_lines(100));
}

TEST(Promises, SilenceIsPatient) {
    LocalRun run(R"(
composite main() { channel<u32> o -> i; new late(o); new poller(i); }
primitive late(out<u32> o) {
    u32 x = 0;
    while (x < 100000) { x = x + 1; }
    sync put(o, 7);
    sync { fork { u32 unused = 1; } or { put(o, 8); assert(false); } }
}
primitive poller(in<u32> i) {
    while (true) { sync { fork { u32 v = get(i); print(v); } or { print("nothing"); } } }
}
)");
    EXPECT_TRUE(run.steps(10'000)) << "it spins";
    EXPECT_EQ(run.count("7"), 1);
    EXPECT_GE(run.count("nothing"), 1);
    EXPECT_LE(run.count("nothing"), 6);
}

// Through several blocks back to the same state, too.
TEST(Promises, SilenceIsPatientAcrossBlocks) {
    LocalRun run(R"(
composite main() { channel<u32> o -> i; new waiting(o); new loop(i); }
primitive waiting(out<u32> o) { sync { put(o, 1); assert(false); } }
primitive loop(in<u32> i) {
    while (true) {
        sync { fork { u32 v = get(i); } or { print("a"); } }
        sync { fork { u32 v = get(i); } or { print("b"); } }
        sync { fork { u32 v = get(i); } or { print("c"); } }
    }
}
)");
    EXPECT_TRUE(run.steps(10'000)) << "it spins";
    EXPECT_GE(run.count("a"), 1);
    EXPECT_LE(run.count("a"), 6);
}

// Two that pass through several blocks give each other no reason to go round again, once something
// else has given them one.
TEST(Promises, SilenceIsPatientTogether) {
    LocalRun run(R"(
composite main() {
    channel<u32> o -> i;
    channel<u32> p -> q;
    channel<u32> r -> s;
    new giver(o, q); new taker(i, s); new late(p, 60000); new late(r, 100);
}
primitive late(out<u32> o, u32 n) { u32 x = 0; while (x < n) { x = x + 1; } }
primitive giver(out<u32> o, in<u32> unused) {
    while (true) {
        sync { fork print("giver"); or put(o, 1); }
        sync skip;
    }
}
primitive taker(in<u32> i, in<u32> unused) {
    u32 x = 0;
    while (x < 50) { x += 1; }
    x = 0;
    while (true) {
        sync skip;
        sync skip;
        sync { fork print("taker"); or { u32 v = get(i) + get(i); assert(v == 4); } }
        sync skip;
    }
}
)");
    EXPECT_TRUE(run.steps(10'000)) << "it spins";
    EXPECT_LE(run.count("giver"), 10);
    EXPECT_LE(run.count("taker"), 10);
}

TEST(Promises, WhoHasTooManyBehavioursFailsAlone) {
    Limits limits;
    limits.live_behaviours_max = 50;
    const std::string text = R"(
composite main() { new few(); new many(); }
primitive few() { u32 n = 0; sync { for (auto i in 0..4) { fork n = n + 1; or n = n + 2; } print("few"); } }
primitive many() { u32 n = 0; sync { for (auto i in 0..8) { fork n = n + 1; or n = n + 2; } print("many"); } }
)";
    LocalRun run(text, limits);
    EXPECT_TRUE(run.steps(100'000));
    EXPECT_EQ(run.lines, std::vector<std::string>{"few"});
    ASSERT_EQ(run.reports.size(), 1u);
    EXPECT_EQ(run.reports[0], "more than 50 live alternatives");
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

}  // namespace
}  // namespace reowolf::oracle
