// SPDX-License-Identifier: MIT
// What a component may take while its sync block is not decided has a bound: without an end its
// messages, lines and alternatives would take all memory there is.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "running.hpp"

namespace reowolf::oracle {
namespace {

using Lines = std::vector<std::string>;
using Lane = runtime::Runtime::Lane;

constexpr auto too_much = "out of memory: more than 1048576 bytes for one sync block";

Limits small() {
    Limits limits;
    limits.block_bytes_max = 1u << 20;
    return limits;
}

// The other one waits for the first message and ends with its channel.
struct Case {
    std::string what;
    std::string block;
    std::string before;
};
const std::vector<Case> cases{
    {"numbers", "while (true) put(to, 1);", ""},
    {"numbers, beside a choice that fails", "fork { while (true) put(to, 1); } or assert(false);",
     ""},
    {"numbers to several", "while (true) { put(to, 1); put(beside, 1); }", ""},
    {"strings", "while (true) { put(texts, text @ \"b\"); }",
     "string text = \"a\"; for (auto i in 0..14) text @= text;"},
    {"lines", "while (true) print(\"again\");", ""},
    {"long lines", "while (true) print(text);",
     "string text = \"a\"; for (auto i in 0..17) text @= text;"},
    {"alternatives that come to nothing",
     "u32 n = 0; while (true) { fork n += 1; or assert(false); }", ""},
    {"alternatives that hold much",
     "u8[] all = {}; while (true) { fork all @= create(9999); or all @= create(9998); }", ""},
};

std::string program(const Case& of) {
    return R"(
composite main() {
    channel a -> b;
    channel c -> d;
    channel e -> f;
    new greedy(a, c, e);
    new other(b);
    new reader(d);
    new hearer(f);
    new last();
}
primitive greedy(out<u32> to, out<u32> beside, out<string> texts) {
)" + of.before +
           "\n    sync { " + of.block + R"( }
}
primitive other(in<u32> from) { sync { u32 n = get(from); print("got ", n); } }
primitive reader(in<u32> from) { sync { u32 n = get(from); print("got ", n); } }
primitive hearer(in<string> from) { sync { string text = get(from); print("got ", text); } }
primitive last() { print("last"); }
)";
}

TEST(Holding, WhoNeverComesToTheEndOfItsBlockFailsAlone) {
    for (const Case& each : cases) {
        for (const Lane lane : {Lane::open, Lane::closed}) {
            Running run(program(each), small());
            run.runtime().set_lane(lane);
            run.start("main", {});
            run.run_to_rest();
            EXPECT_EQ(run.printed, Lines{"last"}) << each.what;
            EXPECT_EQ(run.reports, Lines{too_much}) << each.what;
            EXPECT_EQ(run.runtime().components_left(), 0u) << each.what;
        }
    }
}

// Only the behaviour that takes too much is given up.
TEST(Holding, AnotherAlternativeHappens) {
    Running run(R"(
composite main() { channel a -> b; new greedy(a); new taker(b); }
primitive greedy(out<u32> to) {
    sync fork { while (true) put(to, 1); } or { put(to, 2); print("two"); }
}
primitive taker(in<u32> from) { sync { u32 n = get(from); print(n); } }
)",
                small());
    run.start("main", {});
    run.run_to_rest();
    EXPECT_EQ(run.printed, (Lines{"two", "2"}));
    EXPECT_EQ(run.reports, Lines{});
}

// What is shared counts once, and what others have got in the lane no more.
TEST(Holding, MuchThatIsNotHeldIsNoError) {
    Running run(R"(
composite main() {
    channel a -> b;
    channel c -> d;
    channel e -> f;
    new giver(a, c, e);
    new taker(b, d, f);
    channel g -> h;
    channel i -> j;
    new asking(g, j);
    new answering(h, i);
}
primitive giver(out<string> x, out<string> y, out<string> z) {
    string text = "a";
    for (auto i in 0..19) text @= text;
    sync { put(x, text); put(y, text); put(z, text); }
}
primitive taker(in<string> x, in<string> y, in<string> z) {
    sync print(length(get(x)) + length(get(y)) + length(get(z)));
}
primitive asking(out<u32> to, in<u32> from) {
    u32 sum = 0;
    sync for (u32 i in 0..10000) { put(to, i); sum += get(from); }
    print(sum);
}
primitive answering(in<u32> from, out<u32> to) {
    sync for (auto i in 0..10000) put(to, get(from));
}
)",
                small());
    run.start("main", {});
    run.run_to_rest();
    EXPECT_EQ(run.printed.size(), 2u);
    EXPECT_EQ(run.reports, Lines{});
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

// Nobody can make components without end.
TEST(Holding, ComponentsHaveABound) {
    Limits limits;
    limits.components_max = 10;
    Running run(R"(
primitive waiting(in<u32> i) { sync get(i); }
composite main() { while (true) { channel<u32> a -> b; new waiting(b); } }
)",
                limits);
    run.start("main", {});
    run.run_to_rest();
    EXPECT_EQ(run.reports, Lines{"more than 10 components"});
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

// Nor channels.
TEST(Holding, ChannelsHaveABoundToo) {
    Limits limits;
    limits.channels_max = 10;
    Running run(R"(
composite main() { new few(); new many(); }
composite few() { u32 n = 0; while (n < 4) { channel<u32> a -> b; n += 1; } print("few"); }
composite many() { while (true) { channel<u32> a -> b; } }
)",
                limits);
    run.start("main", {});
    run.run_to_rest();
    EXPECT_EQ(run.printed, Lines{"few"});
    EXPECT_EQ(run.reports, Lines{"more than 10 channels"});
    EXPECT_EQ(run.runtime().components_left(), 0u);
}

}  // namespace
}  // namespace reowolf::oracle
