// SPDX-License-Identifier: MIT
#include "machine/machine.hpp"

#include <optional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/arrays.hpp"
#include "program/assembly.hpp"

namespace reowolf::machine {
namespace {

using program::Assembly;
using program::constant;
using program::Instruction;
using program::op;
using program::Opcode;
using program::RoutineId;
using program::TypeId;
using program::TypeKind;
using testing::ElementsAre;
using Kind = Request::Kind;

constexpr auto s32 = TypeKind::s32;

std::uint64_t bits_of(std::int64_t number) {
    return static_cast<std::uint64_t>(number);
}

class MachineTest : public testing::Test {
  protected:
    Assembly assembly;
    Limits limits;
    TypeId boolean = assembly.type(TypeKind::boolean);
    TypeId u8 = assembly.type(TypeKind::u8);
    TypeId u32 = assembly.type(TypeKind::u32);
    TypeId number = assembly.type(s32);
    TypeId text = assembly.type(TypeKind::string);
    TypeId bytes = assembly.array_of(u8);
    TypeId numbers = assembly.array_of(number);
    TypeId texts = assembly.array_of(text);
    TypeId matrix = assembly.array_of(numbers);
    TypeId character = assembly.type(TypeKind::character);
    TypeId in = assembly.type(TypeKind::in_port, number);
    TypeId out = assembly.type(TypeKind::out_port, number);

    // Prints slot `slot` of type `type`.
    Instruction show(std::uint32_t slot, TypeId type) {
        return op(Opcode::print, 0, slot, 1, assembly.list({type}));
    }
    Instruction load_text(std::uint32_t slot, std::string content) {
        return op(Opcode::text, slot, assembly.text(std::move(content)));
    }

    struct Session {
        Machine machine;
        State state;
        std::uint32_t budget = 1'000'000;

        Request next(Kind wanted) {
            Request request = machine.run(state, budget);
            if (request.kind == wanted) return request;
            ADD_FAILURE() << "request number " << static_cast<int>(request.kind) << " came"
                          << (request.kind == Kind::failed ? ": " + request.text() : "");
            return Request::spawn(0, {}, 0);
        }
    };

    Session start(RoutineId routine, std::vector<Value> arguments = {}) {
        EXPECT_EQ(verify(assembly.program), std::nullopt) << disassemble(assembly.program);
        return {Machine(assembly.program, limits),
                State(assembly.program, routine, std::move(arguments))};
    }

    // Words in slots 0 to 7, references in slots 8 to 15. What it prints, and how it ends.
    std::vector<std::string> run(std::vector<Instruction> code) {
        code.push_back(op(Opcode::end));
        return run(assembly.component({.slots = 16, .references = {8, 9, 10, 11, 12, 13, 14, 15}},
                                      std::move(code)));
    }
    std::vector<std::string> run(RoutineId routine) {
        Session session = start(routine);
        std::vector<std::string> seen;
        while (seen.size() < 100) {
            Request request = session.machine.run(session.state, session.budget);
            if (request.kind == Kind::print) {
                seen.push_back(request.text());
            } else if (request.kind == Kind::failed) {
                seen.push_back(
                    fmt::format("{} at {}", request.text(), session.state.position().begin));
                break;
            } else if (request.kind == Kind::ended) {
                break;
            } else {
                seen.push_back(fmt::format("request {}", static_cast<int>(request.kind)));
                break;
            }
        }
        return seen;
    }

