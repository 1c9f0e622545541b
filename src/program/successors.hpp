// SPDX-License-Identifier: MIT
// Where an instruction leads to within its routine.
#pragma once

#include <cstdint>

#include "program/operands.hpp"

namespace reowolf::program {

// Calls `visit` with the number of each instruction that may come next; those that it names must
// exist.
template <class Visit>
void for_each_successor(const Routine& routine, std::uint32_t pc, Visit visit) {
    const Instruction& at = routine.code[pc];
    switch (at.opcode) {
        case Opcode::ret:
        case Opcode::end:
            return;
        case Opcode::fork:
            for (std::uint32_t i = 1; i <= at.a; ++i) visit(pc + i);
            return;
        default:
            break;
    }
    for (const Operand& operand : shape(at.opcode).operands()) {
        if (operand.sort == Sort::target) visit(field(at, operand.field));
    }
    if (at.opcode != Opcode::jump) visit(pc + 1);
}

}  // namespace reowolf::program
