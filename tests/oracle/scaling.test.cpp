// SPDX-License-Identifier: MIT
// Protocols whose structure has no exponential cost must not cost exponentially. What is counted is
// behaviours, not time: the same everywhere.
#include <functional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "../../bench/networks.hpp"
#include "running.hpp"

namespace reowolf::oracle {
namespace {

// How many behaviours a program explores until it comes to rest. It must print `wanted`.
std::uint64_t behaviours(const std::string& text, const std::string& wanted,
                         runtime::Runtime::Lane lane = runtime::Runtime::Lane::open) {
    Running program(text);
    program.runtime().set_lane(lane, 1);
    program.start("main", {});
    program.run_to_rest();
    EXPECT_EQ(program.printed, std::vector<std::string>{wanted}) << text;
    for (const std::string& report : program.reports) {
        EXPECT_EQ(report.find("live alternatives"), std::string::npos);
    }
    return program.runtime().counters().behaviours;
}

// Twice as many parts cost at most `most` times as much; parts from 4 to 64.
void expect_growth(const std::function<std::string(std::size_t)>& text, const std::string& wanted,
                   double most) {
    std::uint64_t before = behaviours(text(4), wanted);
    for (std::size_t parts = 8; parts <= 64; parts *= 2) {
        const std::uint64_t now = behaviours(text(parts), wanted);
        // A few thousand are tried side by side before anything else.
        const double bound = most * static_cast<double>(before) + 8'000;
        EXPECT_LE(static_cast<double>(now), bound) << parts << " parts";
        before = now;
    }
}

// Each of a row passes its value on over one of two channels; the last one takes one of them.
TEST(Scaling, AChainOfForks) {
    expect_growth(bench::row_of_forks, "2", 2.5);
}

// Each guesses how often its sender puts; one guess of three is right, and only it is passed on.
TEST(Scaling, ARowOfGuesses) {
    expect_growth(bench::row_of_guesses, "true", 2.5);
}

// The ways to a value at the end of the row are exponentially many, the values are not.
TEST(Scaling, ARowOfSums) {
    expect_growth(bench::row_of_sums, "sum", 4.5);
}

TEST(Scaling, ATreeOfSums) {
    std::uint64_t before = behaviours(bench::tree_of_sums(4), "sum");
    for (std::size_t parts = 8; parts <= 64; parts *= 2) {
        const std::uint64_t now = behaviours(bench::tree_of_sums(parts), "sum");
        EXPECT_LE(now, 6 * before) << parts << " parts";  // about the square
        before = now;
    }
}

// One of them reads what the first one chose as well: of the ways to a sum some are no ways.
TEST(Scaling, ValuesThatMeetAgainKeepWhereTheyCameFrom) {
    EXPECT_LE(behaviours(R"(
primitive guess(out<u32> o, out<u32> also) {
    sync { u32 x = 0; fork x = 0; or x = 1; put(o, x); put(also, x); }
}
primitive stage(in<u32> a, out<u32> o) {
    sync { u32 x = get(a); fork put(o, x); or put(o, x + 1); }
}
primitive last(in<u32> a, in<u32> also) {
    sync { assert(get(a) == 5); assert(get(also) == 1); print("five"); }
}
composite main() {
    channel a -> b; channel c -> d;
    new guess(a, c);
    auto from = b;
    for (auto i in 0..4) { channel to -> next; new stage(from, to); from = next; }
    new last(from, d);
})",
                         "five"),
              200u);
}

// One component decides for each of its readers; all of them take the second alternative.
TEST(Scaling, AChainOfForksInOneComponent) {
    expect_growth(
        [](std::size_t parts) {
            return fmt::format(R"(
primitive chooser(out<u32>[] a, out<u32>[] b) {{
    sync {{
        for (auto i in 0..{0}) {{ fork put(a[i], 1); or put(b[i], 2); }}
        print("chosen");
    }}
}}
primitive reader(in<u32> a, in<u32> b) {{ sync get(b); }}
composite main() {{
    out<u32>[] left = {{}}; out<u32>[] right = {{}};
    for (auto i in 0..{0}) {{
        channel p -> q; channel r -> s;
        left @= {{p}}; right @= {{r}};
        new reader(q, s);
    }}
    new chooser(left, right);
}})",
                               parts);
        },
        "chosen", 4);
}