    std::string binary(Opcode opcode, TypeKind kind, std::int64_t x, std::int64_t y,
                       std::optional<TypeKind> result = {}, TypeKind kind2 = s32) {
        const TypeId shown = assembly.type(result.value_or(kind));
        return run({constant(0, bits_of(x)), constant(1, bits_of(y)),
                    op(opcode, kind, kind2, 2, 0, 1), show(2, shown)})
            .at(0);
    }
    std::string unary(Opcode opcode, TypeKind kind, TypeKind kind2, std::int64_t x) {
        return run({constant(0, bits_of(x)), op(opcode, kind, kind2, 1, 0),
                    show(1, assembly.type(kind))})
            .at(0);
    }
};

TEST_F(MachineTest, Arithmetic) {
    EXPECT_EQ(binary(Opcode::add, TypeKind::u8, 250, 10), "4");
    EXPECT_EQ(binary(Opcode::sub, TypeKind::u32, 0, 1), "4294967295");
    EXPECT_EQ(binary(Opcode::mul, TypeKind::s8, 64, 2), "-128");
    EXPECT_EQ(binary(Opcode::div, s32, -7, 2), "-3");
    EXPECT_EQ(binary(Opcode::rem, s32, -7, 2), "-1");
    EXPECT_EQ(binary(Opcode::div, TypeKind::s64, INT64_MIN, -1), "-9223372036854775808");
    EXPECT_EQ(binary(Opcode::rem, TypeKind::s64, INT64_MIN, -1), "0");
    EXPECT_EQ(binary(Opcode::div, TypeKind::u64, -1, 2), "9223372036854775807");
    EXPECT_EQ(binary(Opcode::div, s32, 1, 0), "division by zero at 2");
    EXPECT_EQ(binary(Opcode::rem, s32, 1, 0), "remainder by zero at 2");
    EXPECT_EQ(binary(Opcode::bit_and, TypeKind::u8, 12, 10), "8");
    EXPECT_EQ(binary(Opcode::bit_or, TypeKind::u8, 12, 10), "14");
    EXPECT_EQ(binary(Opcode::bit_xor, s32, -1, 10), "-11");
    EXPECT_EQ(unary(Opcode::neg, TypeKind::s8, s32, -128), "-128");
    EXPECT_EQ(unary(Opcode::bit_not, TypeKind::u8, s32, 1), "254");
    EXPECT_EQ(unary(Opcode::logical_not, TypeKind::boolean, s32, 1), "false");
}

TEST_F(MachineTest, Shifts) {
    EXPECT_EQ(binary(Opcode::shl, TypeKind::u8, 129, 1), "2");
    EXPECT_EQ(binary(Opcode::shl, TypeKind::s8, 64, 1), "-128");
    EXPECT_EQ(binary(Opcode::shr, s32, -8, 1), "-4");
    EXPECT_EQ(binary(Opcode::shr, TypeKind::u64, -1, 63), "1");
    EXPECT_EQ(binary(Opcode::shl, TypeKind::u32, 1, 32), "shift by 32, but 'u32' has 32 bits at 2");
    EXPECT_EQ(binary(Opcode::shr, TypeKind::u8, 1, -1), "shift by a negative count at 2");
    EXPECT_EQ(binary(Opcode::shr, TypeKind::u64, 1, -1, {}, TypeKind::u64),
              "shift by 18446744073709551615, but 'u64' has 64 bits at 2");
}

TEST_F(MachineTest, Comparisons) {
    constexpr auto yes_or_no = TypeKind::boolean;
    EXPECT_EQ(binary(Opcode::eq, s32, 3, 3, yes_or_no), "true");
    EXPECT_EQ(binary(Opcode::ne, s32, 3, 3, yes_or_no), "false");
    EXPECT_EQ(binary(Opcode::lt, s32, -1, 1, yes_or_no), "true");
    EXPECT_EQ(binary(Opcode::lt, TypeKind::u64, -1, 1, yes_or_no), "false");
    EXPECT_EQ(binary(Opcode::le, s32, 1, 1, yes_or_no), "true");
    EXPECT_EQ(binary(Opcode::le, s32, 2, 1, yes_or_no), "false");
}

TEST_F(MachineTest, Casts) {
    EXPECT_EQ(unary(Opcode::cast, TypeKind::u8, s32, 255), "255");
    EXPECT_EQ(unary(Opcode::cast, TypeKind::u8, s32, 300),
              "cannot cast 300 to 'u8' (0 to 255) at 1");
    EXPECT_EQ(unary(Opcode::cast, TypeKind::u64, TypeKind::s64, -1),
              "cannot cast -1 to 'u64' (0 to 18446744073709551615) at 1");
    EXPECT_EQ(unary(Opcode::cast, TypeKind::s64, TypeKind::u64, -1),
              "cannot cast 18446744073709551615 to 's64' (-9223372036854775808 to "
              "9223372036854775807) at 1");
    EXPECT_EQ(unary(Opcode::cast, TypeKind::boolean, s32, 2),
              "cannot cast 2 to 'bool' (0 or 1) at 1");
    EXPECT_EQ(unary(Opcode::cast, TypeKind::character, s32, 'x'), "'x'");
    EXPECT_EQ(unary(Opcode::cast, s32, TypeKind::boolean, 1), "1");
}

TEST_F(MachineTest, References) {
    EXPECT_THAT(run({load_text(8, "a"), op(Opcode::copy_ref, 9, 8), op(Opcode::copy_ref, 9, 9),
                     op(Opcode::take_ref, 10, 9), op(Opcode::take_ref, 10, 10), show(8, text),
                     show(9, text), show(10, text), op(Opcode::drop_ref, 8), show(8, text),
                     constant(0, 5), op(Opcode::move, 1, 0), show(1, number)}),
                ElementsAre("a", "", "a", "", "5"));
}

TEST_F(MachineTest, TextComparisons) {
    const auto compare = [&](Opcode opcode, const std::string& x, const std::string& y) {
        return run({load_text(8, x), load_text(9, y), op(opcode, 0, 8, 9), show(0, boolean)}).at(0);
    };
    EXPECT_EQ(compare(Opcode::same, "ab", "ab"), "true");
    EXPECT_EQ(compare(Opcode::same, "ab", "a"), "false");
    EXPECT_EQ(compare(Opcode::differ, "ab", "ac"), "true");
    EXPECT_EQ(compare(Opcode::same, "", ""), "true");
    EXPECT_EQ(compare(Opcode::before, "ab", "abc"), "true");
    EXPECT_EQ(compare(Opcode::before, "b", "abc"), "false");
    EXPECT_EQ(compare(Opcode::before, "a", "\xC3\xA9"), "true");
    EXPECT_EQ(compare(Opcode::before, "a", "a"), "false");
    EXPECT_EQ(compare(Opcode::before, "", "a"), "true");
}

TEST_F(MachineTest, JumpsAndLoops) {
    // Counts 5, 4, … 1.
    EXPECT_THAT(run({constant(0, 5), constant(1, 1), op(Opcode::jump_unless, 6, 0), show(0, number),
                     op(Opcode::sub, s32, 0, 0, 1), op(Opcode::jump, 2), op(Opcode::jump_if, 0, 0),
                     show(0, number)}),
                ElementsAre("5", "4", "3", "2", "1", "0"));
}

TEST_F(MachineTest, Arrays) {
    EXPECT_THAT(run({
                    constant(0, 1),
                    constant(1, bits_of(-2)),
                    op(Opcode::array, 8, 0, 2, numbers),
                    show(8, numbers),
                    op(Opcode::length, 2, 8),
                    show(2, u32),
                    op(Opcode::index, s32, 3, 8, 0, numbers),
                    show(3, number),
                    op(Opcode::copy_ref, 9, 8),
                    op(Opcode::set_index, s32, 8, 0, 2, numbers),
                    show(8, numbers),
                    show(9, numbers),
                    op(Opcode::array, 8, 0, 0, numbers),
                    show(8, numbers),
                    op(Opcode::length, 2, 8),
                    show(2, u32),
                }),
                ElementsAre("{1, -2}", "2", "-2", "{1, 2}", "{1, -2}", "{}", "0"));
}

TEST_F(MachineTest, ArraysOfReferences) {
    EXPECT_THAT(run({
                    load_text(9, "a"),
                    load_text(10, "b"),
                    op(Opcode::array, 9, 9, 2, texts),  // into a slot that it takes from
                    show(9, texts),
                    show(10, text),
                    op(Opcode::copy_ref, 11, 9),
                    constant(0, 1),
                    op(Opcode::take_index, s32, 12, 9, 0, texts),
                    show(9, texts),
                    show(12, text),
                    show(11, texts),
                    load_text(13, "c"),
                    op(Opcode::set_index, s32, 9, 0, 13, texts),
                    show(9, texts),
                    show(13, text),
                    op(Opcode::index, s32, 13, 11, 0, texts),
                    show(13, text),
                    op(Opcode::index, s32, 9, 9, 0, texts),  // out of the array in its own slot
                    show(9, text),
                }),
                ElementsAre("{\"a\", \"b\"}", "", "{\"a\", \"\"}", "b", "{\"a\", \"b\"}",
                            "{\"a\", \"c\"}", "", "b", "c"));
}

TEST_F(MachineTest, IndicesOutOfBounds) {
    const auto with = [&](Opcode opcode, std::int64_t index, TypeId type) {
        const std::uint32_t target = opcode == Opcode::take_index ? 9 : 2;
        const Instruction make = type == text    ? load_text(8, "abc")
                                 : type == texts ? op(Opcode::array, 8, 10, 1, texts)
                                                 : op(Opcode::array, 8, 0, 2, numbers);
        const Instruction access = opcode == Opcode::set_index
                                       ? op(opcode, s32, 8, 0, 2, type)
                                       : op(opcode, s32, target, 8, 0, type);
        return run({make, constant(0, bits_of(index)), access}).at(0);
    };
    EXPECT_EQ(with(Opcode::index, 2, numbers),
              "index 2 is out of bounds: the array has 2 elements at 2");
    EXPECT_EQ(with(Opcode::index, -1, numbers),
              "index -1 is out of bounds: the array has 2 elements at 2");
    EXPECT_EQ(with(Opcode::set_index, 5, numbers),
              "index 5 is out of bounds: the array has 2 elements at 2");
    EXPECT_EQ(with(Opcode::take_index, 1, texts),
              "index 1 is out of bounds: the array has 1 element at 2");
    EXPECT_EQ(with(Opcode::index, 3, text),
              "index 3 is out of bounds: the string has 3 bytes at 2");
    EXPECT_THAT(run({op(Opcode::index, TypeKind::u64, 0, 8, 1, numbers)}),
                ElementsAre("index 0 is out of bounds: the array has 0 elements at 0"));
}

TEST_F(MachineTest, StringsAreIndexedByByte) {
    EXPECT_THAT(run({load_text(8, "a\xC3\xA9"), constant(0, 1),
                     op(Opcode::index, s32, 1, 8, 0, text), show(1, character)}),
                ElementsAre("'\\xC3'"));
}

TEST_F(MachineTest, Zeros) {
    const auto zeros = [&](std::int64_t count) {
        return run({constant(0, bits_of(count)), op(Opcode::zeros, s32, 8, 0, 0, bytes),
                    show(8, bytes)})
            .at(0);
    };
    EXPECT_EQ(zeros(3), "{0, 0, 0}");
    EXPECT_EQ(zeros(0), "{}");
    EXPECT_EQ(zeros(-1), "cannot create -1 bytes at 1");
    limits.value_bytes_max = 10;
    EXPECT_EQ(zeros(11), "out of memory: a value of more than 10 bytes at 1");
    EXPECT_EQ(zeros(INT64_MAX), "out of memory: a value of more than 10 bytes at 1");
}

TEST_F(MachineTest, Slices) {
    const auto slice = [&](const std::string& of, std::int64_t low, std::int64_t high) {
        return run({load_text(8, of), constant(0, bits_of(low)), constant(1, bits_of(high)),
                    op(Opcode::slice, s32, s32, 9, 8, 0, text), show(9, text)})
            .at(0);
    };
    EXPECT_EQ(slice("abcd", 1, 3), "bc");
    EXPECT_EQ(slice("abcd", 0, 4), "abcd");
    EXPECT_EQ(slice("abcd", 4, 4), "");
    EXPECT_EQ(slice("", 0, 0), "");
    EXPECT_EQ(slice("abc", 2, 9), "slice 2..9 is out of bounds: the string has 3 bytes at 3");
    EXPECT_EQ(slice("abc", 2, 1), "slice 2..1 is out of bounds: it ends before it begins at 3");
    EXPECT_EQ(slice("abc", -1, 1), "slice -1..1 is out of bounds: the string has 3 bytes at 3");
    EXPECT_EQ(slice("a\xC3\xA9z", 1, 3), "\xC3\xA9");
    EXPECT_EQ(slice("a\xC3\xA9z", 2, 3), "slice cuts a UTF-8 character in two at 3");
    EXPECT_EQ(slice("a\xC3\xA9z", 0, 2), "slice cuts a UTF-8 character in two at 3");

    EXPECT_THAT(run({load_text(10, "a"), load_text(11, "b"), load_text(12, "c"),
                     op(Opcode::array, 8, 10, 3, texts), constant(0, 1), constant(1, 3),
                     op(Opcode::slice, s32, s32, 8, 8, 0, texts), show(8, texts)}),
                ElementsAre("{\"b\", \"c\"}"));
}

TEST_F(MachineTest, Concatenation) {
    EXPECT_THAT(run({
                    load_text(8, "ab"), load_text(9, "cd"), op(Opcode::concat, 10, 8, 9, text),
                    show(10, text), op(Opcode::concat, 10, 10, 9, text),  // in place
                    op(Opcode::concat, 10, 10, 10, text), show(10, text),
                    op(Opcode::concat, 9, 8, 9, text),                   // into the right side
                    show(9, text), op(Opcode::concat, 11, 15, 8, text),  // empty sides
                    op(Opcode::concat, 11, 11, 15, text), op(Opcode::concat, 11, 11, 11, text),
                    show(11, text), show(8, text),  // a constant, unchanged
                }),
                ElementsAre("abcd", "abcdcdabcdcd", "abcd", "abab", "ab"));
    limits.value_bytes_max = 8;
    EXPECT_THAT(run({load_text(8, "abcde"), op(Opcode::concat, 9, 8, 8, text)}),
                ElementsAre("out of memory: a value of more than 8 bytes at 1"));
    EXPECT_THAT(run({load_text(8, "abcde"), op(Opcode::concat, 8, 8, 8, text)}),
                ElementsAre("out of memory: a value of more than 8 bytes at 1"));
}

// A value that shares its parts may be exponentially larger than the memory it takes.
TEST_F(MachineTest, SharedPartsCountInFull) {
    TypeId deep = text;
    std::vector<Instruction> code = {load_text(8, "abcdefgh")};
    for (int depth = 0; depth < 60; ++depth) {
        deep = assembly.array_of(deep);
        code.push_back(op(Opcode::copy_ref, 9, 8));
        code.push_back(op(Opcode::array, 8, 8, 2, deep));
    }
    const std::vector<std::string> seen = run(std::move(code));
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_THAT(seen[0], testing::HasSubstr("out of memory"));
}

TEST_F(MachineTest, Calls) {
    // factorial(n) = n < 2 ? 1 : factorial(n - 1) * n
    const auto factorial = static_cast<RoutineId>(assembly.program.routines.size());
    assembly.function({.slots = 4, .parameters = {number}}, number,
                      {
                          constant(1, 1),
                          constant(2, 2),
                          op(Opcode::lt, s32, 2, 0, 2),
                          op(Opcode::jump_if, 8, 2),
                          op(Opcode::sub, s32, 3, 0, 1),
                          op(Opcode::call, factorial, 3, 3),
                          op(Opcode::mul, s32, 1, 3, 0),
                          op(Opcode::jump, 8),
                          op(Opcode::ret, 1),
                      });
    EXPECT_THAT(run({constant(0, 10), op(Opcode::call, factorial, 0, 1), show(1, number)}),
                ElementsAre("3628800"));
}

TEST_F(MachineTest, CallsTakeReferencesAndGiveThemBack) {
    // glue(a, b, c) = a @ b, with a word between and a local that is left behind
    const RoutineId glue = assembly.function(
        {.slots = 5, .references = {0, 2, 3}, .parameters = {text, number, text}}, text,
        {op(Opcode::copy_ref, 3, 2), op(Opcode::concat, 0, 0, 2, text), op(Opcode::ret, 0)});
    const RoutineId main =
        assembly.component({.slots = 4, .references = {0, 2, 3}},
                           {load_text(0, "ab"), constant(1, 7), load_text(2, "cd"),
                            load_text(3, "old"), op(Opcode::call, glue, 0, 3), show(0, text),
                            show(1, number), show(2, text), show(3, text), op(Opcode::end)});
    EXPECT_THAT(run(main), ElementsAre("", "7", "", "abcd"));
}

TEST_F(MachineTest, StackOverflow) {
    const auto endless = static_cast<RoutineId>(assembly.program.routines.size());
    assembly.function({.slots = 10}, number, {op(Opcode::call, endless, 0, 0), op(Opcode::ret, 0)});
    EXPECT_THAT(run({op(Opcode::call, endless, 0, 0)}),
                ElementsAre("stack overflow: more than 1000 calls at 0"));
    limits.call_depth_max = 3;
    const RoutineId main = assembly.component(
        {.slots = 1}, {constant(0, 1), op(Opcode::call, endless, 0, 0), op(Opcode::end)});
    Session session = start(main);
    EXPECT_EQ(session.next(Kind::failed).text(), "stack overflow: more than 3 calls");
    const auto trace = session.state.trace();
    ASSERT_EQ(trace.size(), 4u);
    EXPECT_EQ(trace[0].routine, endless);
    EXPECT_EQ(trace[0].position.begin, 0u);
    EXPECT_EQ(trace[3].routine, main);
    EXPECT_EQ(trace[3].position.begin, 1u);
    EXPECT_EQ(session.state.pc(), 1u);

    limits.call_depth_max = 1000;
    limits.frame_bytes_max = 400;
    EXPECT_EQ(start(main).next(Kind::failed).text(),
              "stack overflow: frames of more than 400 bytes");
    limits.frame_bytes_max = 4;
    EXPECT_EQ(start(main).next(Kind::failed).text(), "stack overflow: frames of more than 4 bytes");
}

TEST_F(MachineTest, BudgetEndsLoopsAndRecursion) {
    const auto endless = static_cast<RoutineId>(assembly.program.routines.size());
    assembly.function({.slots = 1}, number, {op(Opcode::call, endless, 0, 0), op(Opcode::ret, 0)});
    const RoutineId recursion =
        assembly.component({.slots = 1}, {op(Opcode::call, endless, 0, 0), op(Opcode::end)});
    const RoutineId loop = assembly.component({}, {op(Opcode::jump, 0)});
    for (const RoutineId routine : {loop, recursion}) {
        Session session = start(routine);
        for (int i = 0; i < 3; ++i) {
            session.budget = 100;
            session.next(Kind::budget_used);
            EXPECT_EQ(session.budget, 0u);
        }
        session.next(Kind::budget_used);
    }
}

TEST_F(MachineTest, BudgetCountsRequestsAndDataMoved) {
    const RoutineId small = assembly.component({.slots = 1}, {constant(0, 1), op(Opcode::end)});
    Session session = start(small);
    session.budget = 10;
    session.next(Kind::ended);
    EXPECT_EQ(session.budget, 9u);

    const RoutineId large = assembly.component(
        {.slots = 2, .references = {1}},
        {constant(0, 6400), op(Opcode::zeros, TypeKind::u32, 1, 0, 0, bytes), op(Opcode::end)});
    Session expensive = start(large);
    expensive.budget = 1000;
    expensive.next(Kind::ended);
    EXPECT_EQ(expensive.budget, 1000u - 1 - 100);

    Session preempted = start(large);
    preempted.budget = 50;
    preempted.next(Kind::budget_used);
    preempted.budget = 1;
    preempted.next(Kind::ended);
}

TEST_F(MachineTest, TalksToTheWorld) {
    assembly.text("end");
    const RoutineId child = assembly.component(
        {.slots = 2, .references = {1}, .parameters = {number, text}}, {op(Opcode::end)});
    const RoutineId main =
        assembly.component({.slots = 8, .references = {5}, .parameters = {in, out}},
                           {
                               op(Opcode::sync_begin),                                        // 0
                               op(Opcode::get, 2, 0, 0, number),                              // 1
                               op(Opcode::put, 1, 2, 0, number),                              // 2
                               op(Opcode::fires, 3, 0),                                       // 3
                               op(Opcode::fork, 2),                                           // 4
                               op(Opcode::jump, 7),                                           // 5
                               op(Opcode::jump, 8),                                           // 6
                               constant(2, 0),                                                // 7
                               op(Opcode::sync_end),                                          // 8
                               op(Opcode::channel, 6, 7, 0, text),                            // 9
                               op(Opcode::get, 5, 7, 0, text),                                // 10
                               op(Opcode::put, 6, 5, 0, text),                                // 11
                               op(Opcode::move, 4, 2),                                        // 12
                               op(Opcode::spawn, child, 4, 2, 0),                             // 13
                               op(Opcode::print, 0, 2, 2, assembly.list({number, boolean})),  // 14
                               show(5, text),                                                 // 15
                               op(Opcode::end),                                               // 16
                           });
    Session session = start(main, {Value::scalar(11), Value::scalar(12)});
    session.next(Kind::sync_begin);
    EXPECT_EQ(session.state.pc(), 0u);
    Request get = session.next(Kind::get);
    EXPECT_EQ(get.port, 11u);
    EXPECT_EQ(get.type, number);
    EXPECT_EQ(session.state.position().begin, 1u);
    session.state.got(Value::scalar(42));
    Request put = session.next(Kind::put);
    EXPECT_EQ(put.port, 12u);
    EXPECT_EQ(put.value, Value::scalar(42));
    EXPECT_EQ(session.state.position().begin, 2u);
    EXPECT_EQ(session.next(Kind::fires).port, 11u);
    session.state.fires(true);
    EXPECT_EQ(session.next(Kind::fork).count, 2u);

    // The behaviour splits here.
    Session other = session;
    session.state.chose(1);
    other.state.chose(0);
    for (Session* each : {&session, &other}) {
        each->next(Kind::sync_end);
        EXPECT_EQ(each->state.pc(), 8u);
        EXPECT_EQ(each->next(Kind::make_channel).type, text);
        each->state.made(21, 22);
        Request second = each->next(Kind::get);
        EXPECT_EQ(second.port, 22u);
        each->state.got(Value::text("hello"));
        Request second_put = each->next(Kind::put);
        EXPECT_EQ(second_put.port, 21u);
        EXPECT_EQ(second_put.value, Value::text("hello"));
        Request spawn = each->next(Kind::spawn);
        EXPECT_EQ(spawn.routine, child);
        EXPECT_EQ(spawn.placed_at, 0u);
        ASSERT_EQ(spawn.arguments().size(), 2u);
        EXPECT_EQ(spawn.arguments()[0], Value::scalar(each == &session ? 42 : 0));
        EXPECT_EQ(spawn.arguments()[1], Value::text("hello"));
        EXPECT_EQ(each->next(Kind::print).text(), each == &session ? "42 true" : "0 true");
        EXPECT_EQ(each->next(Kind::print).text(), "");
        each->next(Kind::ended);
        EXPECT_EQ(each->state.pc(), 16u);
    }
}

TEST_F(MachineTest, Assertions) {
    EXPECT_THAT(run({constant(0, 1), op(Opcode::assert, 0), op(Opcode::assert, 1)}),
                ElementsAre("assertion failed at 2"));
    const RoutineId inside = assembly.component(
        {.slots = 1}, {op(Opcode::sync_begin), op(Opcode::assert, 0), op(Opcode::end)});
    Session session = start(inside);
    session.next(Kind::sync_begin);
    session.next(Kind::discarded);
    EXPECT_EQ(session.state.pc(), 1u);
    const RoutineId after = assembly.component(
        {.slots = 1},
        {op(Opcode::sync_begin), op(Opcode::sync_end), op(Opcode::assert, 0), op(Opcode::end)});
    Session outside = start(after);
    outside.next(Kind::sync_begin);
    outside.next(Kind::sync_end);
    EXPECT_EQ(outside.next(Kind::failed).text(), "assertion failed");
}

TEST_F(MachineTest, PrintLines) {
    EXPECT_THAT(run({load_text(8, "say \"hi\""), op(Opcode::array, 9, 10, 1, texts),
                     op(Opcode::print, 0, 8, 2, assembly.list({text, texts})),
                     op(Opcode::print, 0, 0, 0, assembly.list({}))}),
                ElementsAre("say \"hi\" {\"\"}", ""));
    limits.value_bytes_max = 9;
    EXPECT_THAT(run({load_text(8, "0123456789"), show(8, text)}),
                ElementsAre("out of memory: a line of more than 9 bytes at 1"));
}

TEST_F(MachineTest, CopiesOfAStateAreIndependent) {
    // Two copies write to one shared array.
    const RoutineId main =
        assembly.component({.slots = 4, .references = {0}, .parameters = {numbers}},
                           {
                               op(Opcode::fork, 2),
                               op(Opcode::jump, 3),
                               op(Opcode::jump, 5),
                               constant(1, 10),
                               op(Opcode::jump, 6),
                               constant(1, 20),
                               op(Opcode::set_index, TypeKind::u32, 0, 2, 1, numbers),
                               show(0, numbers),
                               op(Opcode::end),
                           });
    Block* block = make_block(s32, 2, 100);
    store(block, 0, Slot{1});
    store(block, 1, Slot{2});
    const Value shared = Value::adopt(block);
    Session session = start(main, {shared});
    session.next(Kind::fork);
    {
        Session dropped = session;
        Session taken = session;
        State moved = std::move(taken.state);
        moved.chose(1);
        taken.state = std::move(moved);
        EXPECT_EQ(taken.next(Kind::print).text(), "{20, 2}");
    }
    session.state.chose(0);
    EXPECT_EQ(session.next(Kind::print).text(), "{10, 2}");
    session = start(main, {Value(shared)});
    session.state = State();
    EXPECT_EQ(block->references.load(), 1u);
    EXPECT_EQ(literal(assembly.program, numbers, shared), "{1, 2}");
}

TEST_F(MachineTest, StatesAreDroppedInTheMiddleOfCalls) {
    const RoutineId inner =
        assembly.function({.slots = 2, .references = {0, 1}, .parameters = {text}}, text,
                          {op(Opcode::copy_ref, 1, 0), op(Opcode::jump, 0), op(Opcode::ret, 0)});
    const RoutineId main = assembly.component(
        {.slots = 2, .references = {0, 1}, .parameters = {text}},
        {op(Opcode::copy_ref, 1, 0), op(Opcode::call, inner, 1, 0), op(Opcode::end)});
    const Value argument = Value::text("counted");
    {
        Session session = start(main, {argument});
        session.budget = 10;
        session.next(Kind::budget_used);
        EXPECT_EQ(argument.block()->references.load(), 4u);
        const State copy = session.state;
        EXPECT_EQ(argument.block()->references.load(), 7u);
    }
    EXPECT_EQ(argument.block()->references.load(), 1u);
}

}  // namespace
}  // namespace reowolf::machine
