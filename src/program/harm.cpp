// SPDX-License-Identifier: MIT
#include "program/harm.hpp"

#include "program/operands.hpp"

namespace reowolf::program {

bool closes_block(const Routine& routine, std::uint32_t pc) {
    constexpr int instructions_max = 32;
    for (int i = 0; i < instructions_max; ++i) {
        const Instruction& next = routine.code[++pc];
        if (next.opcode == Opcode::sync_end) return true;
        if (next.opcode == Opcode::jump && next.a > pc) {
            pc = next.a - 1;
        } else if (shape(next.opcode).harm != Harm::none) {
            return false;
        }
    }
    return false;
}

}  // namespace reowolf::program
