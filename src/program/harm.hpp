// SPDX-License-Identifier: MIT
// What can happen where an instruction is run.
#pragma once

#include <cstdint>

#include "program/program.hpp"

namespace reowolf::program {

// Whether an instruction is done with without the world, and whether it can fail.
enum class Harm { none, may_fail, beyond };
Harm harm_of(Opcode opcode);

// Whether nothing but what cannot fail comes between the get or put at `pc` and the end of its
// synchronous block.
bool closes_block(const Routine& routine, std::uint32_t pc);

}  // namespace reowolf::program
