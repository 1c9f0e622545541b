// SPDX-License-Identifier: MIT
#include "compiler/last_use.hpp"

#include <cstdint>
#include <optional>
#include <vector>

#include "program/liveness.hpp"
#include "program/operands.hpp"

namespace reowolf::compiler {
namespace {

using program::Opcode;

std::optional<Opcode> moving(Opcode opcode) {
    switch (opcode) {
        case Opcode::copy_ref:
            return Opcode::take_ref;
        case Opcode::copy_value:
            return Opcode::take_value;
        case Opcode::unbox:
            return Opcode::take_unbox;
        default:
            return std::nullopt;
    }
}

}  // namespace

void move_last_uses(const program::Program& program, program::Routine& routine) {
    // Not in a sync block, which may be run again with the variables as they were.
    std::vector<std::uint32_t> copies;
    bool in_block = false;
    for (std::uint32_t pc = 0; pc < routine.code.size(); ++pc) {
        const Opcode opcode = routine.code[pc].opcode;
        if (opcode == Opcode::sync_begin) in_block = true;
        if (opcode == Opcode::sync_end) in_block = false;
        if (!in_block && moving(opcode)) copies.push_back(pc);
    }
    if (copies.empty()) return;
    const program::Liveness liveness(program, routine);
    for (const std::uint32_t pc : copies) {
        program::Instruction& copy = routine.code[pc];
        const auto from = program::slots_of(program, copy, *program::shape(copy.opcode).find('b'),
                                            routine.result);
        if (!liveness.any_live_after(pc, from.first, from.count)) {
            copy.opcode = *moving(copy.opcode);
        }
    }
}

}  // namespace reowolf::compiler
