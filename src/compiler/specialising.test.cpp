// SPDX-License-Identifier: MIT
// Which instructions a text becomes: how many of them a loop runs is what its speed hangs on.
#include <string>

#include <gtest/gtest.h>

#include "compiler/compile.hpp"
#include "program/operands.hpp"

namespace reowolf::compiler {
namespace {

// The names of the instructions of the first routine.
std::string instructions(std::string text) {
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    const auto source = sources.add("a.pdl", std::move(text));
    const auto program = compile(sources, source, diagnostics, {});
    std::string names;
    for (const auto& each : diagnostics.all()) names += diagnostics::render(sources, each);
    if (!program) return names;
    for (const program::Instruction& each : program->routines[0].code) {
        if (!names.empty()) names += ' ';
        names += program::shape(each.opcode).name;
    }
    return names;
}

TEST(Specialising, RangesCountInOneInstruction) {
    EXPECT_EQ(instructions("func f(u32 n) -> u32 {"
                           "    u32 sum = 0;"
                           "    for (u32 i in 0..n) sum += i;"
                           "    return sum;"
                           "}"),
              "constant constant move jump_le add count_up ret");
}

TEST(Specialising, ConditionsCompareAndJumpAtOnce) {
    EXPECT_EQ(instructions("func f(s32 a, s32 b) -> s32 {"
                           "    while (a < b && a != 7) a += 3;"
                           "    return a;"
                           "}"),
              "jump add_number jump_le jump_ne_number ret");
    EXPECT_EQ(instructions("func f(f64 a, f64 b) -> bool {"
                           "    if (!(a < b)) return true;"
                           "    return a != b;"
                           "}"),
              "jump_float_lt constant ret float_eq logical_not ret");
}

TEST(Specialising, NumbersStandInTheInstruction) {
    EXPECT_EQ(instructions("func f(u32 a) -> u32 {"
                           "    return (7 * (a - 1) / 3 % 10 & 0xFF) << 2 >> 1;"
                           "}"),
              "add_number mul_number div_number rem_number and_number shl_number shr_number ret");
    // What the instruction cannot hold, or must not do, stays in a slot.
    EXPECT_EQ(instructions("func f(s64 a) -> s64 { return a + 3000000000; }"), "constant add ret");
    EXPECT_EQ(instructions("func f(s64 a) -> s64 { return a / 0; }"), "constant div ret");
    EXPECT_EQ(instructions("func f(u8 a) -> u8 { return a << 8; }"), "constant shl ret");
}

TEST(Specialising, ElementsAreReachedWithoutWhatTheyLieIn) {
    const std::string type = "struct P { f64 x, string s, f64 y } ";
    EXPECT_EQ(instructions(type + "func f(P[] a, u32 i) -> f64 { return a[i].y; }"),
              "index_part ret");
    EXPECT_EQ(instructions(type + "func f(P[] a, u32 i) -> P[] { a[i].x -= a[i].y; return a; }"),
              "index_part index_part float_sub set_index_part ret");
    EXPECT_EQ(instructions("func f(s8[][] a, u32 i, u8 j) -> s8[][] {"
                           "    a[i][j] = a[i][j + 1];"
                           "    return a;"
                           "}"),
              "add_number index_nested set_index_nested ret");
    // What may fail must not fail before the array does.
    EXPECT_EQ(instructions("func f(s8[][] a, u32 i, u8 j) -> s8 { return a[i][1 / j]; }"),
              "index constant div index drop_ref ret");
}

TEST(Specialising, PatternsFetchNothingButWhatTheyBind) {
    const std::string type = "union T { Leaf, Fork(T, u32, T) } ";
    EXPECT_EQ(instructions("func f(T t) -> u32 {"
                           "    if (let T::Fork(_, n, right) = t) return n + f(right);"
                           "    return 1;"
                           "} " +
                           type),
              "jump_ne_number move take_unbox take_value call add ret constant ret");
    EXPECT_EQ(instructions("func f(T t) -> T { return T::Fork(t, 1, T::Leaf); } " + type),
              "constant take_value array constant clear_value array ret");
}

TEST(Specialising, WhatIsUsedForTheLastTimeIsMoved) {
    EXPECT_EQ(instructions("func f(string s) -> u32 { return g(s); }"
                           "func g(string s) -> u32 { return s.length; }"),
              "take_ref call ret");
    EXPECT_EQ(instructions("func f(string s) -> u32 { return g(s) + s.length; }"
                           "func g(string s) -> u32 { return s.length; }"),
              "copy_ref call length add ret");
    EXPECT_EQ(instructions("func f(string s) -> u32 {"
                           "    u32 n = 0;"
                           "    while (n < 9) n += g(s);"
                           "    return n;"
                           "}"
                           "func g(string s) -> u32 { return s.length; }"),
              "constant jump copy_ref call add jump_lt_number ret");
    // A block may be run again, and needs what it read.
    EXPECT_EQ(instructions("primitive f(string s) { u32 n = 0; sync n = g(s); print(n); }"
                           "func g(string s) -> u32 { return s.length; }"),
              "constant sync_begin copy_ref call sync_end move print end");
}

}  // namespace
}  // namespace reowolf::compiler
