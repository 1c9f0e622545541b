// SPDX-License-Identifier: MIT
// What can happen where an instruction is run.
#pragma once

#include <cstdint>

#include "program/program.hpp"

namespace reowolf::program {

// Whether nothing but what cannot fail comes between the get or put at `pc` and the end of its
// synchronous block.
bool closes_block(const Routine& routine, std::uint32_t pc);

}  // namespace reowolf::program