// One leaves out what it likes, and tells what it has; the other one begins when all of that is
// there, and counts. Who has a message cannot do without it, so there are as many pasts to tell
// apart as the first has behaviours, and not 3^N.
TEST(Scaling, ManyOptionalPortsBetweenTwo) {
    const auto explored = [](std::size_t ports) {
        Running program(fmt::format(R"(
primitive offers(out<u32>[] o) {{
    sync {{
        u32 taken = 1;
        for (auto i in 0..{0}) {{
            taken *= 2;
            if (fires(o[i])) {{ taken += 1; put(o[i], taken); }}
        }}
    }}
}}
primitive later(out<u32> o) {{
    sync {{ u32 x = 0; while (x < 1000000) x += 1; put(o, x); }}
}}
primitive counts(in<u32> first, in<u32>[] a) {{
    sync {{
        get(first);
        u32 count = 0;
        for (auto i in 0..{0}) if (fires(a[i])) {{ get(a[i]); count += 1; }}
        assert(count == {0} + 1);
    }}
}}
composite main() {{
    out<u32>[] left = {{}}; in<u32>[] right = {{}};
    for (auto i in 0..{0}) {{ channel p -> q; left @= {{p}}; right @= {{q}}; }}
    channel begin -> begun;
    new later(begin); new offers(left); new counts(begun, right);
}})",
                                    ports));
        program.start("main", {});
        program.run_to_rest();
        return program.runtime().counters().behaviours;
    };
    std::uint64_t before = explored(4);
    for (std::size_t ports = 6; ports <= 10; ports += 2) {
        const std::uint64_t now = explored(ports);
        EXPECT_LE(now, 5 * before) << ports << " ports";
        before = now;
    }
}

// What each reader may get or not is decided for each by itself.
TEST(Scaling, ManyOptionalPutsAtOnce) {
    expect_growth(bench::optional_puts, "chosen", 4);
}

TEST(Scaling, ManyOptionalGetsAtOnce) {
    expect_growth(
        [](std::size_t parts) {
            return fmt::format(R"(
primitive chooser(in<u32>[] a) {{
    sync {{
        for (auto i in 0..{0}) {{ fork get(a[i]); or skip; }}
        print("chosen");
    }}
}}
primitive writer(out<u32> a) {{ sync put(a, 1); }}
composite main() {{
    in<u32>[] all = {{}};
    for (auto i in 0..{0}) {{ channel p -> q; all @= {{q}}; new writer(p); }}
    new chooser(all);
}})",
                               parts);
        },
        "chosen", 4);
}

// Nobody wants what comes first, but it has to be put before what they want.
TEST(Scaling, WhatNobodyWaitsForMayHaveToBePutFirst) {
    constexpr const char* text = R"(
primitive chooser(out<u32> late, out<u32> early, out<u32>[] more) {
    sync {
        for (auto i in 0..10) { fork skip; or skip; }
        put(late, 1);
        put(early, 2);
        print("chosen");
    }
}
primitive reader(in<u32> late, in<u32> early) { sync { assert(get(early) == 2); get(late); } }
composite main() {
    channel a -> b; channel c -> d;
    new chooser(a, c, {});
    new reader(b, d);
})";
    EXPECT_LE(behaviours(text, "chosen"), 20'000u);
}

// n components with k alternatives each, of which one combination fits.
TEST(Scaling, Puzzles) {
    for (std::size_t k = 2; k <= 8; k += 3) {
        std::string arms = "fork mine = 0;\n";
        for (std::size_t i = 1; i < k; ++i) arms += fmt::format("or mine = {};\n", i);
        for (std::size_t n = 2; n <= 12; n += 5) {
            const std::string text = fmt::format(R"(
primitive part(u64 number, in<u64> from, out<u64> to) {{
    sync {{
        u64 mine = 0;
        {}
        u64 before = get(from);
        assert(mine == (before * 3 + number) % {});
        put(to, mine);
    }}
}}
primitive first(out<u64> to) {{ sync put(to, 1); }}
primitive last(in<u64> from) {{ sync {{ get(from); print("solved"); }} }}
composite main() {{
    channel begin -> second;
    new first(begin);
    auto from = second;
    for (auto i in 0..{}) {{ channel to -> next; new part(i, from, to); from = next; }}
    new last(from);
}})",
                                                 arms, k, n);
            EXPECT_LE(behaviours(text, "solved"), 4 * n * (2 * k + 2) + 20) << n << " of " << k;
        }
    }
}

