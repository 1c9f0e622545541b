// SPDX-License-Identifier: MIT
#include "program/program.hpp"

#include <gtest/gtest.h>

#include "program/assembly.hpp"
#include "program/reaching.hpp"

namespace reowolf::program {
namespace {

TEST(Program, TypeNamesReadAsInSource) {
    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    const TypeId text = assembly.type(TypeKind::string);
    const TypeId numbers = assembly.array_of(number);
    const TypeId matrix = assembly.array_of(numbers);
    const TypeId port = assembly.type(TypeKind::in_port, numbers);
    const TypeId nested = assembly.array_of(assembly.type(TypeKind::out_port, port));
    const Program& program = assembly.program;
    EXPECT_EQ(program.type_name(number), "u32");
    EXPECT_EQ(program.type_name(text), "string");
    EXPECT_EQ(program.type_name(matrix), "u32[][]");
    EXPECT_EQ(program.type_name(port), "in<u32[]>");
    EXPECT_EQ(program.type_name(nested), "out<in<u32[]>>[]");
    EXPECT_EQ(program.type_name(99), "?");
}

TEST(Program, FindsRoutinesByName) {
    Assembly assembly;
    assembly.component({}, {op(Opcode::end)});
    const RoutineId second = assembly.component({}, {op(Opcode::end)});
    EXPECT_EQ(assembly.program.find("r1"), second);
    EXPECT_EQ(assembly.program.find("r2"), std::nullopt);
}

TEST(Program, KnowsWhatRoutinesMayReach) {
    Assembly assembly;
    const RoutineId wanted = assembly.component({}, {op(Opcode::end)});
    const RoutineId starts = assembly.component({}, {op(Opcode::spawn, wanted), op(Opcode::end)});
    const RoutineId starts_it =
        assembly.component({}, {op(Opcode::spawn, starts), op(Opcode::end)});
    const RoutineId other = assembly.component({}, {op(Opcode::end)});
    const auto reaches = may_reach(assembly.program, [&](const Routine& routine) {
        return &routine == &assembly.program.routines[wanted];
    });
    EXPECT_TRUE(reaches[wanted] && reaches[starts] && reaches[starts_it]);
    EXPECT_FALSE(reaches[other]);
}

TEST(Program, ElementSizes) {
    EXPECT_EQ(element_size(TypeKind::boolean), 1u);
    EXPECT_EQ(element_size(TypeKind::character), 1u);
    EXPECT_EQ(element_size(TypeKind::s16), 2u);
    EXPECT_EQ(element_size(TypeKind::u32), 4u);
    EXPECT_EQ(element_size(TypeKind::s64), 8u);
    EXPECT_EQ(element_size(TypeKind::string), 8u);
    EXPECT_EQ(element_size(TypeKind::in_port), 8u);
}

TEST(Disassemble, ShowsEveryKindOfOperand) {
    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    const TypeId text = assembly.type(TypeKind::string);
    const TypeId bytes = assembly.array_of(TypeKind::u8);
    const std::uint32_t greeting = assembly.text("say \"hi\"\n\x01");
    const std::uint32_t list = assembly.list({text, number});
    const RoutineId twice =
        assembly.function({.slots = 2, .parameters = {number}}, number,
                          {op(Opcode::add, TypeKind::u32, 1, 0, 0), op(Opcode::ret, 1)});
    const RoutineId child =
        assembly.component({.slots = 1, .parameters = {number}}, {op(Opcode::end)});
    assembly.component({.slots = 6, .references = {0, 4}},
                       {
                           op(Opcode::text, 0, greeting),
                           constant(1, static_cast<std::uint64_t>(-5)),
                           op(Opcode::call, twice, 1, 1),
                           op(Opcode::slice, TypeKind::u32, TypeKind::s8, 0, 0, 1, text),
                           op(Opcode::jump_if, 6, 3),
                           op(Opcode::jump, 5),
                           op(Opcode::zeros, TypeKind::u64, 4, 1, 0, bytes),
                           op(Opcode::spawn, child, 1, 1, 0),
                           op(Opcode::print, 0, 0, 2, list),
                           op(Opcode::end),
                       });
    ASSERT_EQ(verify(assembly.program), std::nullopt);
    EXPECT_EQ(disassemble(assembly.program),
              R"(func r0#0(u32 p0) -> u32  // 2 slots
     0  add          u32 s1 s0 s0
     1  ret          s1

comp r1#1(u32 p0)  // 1 slots
     0  end

comp r2#2()  // 6 slots, references s0 s4
     0  text         s0 "say \"hi\"\n\x01"
     1  constant     s1 -5
     2  call         r0#0 s1.. s1
     3  slice        u32 s8 s0 s0 s1.. string
     4  jump_if      @6 s3
     5  jump         @5
     6  zeros        u64 s4 s1 u8[]
     7  spawn        r1#1 s1.. 1 here
     8  print        s0.. 2 (string, u32)
     9  end
)");
}

TEST(Disassemble, ShowsTheConnectorAndDefectsWithoutFalling) {
    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    const TypeId in = assembly.type(TypeKind::in_port, number);
    Routine body;
    body.name = "c";
    body.kind = RoutineKind::connector;
    body.parameters = {{"A.x", in}};
    body.frame_slots = 1;
    body.code = {op(Opcode::spawn, 7, 0, 1, 1), op(Opcode::text, 0, 9), op(Opcode::jump, 0)};
    assembly.program.routines.push_back(body);
    assembly.program.connector =
        Connector{.name = "c",
                  .span = {},
                  .peers = {{"A", {"host:1", {}}, {"0.0.0.0:1", {}}, {}, {}, {{"x", in, {}}}, {}}},
                  .links = {},
                  .self = 0,
                  .body = 0};
    EXPECT_EQ(disassemble(assembly.program),
              R"(connector c, body #0
    peer A "host:1" listen "0.0.0.0:1" (self)
        in<u32> x

connector c#0(in<u32> A.x)  // 1 slots
     0  spawn        routine 7 s0.. 1 at A
     1  text         s0 text 9
     2  jump         @0
)");
}

}  // namespace
}  // namespace reowolf::program
