// SPDX-License-Identifier: MIT
// Components and channels that come and go: what one costs does not depend on how many there are
// or were, and the number of one that is gone never stands for another one.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "running.hpp"

namespace reowolf::oracle {
namespace {

using runtime::channel_of;
using runtime::generation_of;

constexpr const char* give_and_take = R"(
primitive give(out<u32> to, u32 value) { sync put(to, value); }
primitive take(in<u32> from) { sync print("got", get(from)); }
)";

TEST(Nursery, NumbersAreUsedAgainButNotMistaken) {
    Running nursery(give_and_take);
    runtime::Runtime& runtime = nursery.runtime();
    const program::Routine& give = nursery.program().routines[*nursery.program().find("give")];
    const program::TypeId type = nursery.program().types[give.parameters[0].type].element;
    const auto pair = [&](std::uint32_t value) {
        const auto ends = runtime.make_channel(type);
        nursery.start("give", {machine::Value::scalar(ends.out), machine::Value::scalar(value)});
        nursery.start("take", {machine::Value::scalar(ends.in)});
        return ends;
    };
    const auto first = pair(1);
    nursery.run_to_rest();
    EXPECT_TRUE(runtime.is_closed(first.out));
    const auto second = pair(2);
    EXPECT_EQ(channel_of(first.out), channel_of(second.out));
    EXPECT_EQ(generation_of(second.out), generation_of(first.out) + 1);
    EXPECT_TRUE(runtime.is_closed(first.out));
    EXPECT_FALSE(runtime.is_closed(second.out));
    // Who still has the old name of the port cannot take the new one's away.
    runtime.close(first.out);
    runtime.close(first.in);
    EXPECT_FALSE(runtime.is_closed(second.out));
    nursery.run_to_rest();
    EXPECT_EQ(nursery.printed, (std::vector<std::string>{"got 1", "got 2"}));
    EXPECT_EQ(runtime.components_left(), 0u);
    EXPECT_TRUE(nursery.reports.empty());
}

// `kept` still names the port that was given away; its number is in use again, for another channel.
TEST(Nursery, APortThatWasGivenAwayIsNotTheNextOneOfItsNumber) {
    Running nursery(std::string(give_and_take) + R"(
comp main() {
    channel<u32> a -> b;
    out<u32>[] kept = {a};
    new give(a, 1);
    new take(b);
    u32 turns = 0;
    while (turns < 1000) {
        channel<u32> c -> d;
        new give(c, 2);
        new take(d);
        turns += 1;
        u32 patience = 0;
        while (patience < 10000) patience += 1;
    }
    channel<u32> e -> f;
    new take(f);
    new give(kept[0], 3);
}
)");
    nursery.start("main", {});
    nursery.run_to_rest();
    ASSERT_EQ(nursery.reports.size(), 1u);
    EXPECT_EQ(nursery.reports[0], "attempted to hand over a port that is no longer owned");
    EXPECT_EQ(nursery.printed.size(), 1001u);
}

// What lies in the heap, and large blocks outside of it: which ones do depends on what was freed
// before.
std::size_t bytes_in_use() {
    const auto all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

// For a parameter of a component.
auto channel_for(Running& nursery, std::string_view component, std::size_t parameter) {
    const program::Program& program = nursery.program();
    const auto& parameters = program.routines[*program.find(component)].parameters;
    return nursery.runtime().make_channel(program.types[parameters[parameter].type].element);
}

TEST(Nursery, AMillionComeAndGoWithoutGrowth) {
    Running nursery(R"(
primitive give(out<u32> to) { sync put(to, 1); }
primitive take(in<u32> from) { sync get(from); }
comp main(u32 pairs) {
    while (pairs > 0) {
        channel a -> b;
        new give(a);
        new take(b);
        pairs -= 1;
    }
}
)");
    nursery.start("main", {machine::Value::scalar(5'000)});
    nursery.run_to_rest();
    const std::size_t before = bytes_in_use();
    nursery.start("main", {machine::Value::scalar(500'000)});
    nursery.run_to_rest();
    EXPECT_EQ(nursery.runtime().components_ended(), 2u * 505'000 + 2);
    EXPECT_EQ(nursery.runtime().components_left(), 0u);
    EXPECT_LE(bytes_in_use(), before + (64u << 10));
}

// All wait at once, and all end at once. A queue of them, and the ports of their parent, must not
// be searched for each.
TEST(Nursery, ManyWaitAtOnceInLittleRoom) {
    constexpr std::size_t waiting = 100'000;
    Running nursery(R"(
primitive sleeper(in<u32> from) { while (true) sync get(from); }
primitive keeper(out<u32>[] all, in<u32> end) { sync get(end); }
comp main(u32 count, in<u32> end) {
    out<u32>[] all = {};
    while (count > 0) {
        channel a -> b;
        all @= {a};
        new sleeper(b);
        count -= 1;
    }
    new keeper(all, end);
}
)");
    const auto end = channel_for(nursery, "keeper", 1);
    const std::size_t before = bytes_in_use();
    nursery.start("main", {machine::Value::scalar(waiting), machine::Value::scalar(end.in)});
    nursery.run_to_rest();
    EXPECT_EQ(nursery.runtime().components_left(), waiting + 1);
    // With its channel, and its place in the array. Sanitizers count otherwise.
    if (const std::size_t used = bytes_in_use() - before; bytes_in_use() > before) {
        EXPECT_LE(used / waiting, 1'024u);
    }
    nursery.runtime().give_to_application(end.out, "end");
    nursery.runtime().close(end.out);
    nursery.run_to_rest();
    EXPECT_EQ(nursery.runtime().components_left(), 0u);
    EXPECT_EQ(nursery.runtime().lane_returns(), 0u);
    EXPECT_TRUE(nursery.reports.empty());
}

// Each of a long row depends on all before it. The last one has alternatives, so none of them is in
// the lane, and waits for more than there is, so that all of it stays.
TEST(Nursery, ALongRowIsHeldInLittleRoom) {
    constexpr std::size_t length = 4'000;
    Running nursery(R"(
primitive first(out<u32> o) { sync put(o, 1); }
primitive link(in<u32> i, out<u32> o) { sync put(o, get(i) + 1); }
primitive last(in<u32> i, in<u32> more) { sync { get(i); fork get(more); or get(more); } }
comp main(u32 count, in<u32> more) {
    channel begin -> second;
    new first(begin);
    auto from = second;
    while (count > 0) {
        channel to -> next;
        new link(from, to);
        from = next;
        count -= 1;
    }
    new last(from, more);
}
)");
    const auto end = channel_for(nursery, "last", 1);
    const std::size_t before = bytes_in_use();
    nursery.start("main", {machine::Value::scalar(length), machine::Value::scalar(end.in)});
    nursery.run_to_rest();
    EXPECT_EQ(nursery.runtime().components_left(), length + 2);
    // Sanitizers count otherwise.
    if (const std::size_t used = bytes_in_use() - before; bytes_in_use() > before) {
        EXPECT_LE(used / length, 16'384u);
    }
}

// One cause, a long way: nobody calls the next one.
TEST(Nursery, AChainThatEndsNeedsNoStack) {
    Running nursery(R"(
primitive stage(in<u32> from, out<u32> to) { while (true) sync put(to, get(from)); }
primitive sink(in<u32> from) { while (true) sync get(from); }
primitive source(out<u32> to) { sync put(to, 1); }
comp main(u32 count) {
    channel begin -> second;
    new source(begin);
    in<u32> last = second;
    while (count > 0) {
        channel a -> b;
        new stage(last, a);
        last = b;
        count -= 1;
    }
    new sink(last);
}
)");
    nursery.start("main", {machine::Value::scalar(50'000)});
    nursery.run_to_rest();
    EXPECT_EQ(nursery.runtime().components_left(), 0u);
    EXPECT_TRUE(nursery.reports.empty());
}

}  // namespace
}  // namespace reowolf::oracle
