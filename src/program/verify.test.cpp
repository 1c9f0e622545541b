// SPDX-License-Identifier: MIT
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program/assembly.hpp"
#include "program/operands.hpp"

namespace reowolf::program {
namespace {

using testing::HasSubstr;

// A frame with every sort of slot: 0 to 3 are words, 4 to 7 strings or arrays.
class Verify : public testing::Test {
  protected:
    Assembly assembly;
    TypeId number = assembly.type(TypeKind::u32);
    TypeId byte = assembly.type(TypeKind::u8);
    TypeId text = assembly.type(TypeKind::string);
    TypeId bytes = assembly.array_of(byte);
    TypeId numbers = assembly.array_of(number);
    TypeId texts = assembly.array_of(text);
    TypeId in = assembly.type(TypeKind::in_port, number);
    std::uint32_t hello = assembly.text("hello");
    std::uint32_t list = assembly.list({number, number});
    RoutineId length = assembly.function({.slots = 2, .references = {0}, .parameters = {text}},
                                         number, {op(Opcode::length, 1, 0), op(Opcode::ret, 1)});
    RoutineId child = assembly.component({.slots = 1, .parameters = {in}}, {op(Opcode::end)});

    std::string defect_of(std::vector<Instruction> code) {
        code.push_back(op(Opcode::end));
        Assembly copy = assembly;
        copy.component({.slots = 8, .references = {4, 5, 6, 7}}, std::move(code));
        return verify(copy.program).value_or("none");
    }
    std::string defect_of(const Instruction& instruction) {
        return defect_of(std::vector{instruction});
    }
    std::string defect_after(const std::function<void(Program&)>& spoil) {
        Assembly copy = assembly;
        EXPECT_EQ(verify(copy.program), std::nullopt);
        spoil(copy.program);
        return verify(copy.program).value_or("none");
    }
};

TEST_F(Verify, AcceptsEveryInstructionWhereItFits) {
    const auto k = TypeKind::u32;
    const std::vector<Instruction> right = {
        op(Opcode::move, 0, 1),
        op(Opcode::copy_ref, 4, 5),
        op(Opcode::take_ref, 4, 5),
        op(Opcode::drop_ref, 4),
        constant(0, 7),
        op(Opcode::text, 4, hello),
        op(Opcode::add, k, 0, 1, 2),
        op(Opcode::sub, k, 0, 1, 2),
        op(Opcode::mul, k, 0, 1, 2),
        op(Opcode::div, k, 0, 1, 2),
        op(Opcode::rem, k, 0, 1, 2),
        op(Opcode::bit_and, TypeKind::boolean, 0, 1, 2),
        op(Opcode::bit_or, k, 0, 1, 2),
        op(Opcode::bit_xor, k, 0, 1, 2),
        op(Opcode::shl, k, 0, 1, 2),
        op(Opcode::shr, k, TypeKind::s8, 0, 1, 2),
        op(Opcode::neg, k, 0, 1),
        op(Opcode::bit_not, k, 0, 1),
        op(Opcode::logical_not, 0, 1),
        op(Opcode::eq, 0, 1, 2),
        op(Opcode::ne, 0, 1, 2),
        op(Opcode::lt, TypeKind::character, 0, 1, 2),
        op(Opcode::le, k, 0, 1, 2),
        op(Opcode::same, 0, 4, 5),
        op(Opcode::differ, 0, 4, 5),
        op(Opcode::before, 0, 4, 5),
        op(Opcode::cast, k, TypeKind::boolean, 0, 1),
        op(Opcode::jump, 0),
        op(Opcode::jump_if, 0, 1),
        op(Opcode::jump_unless, 0, 1),
        op(Opcode::array, 4, 4, 2, texts),
        op(Opcode::zeros, k, 4, 0, 0, bytes),
        op(Opcode::index, k, 0, 4, 1, text),
        op(Opcode::index, k, 5, 4, 1, texts),
        op(Opcode::take_index, k, 5, 4, 1, texts),
        op(Opcode::set_index, k, 4, 0, 1, numbers),
        op(Opcode::slice, k, 4, 5, 2, text),
        op(Opcode::concat, 4, 4, 5, text),
        op(Opcode::length, 0, 4),
        op(Opcode::call, length, 4, 0),
        op(Opcode::get, 4, 0, 0, text),
        op(Opcode::put, 0, 1, 0, number),
        op(Opcode::fires, 0, 1),
        op(Opcode::sync_begin),
        op(Opcode::sync_end),
        op(Opcode::assert, 0),
        op(Opcode::channel, 0, 1, 0, number),
        op(Opcode::spawn, child, 0, 1, 0),
        op(Opcode::print, 0, 0, 2, list),
    };
    for (const Instruction& instruction : right) {
        EXPECT_EQ(defect_of(instruction), "none") << shape(instruction.opcode).name;
    }
    EXPECT_EQ(defect_of({op(Opcode::fork, 2), op(Opcode::jump, 0), op(Opcode::jump, 3)}), "none");
}

TEST_F(Verify, SlotsOutOfTheFrame) {
    EXPECT_THAT(defect_of(op(Opcode::move, 8, 0)), HasSubstr("slot 8 is out of the frame"));
    EXPECT_THAT(defect_of(op(Opcode::move, 0, ~0u)), HasSubstr("out of the frame"));
    EXPECT_THAT(defect_of(op(Opcode::array, 4, 6, 3, texts)), HasSubstr("out of the frame"));
    EXPECT_THAT(defect_of(op(Opcode::array, 4, 6, ~0u, texts)), HasSubstr("out of the frame"));
    EXPECT_THAT(defect_of(op(Opcode::call, length, 8, 0)), HasSubstr("out of the frame"));
    EXPECT_THAT(defect_of(op(Opcode::spawn, child, 8, 1)), HasSubstr("out of the frame"));
    EXPECT_THAT(defect_of(op(Opcode::print, 0, 7, 2, list)), HasSubstr("out of the frame"));
    EXPECT_THAT(defect_of(op(Opcode::slice, TypeKind::u32, 4, 5, 7, text)),
                HasSubstr("out of the frame"));
}

TEST_F(Verify, WordsAndReferencesApart) {
    const std::vector<Instruction> wrong = {
        op(Opcode::move, 4, 5),
        op(Opcode::copy_ref, 0, 4),
        op(Opcode::drop_ref, 0),
        constant(4, 0),
        op(Opcode::add, TypeKind::u8, 4, 0, 1),
        op(Opcode::same, 0, 1, 4),
        op(Opcode::array, 4, 4, 2, numbers),
        op(Opcode::array, 4, 0, 2, texts),
        op(Opcode::index, TypeKind::u32, 4, 5, 0, numbers),
        op(Opcode::index, TypeKind::u32, 0, 5, 0, texts),
        op(Opcode::set_index, TypeKind::u32, 4, 0, 1, texts),
        op(Opcode::slice, TypeKind::u32, 4, 5, 3, text),
        op(Opcode::call, length, 0, 0),
        op(Opcode::call, length, 4, 4),
        op(Opcode::get, 0, 0, 0, text),
        op(Opcode::put, 0, 4, 0, number),
        op(Opcode::spawn, child, 4, 1),
        op(Opcode::print, 0, 3, 2, list),
        op(Opcode::assert, 4),
    };
    for (const Instruction& instruction : wrong) {
        EXPECT_THAT(defect_of(instruction), HasSubstr("holds a")) << shape(instruction.opcode).name;
    }
}

TEST_F(Verify, FieldsThatNameNothing) {
    EXPECT_THAT(defect_of(op(Opcode::jump, 2)), HasSubstr("nowhere"));
    EXPECT_THAT(defect_of(op(Opcode::jump_if, 9, 0)), HasSubstr("nowhere"));
    EXPECT_THAT(defect_of(op(Opcode::text, 4, 1)), HasSubstr("no text 1"));
    EXPECT_THAT(defect_of(op(Opcode::get, 0, 0, 0, 99)), HasSubstr("no type 99"));
    EXPECT_THAT(defect_of(op(Opcode::call, 99, 0, 0)), HasSubstr("no routine 99"));
    EXPECT_THAT(defect_of(op(Opcode::spawn, 99, 0, 0)), HasSubstr("no routine 99"));
    EXPECT_THAT(defect_of(op(Opcode::spawn, child, 0, 1, 1)), HasSubstr("no peer 0"));
    EXPECT_THAT(defect_of(op(Opcode::print, 0, 0, 2, 5)), HasSubstr("no type list 5"));
}

TEST_F(Verify, CountsAndKindsOfRoutines) {
    EXPECT_THAT(defect_of(op(Opcode::spawn, child, 0, 0)), HasSubstr("0 arguments for 1"));
    EXPECT_THAT(defect_of(op(Opcode::print, 0, 0, 1, list)), HasSubstr("1 arguments for 2"));
    EXPECT_THAT(defect_of(op(Opcode::call, child, 0, 0)), HasSubstr("no function"));
    EXPECT_THAT(defect_of(op(Opcode::spawn, length, 4, 1)), HasSubstr("starts a function"));
    EXPECT_THAT(defect_of(op(Opcode::ret, 0)), HasSubstr("not in a component"));
}

TEST_F(Verify, KindsAndTypesThatDoNotFitTheInstruction) {
    const std::vector<Instruction> wrong = {
        op(Opcode::add, TypeKind::boolean, 0, 1, 2),
        op(Opcode::neg, TypeKind::character, 0, 1),
        op(Opcode::bit_and, TypeKind::string, 0, 1, 2),
        op(Opcode::shl, TypeKind::u8, TypeKind::boolean, 0, 1, 2),
        op(Opcode::lt, TypeKind::in_port, 0, 1, 2),
        op(Opcode::cast, TypeKind::u8, TypeKind::in_port, 0, 1),
        op(Opcode::cast, TypeKind::string, TypeKind::u8, 0, 1),
        op(Opcode::index, TypeKind::boolean, 0, 4, 1, text),
        op(Opcode::array, 4, 0, 2, number),
        op(Opcode::zeros, TypeKind::u32, 4, 0, 0, numbers),
        op(Opcode::index, TypeKind::u32, 0, 4, 1, number),
        op(Opcode::take_index, TypeKind::u32, 0, 4, 1, text),
        op(Opcode::float_add, TypeKind::u32, 0, 1, 2),
        op(Opcode::float_cast, TypeKind::u32, TypeKind::u8, 0, 1),
        op(Opcode::unbox, 0, 4, 0, numbers),
        op(Opcode::take_unbox, 0, 4, 0, text),
        op(Opcode::set_index, TypeKind::u32, 4, 0, 1, text),
        op(Opcode::concat, 4, 4, 5, in),
    };
    for (const Instruction& instruction : wrong) {
        EXPECT_THAT(defect_of(instruction), HasSubstr("not for the"))
            << shape(instruction.opcode).name;
    }
    EXPECT_THAT(defect_of(op(Opcode::set_index, TypeKind::u32, 4, 0, 4, texts)),
                HasSubstr("its own array"));
}

TEST_F(Verify, NumbersInInstructions) {
    const auto number_of = [&](Opcode opcode, TypeKind kind, std::int32_t by) {
        return defect_of(op(opcode, kind, 0, 1, static_cast<std::uint32_t>(by)));
    };
    const auto u8 = TypeKind::u8;
    const std::string wrong = "not for the kinds";
    EXPECT_EQ(number_of(Opcode::add_number, u8, -1), "none");
    EXPECT_EQ(number_of(Opcode::div_number, u8, 1), "none");
    EXPECT_THAT(number_of(Opcode::div_number, u8, 0), HasSubstr(wrong));
    EXPECT_THAT(number_of(Opcode::rem_number, TypeKind::s32, -1), HasSubstr(wrong));
    EXPECT_EQ(number_of(Opcode::shl_number, u8, 7), "none");
    EXPECT_THAT(number_of(Opcode::shl_number, u8, 8), HasSubstr(wrong));
    EXPECT_THAT(number_of(Opcode::shr_number, u8, -1), HasSubstr(wrong));
    EXPECT_EQ(number_of(Opcode::and_number, u8, 255), "none");
    EXPECT_THAT(number_of(Opcode::and_number, u8, 256), HasSubstr(wrong));
    EXPECT_THAT(number_of(Opcode::and_number, TypeKind::u64, -1), HasSubstr(wrong));
    EXPECT_EQ(number_of(Opcode::and_number, TypeKind::s8, -128), "none");
    EXPECT_THAT(number_of(Opcode::and_number, TypeKind::s8, -129), HasSubstr(wrong));
    EXPECT_THAT(number_of(Opcode::mul_number, TypeKind::f64, 2), HasSubstr(wrong));
}

TEST_F(Verify, JumpsThatCompare) {
    EXPECT_EQ(defect_of(op(Opcode::jump_lt, TypeKind::u8, 0, 1, 2)), "none");
    EXPECT_THAT(defect_of(op(Opcode::jump_lt, TypeKind::u8, 9, 1, 2)), HasSubstr("nowhere"));
    EXPECT_THAT(defect_of(op(Opcode::jump_le, TypeKind::f32, 0, 1, 2)), HasSubstr("kinds"));
    EXPECT_THAT(defect_of(op(Opcode::jump_eq, 0, 1, 4)), HasSubstr("slot 4"));
    EXPECT_EQ(defect_of(op(Opcode::jump_float_lt, TypeKind::f32, 0, 1, 2, 1)), "none");
    EXPECT_THAT(defect_of(op(Opcode::jump_float_lt, TypeKind::f32, 0, 1, 2, 2)),
                HasSubstr("kinds"));
    EXPECT_THAT(defect_of(op(Opcode::count_up, TypeKind::f64, 0, 1, 2)), HasSubstr("kinds"));
}

TEST_F(Verify, ReachingIntoArrays) {
    const TypeId matrix = assembly.array_of(numbers);
    const TypeId pairs = assembly.array_of(assembly.tuple({number, text}));
    const auto k = TypeKind::u32;
    const auto with = [](Instruction instruction, std::uint32_t e) {
        instruction.e = e;
        return instruction;
    };
    EXPECT_EQ(defect_of(with(op(Opcode::index_nested, k, 0, 4, 1, matrix), 2)), "none");
    EXPECT_THAT(defect_of(with(op(Opcode::index_nested, k, 0, 4, 1, numbers), 2)),
                HasSubstr("not for the type"));
    EXPECT_THAT(defect_of(with(op(Opcode::set_index_nested, k, 4, 0, 1, texts), 2)),
                HasSubstr("not for the type"));
    EXPECT_THAT(defect_of(with(op(Opcode::index_nested, k, 0, 4, 1, matrix), 5)),
                HasSubstr("slot 5"));
    EXPECT_EQ(defect_of(with(op(Opcode::index_part, k, 0, 4, 1, pairs), 0)), "none");
    EXPECT_THAT(defect_of(with(op(Opcode::index_part, k, 0, 4, 1, pairs), 1)),
                HasSubstr("not for the type"));
    EXPECT_THAT(defect_of(with(op(Opcode::set_index_part, k, 4, 0, 1, pairs), 2)),
                HasSubstr("not for the type"));
    EXPECT_THAT(defect_of(with(op(Opcode::index_part, k, 0, 4, 1, numbers), 0)),
                HasSubstr("not for the type"));
}

TEST_F(Verify, Forks) {
    EXPECT_THAT(defect_of(op(Opcode::fork, 0)), HasSubstr("without alternatives"));
    EXPECT_THAT(defect_of(op(Opcode::fork, 1)), HasSubstr("not a jump"));
    EXPECT_THAT(defect_of(op(Opcode::fork, 2)), HasSubstr("more alternatives"));
    EXPECT_THAT(defect_of(op(Opcode::fork, ~0u)), HasSubstr("more alternatives"));
}

TEST_F(Verify, Functions) {
    const auto with = [&](const Instruction& instruction) {
        Assembly copy = assembly;
        copy.function({.slots = 2}, number, {instruction, op(Opcode::ret, 0)});
        return verify(copy.program).value_or("none");
    };
    EXPECT_EQ(with(op(Opcode::assert, 0)), "none");
    EXPECT_THAT(with(op(Opcode::get, 0, 1, 0, number)), HasSubstr("not in a function"));
    EXPECT_THAT(with(op(Opcode::end)), HasSubstr("not in a function"));
    EXPECT_THAT(with(op(Opcode::print, 0, 0, 2, list)), HasSubstr("not in a function"));
}

TEST_F(Verify, Routines) {
    const auto after = [&](const std::function<void(Routine&)>& spoil) {
        return defect_after([&](Program& program) { spoil(program.routines[0]); });
    };
    EXPECT_THAT(after([](Routine& r) { r.code.clear(), r.spans.clear(); }), HasSubstr("no code"));
    EXPECT_THAT(after([](Routine& r) { r.spans.pop_back(); }), HasSubstr("1 spans for 2"));
    EXPECT_THAT(after([](Routine& r) { r.code.pop_back(), r.spans.pop_back(); }),
                HasSubstr("falls off"));
    EXPECT_THAT(after([](Routine& r) { r.result.reset(); }), HasSubstr("without a result"));
    EXPECT_THAT(after([](Routine& r) { r.kind = RoutineKind::component; }),
                HasSubstr("with a result"));
    EXPECT_THAT(after([](Routine& r) { r.result = 99; }), HasSubstr("does not exist"));
    EXPECT_THAT(after([](Routine& r) { r.frame_slots = 0; }), HasSubstr("more parameters"));
    EXPECT_THAT(after([](Routine& r) { r.references = {5}; }), HasSubstr("out of the frame"));
    EXPECT_THAT(after([](Routine& r) { r.references = {0, 0}; }), HasSubstr("ascend"));
    EXPECT_THAT(after([](Routine& r) { r.references = {}; }), HasSubstr("does not fit its slot"));
    EXPECT_THAT(after([](Routine& r) { r.parameters[0].type = 99; }), HasSubstr("parameter 0"));
    EXPECT_THAT(after([](Routine& r) { r.code[0].opcode = static_cast<Opcode>(200); }),
                HasSubstr("unknown opcode"));
}

TEST_F(Verify, Types) {
    EXPECT_THAT(defect_after([&](Program& p) { p.types[bytes].element = 99; }),
                HasSubstr("does not exist"));
    EXPECT_THAT(defect_after([&](Program& p) { p.types[bytes].element = bytes; }),
                HasSubstr("too deeply"));
    EXPECT_THAT(defect_after([&](Program& p) { p.types[bytes] = p.types[numbers]; }),
                HasSubstr("two numbers"));
    EXPECT_THAT(defect_after([&](Program& p) { p.types[number].kind = static_cast<TypeKind>(77); }),
                HasSubstr("no kind"));
    EXPECT_THAT(defect_after([&](Program& p) { p.type_lists[0][1] = 99; }), HasSubstr("no type"));
}

TEST_F(Verify, Connectors) {
    const auto after = [&](const std::function<void(Program&)>& spoil) {
        return defect_after([&](Program& program) {
            Routine body = program.routines[child];
            body.kind = RoutineKind::connector;
            program.routines.push_back(body);
            Connector connector;
            connector.peers = {{"A", {"host:1", {}}, {}, {}, {}, {{"x", in, {}}}, {}}};
            connector.body = static_cast<RoutineId>(program.routines.size() - 1);
            program.connector = connector;
            EXPECT_EQ(verify(program), std::nullopt);
            spoil(program);
        });
    };
    EXPECT_THAT(after([](Program& p) { p.connector->self = 1; }), HasSubstr("own peer"));
    EXPECT_THAT(after([](Program& p) { p.connector->body = 99; }), HasSubstr("body"));
    EXPECT_THAT(after([](Program& p) { p.connector->body = 1; }), HasSubstr("no connector"));
    EXPECT_THAT(after([](Program& p) { p.connector->peers[0].ports.clear(); }),
                HasSubstr("too many parameters"));
    EXPECT_THAT(after([](Program& p) { p.connector->peers[0].ports[0].type = 0; }),
                HasSubstr("no port"));
    EXPECT_THAT(after([](Program& p) {
                    p.connector->peers[0].ports.push_back(p.connector->peers[0].ports[0]);
                }),
                HasSubstr("does not fit"));
}

}  // namespace
}  // namespace reowolf::program
