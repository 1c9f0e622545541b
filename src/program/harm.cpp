// SPDX-License-Identifier: MIT
#include "program/harm.hpp"

namespace reowolf::program {

Harm harm_of(Opcode opcode) {
    switch (opcode) {
        case Opcode::move:
        case Opcode::copy_ref:
        case Opcode::take_ref:
        case Opcode::drop_ref:
        case Opcode::constant:
        case Opcode::copy_value:
        case Opcode::take_value:
        case Opcode::clear_value:
        case Opcode::text:
        case Opcode::add:
        case Opcode::sub:
        case Opcode::mul:
        case Opcode::bit_and:
        case Opcode::bit_or:
        case Opcode::bit_xor:
        case Opcode::neg:
        case Opcode::bit_not:
        case Opcode::logical_not:
        case Opcode::eq:
        case Opcode::ne:
        case Opcode::lt:
        case Opcode::le:
        case Opcode::same:
        case Opcode::differ:
        case Opcode::before:
        case Opcode::same_value:
        case Opcode::float_add:
        case Opcode::float_sub:
        case Opcode::float_mul:
        case Opcode::float_div:
        case Opcode::float_rem:
        case Opcode::float_neg:
        case Opcode::float_eq:
        case Opcode::float_lt:
        case Opcode::float_le:
        case Opcode::length:
        case Opcode::add_number:
        case Opcode::mul_number:
        case Opcode::and_number:
        case Opcode::shl_number:
        case Opcode::shr_number:
            return Harm::none;
        case Opcode::div:
        case Opcode::rem:
        case Opcode::shl:
        case Opcode::shr:
        case Opcode::cast:
        case Opcode::float_cast:
        case Opcode::array:
        case Opcode::zeros:
        case Opcode::index:
        case Opcode::take_index:
        case Opcode::unbox:
        case Opcode::take_unbox:
        case Opcode::set_index:
        case Opcode::slice:
        case Opcode::concat:
        case Opcode::div_number:
        case Opcode::rem_number:
        case Opcode::index_part:
        case Opcode::set_index_part:
        case Opcode::index_nested:
        case Opcode::set_index_nested:
            return Harm::may_fail;
        default:
            return Harm::beyond;
    }
}

bool closes_block(const Routine& routine, std::uint32_t pc) {
    constexpr int instructions_max = 32;
    for (int i = 0; i < instructions_max; ++i) {
        const Instruction& next = routine.code[++pc];
        if (next.opcode == Opcode::sync_end) return true;
        if (next.opcode == Opcode::jump && next.a > pc) {
            pc = next.a - 1;
        } else if (harm_of(next.opcode) != Harm::none) {
            return false;
        }
    }
    return false;
}

}  // namespace reowolf::program
