// SPDX-License-Identifier: MIT
#include "machine/comparison.hpp"

#include <gtest/gtest.h>

#include "program/assembly.hpp"

namespace reowolf::machine {
namespace {

using program::Assembly;
using program::constant;
using program::op;
using program::Opcode;
using program::RoutineId;
using program::TypeId;
using program::TypeKind;

// A component that waits in a sync block with a live word (2), a live text (3) and dead data in
// 4 (a word) and 5 (a text).
class ComparisonTest : public testing::Test {
  protected:
    Assembly assembly;
    TypeId number = assembly.type(TypeKind::u32);
    TypeId text = assembly.type(TypeKind::string);
    TypeId in = assembly.type(TypeKind::in_port, number);
    RoutineId routine = assembly.component(
        {.slots = 6, .references = {3, 5}, .parameters = {in, number, number, text, number, text}},
        {
            op(Opcode::add, TypeKind::u32, 2, 2, 4),  // 0: uses them for the last time
            op(Opcode::length, 4, 5),                 // 1
            op(Opcode::sync_begin),                   // 2
            op(Opcode::get, 4, 0, 0, number),         // 3
            op(Opcode::print, 0, 2, 2, assembly.list({number, text})),  // 4
            op(Opcode::sync_end),                                       // 5
            op(Opcode::end),                                            // 6
        });

    State at_sync(std::uint64_t live_word, std::string_view live_text, std::string_view dead_text) {
        EXPECT_EQ(verify(assembly.program), std::nullopt);
        State state(assembly.program, routine,
                    {Value::scalar(1), Value::scalar(0), Value::scalar(live_word),
                     Value::text(live_text), Value::scalar(0), Value::text(dead_text)});
        run(state);
        return state;
    }
    Request run(State& state) {
        std::uint32_t budget = 100;
        return Machine(assembly.program, Limits{}).run(state, budget);
    }
    bool same(const State& a, const State& b) {
        StateComparison comparison(assembly.program);
        const bool result = comparison.same(a, b);
        EXPECT_EQ(comparison.same(b, a), result);
        return result;
    }
};

TEST_F(ComparisonTest, LiveDataCounts) {
    EXPECT_TRUE(same(at_sync(1, "a", ""), at_sync(1, "a", "")));
    EXPECT_FALSE(same(at_sync(1, "a", ""), at_sync(2, "a", "")));
    EXPECT_FALSE(same(at_sync(1, "a", ""), at_sync(1, "b", "")));
}

TEST_F(ComparisonTest, WhatThePastLeftBehindDoesNotCount) {
    EXPECT_TRUE(same(at_sync(1, "a", "old"), at_sync(1, "a", "older")));
}

TEST_F(ComparisonTest, ThePlaceCounts) {
    State a = at_sync(1, "a", "");
    State b = a;
    EXPECT_TRUE(same(a, b));
    run(a);
    EXPECT_FALSE(same(a, b));
    run(b);
    EXPECT_TRUE(same(a, b));
    a.got(Value::scalar(1));
    EXPECT_FALSE(same(a, b));
    b.got(Value::scalar(2));  // which nobody will read
    EXPECT_TRUE(same(a, b));
}

TEST_F(ComparisonTest, ThePortThatIsWaitedAtCounts) {
    const RoutineId waits = assembly.component({.slots = 2, .parameters = {in}},
                                               {op(Opcode::get, 1, 0, 0, number), op(Opcode::end)});
    State a(assembly.program, waits, {Value::scalar(1)});
    State b(assembly.program, waits, {Value::scalar(2)});
    run(a);
    run(b);
    EXPECT_FALSE(same(a, b));
    a.got(Value::scalar(0));
    b.got(Value::scalar(0));
    EXPECT_TRUE(same(a, b));
}

TEST_F(ComparisonTest, FramesOfCallersCount) {
    const RoutineId spin = assembly.function({.slots = 1, .parameters = {number}}, number,
                                             {op(Opcode::jump, 0), op(Opcode::ret, 0)});
    const RoutineId caller =
        assembly.component({.slots = 3, .parameters = {number, number, number}},
                           {op(Opcode::call, spin, 0, 1), op(Opcode::eq, 1, 1, 2),
                            op(Opcode::assert, 1), op(Opcode::end)});
    const auto spinning = [&](std::uint64_t argument, std::uint64_t result, std::uint64_t kept) {
        State state(assembly.program, caller,
                    {Value::scalar(argument), Value::scalar(result), Value::scalar(kept)});
        run(state);
        return state;
    };
    EXPECT_TRUE(same(spinning(1, 2, 3), spinning(1, 2, 3)));
    // The callee never reads its argument, and the result will be written anew.
    EXPECT_TRUE(same(spinning(1, 2, 3), spinning(8, 9, 3)));
    EXPECT_FALSE(same(spinning(1, 2, 3), spinning(1, 2, 4)));
}

}  // namespace
}  // namespace reowolf::machine
