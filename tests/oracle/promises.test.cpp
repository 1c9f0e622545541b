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
class LocalRun final : public runtime::LocalWorld {
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

// However many rounds it has between two choices: its fair turns do not all fall on the others.
TEST(Promises, AMergerWithOtherRoundsBetweenStarvesNoSide) {
    for (int rounds = 1; rounds < 9; ++rounds) {
        std::string others;
        for (int i = 1; i < rounds; ++i) others += " sync put(o, v);";
        LocalRun run(source + R"(
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi; channel<u32> po -> pi;
    new source(ao, 1); new source(bo, 2); new merger(ai, bi, po); new sink(pi);
}
primitive sink(in<u32> i) { while (true) sync get(i); }
primitive merger(in<u32> a, in<u32> b, out<u32> o) {
    while (true) { u32 v = 0; sync { fork v = get(a); or v = get(b); print(v); })" +
                     others + "}\n}\n");
        ASSERT_TRUE(run.until_lines(1'000));
        run.lines.resize(1'000);
        EXPECT_GE(run.count("1"), 100) << rounds;
        EXPECT_GE(run.count("2"), 100) << rounds;
    }
}

// Clients that ask in one round, and are answered in the next.
TEST(Promises, AServerStarvesNoClient) {
    for (const std::string way : {"select { auto m = get(a) -> n = m; auto m = get(b) -> n = m; "
                                  "auto m = get(c) -> n = m; }",
                                  "fork n = get(a); or n = get(b); or n = get(c);"}) {
        LocalRun run(R"(
primitive client(out<u32> q, in<u32> r, u32 n) { while (true) { sync put(q, n); sync get(r); } }
primitive server(in<u32> a, in<u32> b, in<u32> c, out<u32> x, out<u32> y, out<u32> z) {
    while (true) {
        u32 n = 0;
        sync { )" + way +
                     R"( print(n); }
        if (n == 1) { sync put(x, n); } else if (n == 2) { sync put(y, n); } else { sync put(z, n); }
    }
}
composite main() {
    channel<u32> a -> b; channel<u32> c -> d; channel<u32> e -> f;
    channel<u32> g -> h; channel<u32> k -> l; channel<u32> m -> n;
    new client(a, h, 1); new client(c, l, 2); new client(e, n, 3); new server(b, d, f, g, k, m);
}
)");
        ASSERT_TRUE(run.until_lines(1'000));
        run.lines.resize(1'000);
        for (const std::string client : {"1", "2", "3"}) {
            EXPECT_GE(run.count(client), 100) << way << client;
        }
    }
}

// Its sides are buffers, which choose themselves, in the lane or not.
TEST(Promises, AMergerOfBuffersStarvesNoSide) {
    for (const std::string sides :
         {"new buffer(b, g); new buffer(d, k);", "new reo::fifo1(b, g); new buffer(d, k);",
          "new buffer(b, g); new reo::fifo1(d, k);",
          "new reo::fifo1(b, g); new reo::fifo(d, k, 2);",
          "new reo::fifo(b, g, 3); new reo::sync_channel(d, k);"}) {
        LocalRun run("import std.reo;\n" + source + R"(
primitive buffer(in<u32> i, out<u32> o) {
    u32[] kept = {};
    while (true) sync {
        fork { assert(kept.length > 0); put(o, kept[0]); kept = kept[1..]; }
        or { assert(kept.length < 2); kept @= {get(i)}; }
    }
}
primitive merger(in<u32> a, in<u32> b, out<u32> o) {
    while (true) sync { fork put(o, get(a)); or put(o, get(b)); }
}
primitive sink(in<u32> i) { while (true) sync print(get(i)); }
composite main() {
    channel<u32> a -> b; channel<u32> c -> d; channel<u32> e -> f;
    channel<u32> g -> h; channel<u32> k -> l;
    new source(a, 1); new source(c, 2); new merger(h, l, e); new sink(f);
    )" + sides + "\n}\n");
        ASSERT_TRUE(run.until_lines(1'000)) << sides;
        run.lines.resize(1'000);
        EXPECT_GE(run.count("1"), 100) << sides;
        EXPECT_GE(run.count("2"), 100) << sides;
    }
}

// Of as many sides as that leaves room for.
TEST(Promises, MergersAndRoutersOfTheLibraryStarveNoSide) {
    for (const std::string components :
         {"new reo::merger(ins[0], ins[1], o); new reo::router(i, outs[0], outs[1]);",
          "new reo::merger_n(ins, o); new reo::router_n(i, outs);"}) {
        const int sides = components.contains("merger_n") ? 5 : 2;
        LocalRun run("import std.reo;\n" + source + R"(
primitive sink(in<u32> i, u32 side) { while (true) sync print(get(i) * 100 + side); }
composite main() {
    in<u32>[] ins = {};
    out<u32>[] outs = {};
    for (auto side in 0..)" +
                     std::to_string(sides) +
                     R"() {
        channel a -> b; channel c -> d;
        new source(a, side); new sink(d, side);
        ins @= {b}; outs @= {c};
    }
    channel o -> i;
    )" + components + "\n}\n");
        ASSERT_TRUE(run.until_lines(1'000));
        run.lines.resize(1'000);
        for (int side = 0; side < sides; ++side) {
            const auto of = [&](auto part) {
                return std::ranges::count_if(run.lines, [&](const std::string& line) {
                    return part(std::stoi(line)) == side;
                });
            };
            EXPECT_GE(of([](int value) { return value / 100; }), 100) << components << side;
            EXPECT_GE(of([](int value) { return value % 100; }), 100) << components << side;
        }
    }
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

// Those out of turn take turns themselves; between them the first is preferred.
TEST(Promises, AMergerOfManyStarvesNone) {
    LocalRun run(source + R"(
composite main() {
    in<u32>[] all = {};
    for (auto i in 0..5) { channel to -> from; new source(to, i); all @= {from}; }
    new merger(all);
}
primitive merger(in<u32>[] a) {
    while (true) {
        u32 v = 0;
        sync {
            fork v = get(a[0]); or v = get(a[1]); or v = get(a[2]); or v = get(a[3]);
            or v = get(a[4]);
            print(v);
        }
    }
}
)");
    ASSERT_TRUE(run.until_lines(1'000));
    run.lines.resize(1'000);
    EXPECT_GE(run.count("0"), 500);
    for (const char* side : {"1", "2", "3", "4"}) EXPECT_GE(run.count(side), 50) << side;
}

// Both forks of one block, in all combinations: the sinks that only some of them reach get theirs.
TEST(Promises, AllCombinationsOfChoicesOccur) {
    LocalRun run(R"(
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi; channel<u32> co -> ci; channel<u32> d_o -> di;
    new chooser(ao, bo, co, d_o);
    new sink(ai); new sink(bi); new sink(ci); new sink(di);
}
primitive sink(in<u32> i) { while (true) sync get(i); }
primitive chooser(out<u32> a, out<u32> b, out<u32> c, out<u32> d) {
    while (true) {
        u32 one = 0; u32 two = 0;
        sync {
            fork { put(a, 1); one = 1; } or { put(b, 1); one = 2; }
            fork { put(c, 1); two = 1; } or { put(d, 1); two = 2; }
            print(one, two);
        }
    }
}
)");
    ASSERT_TRUE(run.until_lines(1'000));
    for (const char* combination : {"1 1", "1 2", "2 1", "2 2"}) {
        EXPECT_GE(run.count(combination), 20) << combination;
    }
}

// The merger takes what comes first, and then needs somebody who never comes. Somebody else, who
// has nothing to do with them, never rests.
TEST(Promises, AWrongTurnIsTakenBack) {
    LocalRun run(R"(
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi; channel<u32> no -> ni;
    new one(ao, 1); new one(bo, 2); new busy(no); new busy_alone(); new merger(ai, bi, ni);
}
primitive one(out<u32> o, u32 v) { sync put(o, v); }
primitive busy(out<u32> o) { u32 x = 0; while (true) { x = x + 1; } sync put(o, x); }
primitive busy_alone() { u32 x = 0; while (true) { x = x + 1; } }
primitive merger(in<u32> a, in<u32> b, in<u32> never) {
    u32 v = 0;
    sync { fork { v = get(a); v = get(never); } or v = get(b); print(v); }
}
)");
    ASSERT_TRUE(run.until_lines(1));
    EXPECT_EQ(run.lines[0], "2");
}

// Alternatives of which most come to nothing: the lane is left again and again.
TEST(Promises, WhoeverHasToLeaveTheLaneIsServedToo) {
    LocalRun run(R"(
composite main() {
    channel<u32> a -> b; channel<bool> c -> d;
    new guesser(a, d); new judge(b, c);
}
primitive guesser(out<u32> guess, in<bool> right) {
    for (auto i in 0..100) sync {
        u32 n = 0;
        fork n = 0; or n = 1; or n = 2; or n = 3;
        put(guess, n);
        assert(get(right));
        print(n);
    }
}
primitive judge(in<u32> guess, out<bool> right) {
    u32 i = 0;
    while (true) { sync put(right, get(guess) == i % 4); i += 1; }
}
)");
    ASSERT_TRUE(run.until_lines(100));
    EXPECT_EQ(run.count("0"), 25);
    EXPECT_EQ(run.count("3"), 25);
}

// The merger of the release notes: `fires` is true and false.
TEST(Promises, FiresTakesEitherSide) {
    LocalRun run(source + R"(
composite main() {
    channel<u32> ao -> ai; channel<u32> bo -> bi;
    new source(ao, 1); new source(bo, 2); new merger(ai, bi);
}
primitive merger(in<u32> a, in<u32> b) {
    while (true) {
        u32 v = 0;
        sync {
            if (fires(a) && !fires(b)) v = get(a);
            else if (!fires(a) && fires(b)) v = get(b);
            else assert(!fires(a) && !fires(b));
            print(v);
        }
    }
}
)");
    ASSERT_TRUE(run.until_lines(1'000));
    run.lines.resize(1'000);
    EXPECT_GE(run.count("1"), 100);
    EXPECT_GE(run.count("2"), 100);
    EXPECT_EQ(run.count("0"), 0);
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

// It goes round again when somebody comes to its port, also if he waits for another one too.
TEST(Promises, WhoIsPatientGoesOnWhenSomebodyComesToChoose) {
    LocalRun run(R"(
composite main() {
    channel<u32> o -> i;
    channel<u32> p -> q;
    channel<u32> r -> s;
    new walker(o); new waiting(p, s); new late(i, q, r);
}
primitive walker(out<u32> o) { while (true) { sync skip; sync { fork skip; or put(o, 3); } } }
primitive waiting(out<u32> o, in<u32> never) { sync { get(never); put(o, 4); } }
primitive late(in<u32> i, in<u32> other, out<u32> never) {
    u32 x = 0;
    while (x < 100000) { x = x + 1; }
    sync select {
        auto v = get(i) -> print(v);
        auto v = get(other) -> print(v);
    }
}
)");
    EXPECT_TRUE(run.steps(10'000)) << "it spins";
    EXPECT_EQ(run.lines, std::vector<std::string>{"3"});
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

// Wherever in the code its block begins, and wherever what it asserts is kept.
TEST(Promises, WhatIsAssertedHolds) {
    for (int before = 0; before < 40; ++before) {
        std::string text = R"(
composite main() { channel a -> b; new giver(a); new taker(b); }
primitive giver(out<u32> o) { sync put(o, 1); }
primitive taker(in<u32> i) {
    u32 x = 0;
)";
        for (int k = 0; k < before; ++k) text += "    x = 1;\n";
        text +=
            "    sync { u32 y = get(i); bool holds = y == 2; assert(holds); print(\"wrong\"); }\n";
        text += "    sync skip;\n}\n";
        LocalRun run(text);
        EXPECT_TRUE(run.steps(10'000));
        EXPECT_EQ(run.lines, std::vector<std::string>{}) << before;
    }
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