// Each round of a merger looks at each of its inputs a few times, not at pairs of them.
TEST(Scaling, MergersAndRoutersOfMany) {
    constexpr std::size_t many = 1'000;
    constexpr std::size_t rounds = 3;
    std::string arms = "fork which = 0;\n";
    for (std::size_t i = 1; i < many; ++i) arms += fmt::format("or which = {};\n", i);
    const std::string merger = fmt::format(R"(
primitive merger(in<u32>[] a, out<u32> o) {{
    while (true) sync {{
        u32 which = 0;
        {}
        put(o, get(a[which]));
    }}
}}
primitive source(out<u32> o) {{ while (true) sync put(o, 1); }}
primitive sink(in<u32> i) {{ for (auto k in 0..{}) sync get(i); print("done"); }}
composite main() {{
    in<u32>[] all = {{}};
    for (auto i in 0..{}) {{ channel p -> q; all @= {{q}}; new source(p); }}
    channel x -> y;
    new merger(all, x);
    new sink(y);
}})",
                                           arms, rounds, many);
    EXPECT_LE(behaviours(merger, "done"), 6 * many * (rounds + 1));
    const std::string router = fmt::format(R"(
primitive router(in<u32> i, out<u32>[] o) {{
    while (true) sync {{
        auto value = get(i);
        u32 which = 0;
        {}
        put(o[which], value);
    }}
}}
primitive source(out<u32> o) {{ for (auto k in 0..{}) sync put(o, 1); print("done"); }}
primitive sink(in<u32> i) {{ while (true) sync get(i); }}
composite main() {{
    out<u32>[] all = {{}};
    for (auto i in 0..{}) {{ channel p -> q; all @= {{p}}; new sink(q); }}
    channel x -> y;
    new source(x);
    new router(y, all);
}})",
                                           arms, rounds, many);
    EXPECT_LE(behaviours(router, "done"), 8 * many * (rounds + 1));
}

TEST(Scaling, AHundredPhilosophers) {
    constexpr std::size_t many = 100;
    constexpr std::size_t meals = 5;
    const std::string text = fmt::format(R"(
primitive tool(in<u32> left, in<u32> right) {{ while (true) sync {{ fork get(left); or get(right); }} }}
primitive philosopher(out<u32> left, out<u32> right, out<u32> full) {{
    for (auto i in 0..{1}) sync {{ put(left, i); put(right, i); }}
    sync put(full, 1);
}}
primitive host(in<u32>[] full) {{
    for (auto i in 0..{0}) sync get(full[i]);
    print("all have eaten");
}}
composite main() {{
    out<u32>[] lefts = {{}}; out<u32>[] rights = {{}}; in<u32>[] full = {{}};
    for (auto i in 0..{0}) {{
        channel a -> b; channel c -> d;
        new tool(b, d);
        lefts @= {{a}}; rights @= {{c}};
    }}
    for (auto i in 0..{0}) {{
        channel e -> f;
        full @= {{f}};
        new philosopher(lefts[i], rights[(i + 1) % {0}], e);
    }}
    new host(full);
}})",
                                         many, meals);
    for (const auto lane : {runtime::Runtime::Lane::open, runtime::Runtime::Lane::closed}) {
        EXPECT_LE(behaviours(text, "all have eaten", lane), 40 * many * meals);
    }
}

// Thousands of complete behaviours put to a component that ends. Each list that they are in is gone
// through a few times, not once for each of them.
TEST(Scaling, ManyBehavioursAreDiscardedTogether) {
    const auto steps = [](std::size_t forks) {
        Running program(fmt::format(R"(
primitive many(out<u32> to, out<u32> other) {{
    sync {{
        u32 n = 0;
        for (auto i in 0..{}) {{ fork n = n * 2; or n = n * 2 + 1; }}
        fork {{ put(other, n); put(to, n); }} or put(other, 1000000);
    }}
}}
primitive clock(out<bool> go) {{ for (auto i in 0..2000000) {{}} sync put(go, true); }}
primitive leaver(in<u32> from, in<bool> go) {{ sync get(go); }}
primitive picky(in<u32> from) {{ sync assert(get(from) == 1000001); }}
composite main() {{
    channel a -> b; channel c -> d; channel g -> h;
    new many(a, c); new leaver(b, h); new clock(g); new picky(d);
}}
)",
                                    forks));
        program.start("main", {});
        program.run_to_rest();
        const auto& discarded = program.runtime().counters().discarded;
        EXPECT_GE(discarded[static_cast<std::size_t>(runtime::Cause::put_on_closed)],
                  std::uint64_t{1} << forks);
        return program.runtime().removal_steps();
    };
    EXPECT_LE(steps(12), 3 * steps(11));
}

}  // namespace
}  // namespace reowolf::oracle
