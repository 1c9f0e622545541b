// SPDX-License-Identifier: MIT
#include "program/liveness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program/assembly.hpp"

namespace reowolf::program {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::uint32_t> live(const Assembly& assembly, RoutineId routine, std::uint32_t pc,
                                Moment moment = Moment::before) {
    const std::vector<bool> bits =
        live_slots(assembly.program, assembly.program.routines[routine], pc, moment);
    std::vector<std::uint32_t> slots;
    for (std::uint32_t i = 0; i < bits.size(); ++i) {
        if (bits[i]) slots.push_back(i);
    }
    return slots;
}

TEST(Liveness, FollowsReadsBackToTheWrite) {
    Assembly assembly;
    const RoutineId routine = assembly.component({.slots = 3}, {
                                                                   constant(0, 1),
                                                                   constant(1, 2),
                                                                   op(Opcode::eq, 2, 0, 1),
                                                                   op(Opcode::assert, 2),
                                                                   op(Opcode::end),
                                                               });
    ASSERT_EQ(verify(assembly.program), std::nullopt);
    EXPECT_THAT(live(assembly, routine, 0), IsEmpty());
    EXPECT_THAT(live(assembly, routine, 1), ElementsAre(0));
    EXPECT_THAT(live(assembly, routine, 2), ElementsAre(0, 1));
    EXPECT_THAT(live(assembly, routine, 3), ElementsAre(2));
    EXPECT_THAT(live(assembly, routine, 4), IsEmpty());
}

TEST(Liveness, GoesRoundLoops) {
    Assembly assembly;
    const RoutineId routine = assembly.component({.slots = 3}, {
                                                                   op(Opcode::jump_if, 3, 0),  // 0
                                                                   op(Opcode::assert, 1),      // 1
                                                                   op(Opcode::jump, 0),        // 2
                                                                   op(Opcode::end),            // 3
                                                               });
    EXPECT_THAT(live(assembly, routine, 0), ElementsAre(0, 1));
    EXPECT_THAT(live(assembly, routine, 2), ElementsAre(0, 1));
    EXPECT_THAT(live(assembly, routine, 3), IsEmpty());
}

TEST(Liveness, JoinsTheAlternativesOfAFork) {
    Assembly assembly;
    const RoutineId routine = assembly.component({.slots = 4}, {
                                                                   op(Opcode::fork, 2),    // 0
                                                                   op(Opcode::jump, 3),    // 1
                                                                   op(Opcode::jump, 5),    // 2
                                                                   op(Opcode::assert, 1),  // 3
                                                                   op(Opcode::end),        // 4
                                                                   op(Opcode::assert, 2),  // 5
                                                                   op(Opcode::end),        // 6
                                                               });
    EXPECT_THAT(live(assembly, routine, 0), ElementsAre(1, 2));
    EXPECT_THAT(live(assembly, routine, 0, Moment::during), ElementsAre(1, 2));
    EXPECT_THAT(live(assembly, routine, 1), ElementsAre(1));
}

TEST(Liveness, DuringARequestItsResultIsNotYetThereAndItsOperandsAreRead) {
    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    const RoutineId routine = assembly.component({.slots = 3}, {
                                                                   op(Opcode::get, 1, 0, 0, number),
                                                                   op(Opcode::eq, 2, 1, 2),
                                                                   op(Opcode::assert, 2),
                                                                   op(Opcode::end),
                                                               });
    EXPECT_THAT(live(assembly, routine, 0), ElementsAre(0, 2));
    EXPECT_THAT(live(assembly, routine, 0, Moment::during), ElementsAre(2));
}

TEST(Liveness, ConsecutiveSlotsAndManyOfThem) {
    Assembly assembly;
    const TypeId numbers = assembly.array_of(TypeKind::u8);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t slot = 50; slot < 250; ++slot) expected.push_back(slot);
    const RoutineId routine = assembly.component({.slots = 300, .references = {0}},
                                                 {
                                                     op(Opcode::array, 0, 50, 200, numbers),
                                                     op(Opcode::end),
                                                 });
    ASSERT_EQ(verify(assembly.program), std::nullopt);
    EXPECT_EQ(live(assembly, routine, 0), expected);
}

TEST(Liveness, GivesUpOnCodeThatIsTooLarge) {
    Assembly assembly;
    std::vector<Instruction> code(100'000, op(Opcode::move, 0, 1));
    code.push_back(op(Opcode::end));
    const RoutineId routine = assembly.component({.slots = 60'000}, std::move(code));
    EXPECT_EQ(live(assembly, routine, 5).size(), 60'000u);
}

}  // namespace
}  // namespace reowolf::program
