// SPDX-License-Identifier: MIT
// Which slots of a frame still matter: those that are read on some way on before they are written.
#pragma once

#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace reowolf::program {

enum class Moment : std::uint8_t {
    before,  // the instruction has not begun
    during,  // it has read its operands and not written its results: a call or request under way
};

// One entry per slot of the frame. The program must be one that verify() accepts. Computed anew
// each time; for code so large that this would take long, every slot counts as live.
std::vector<bool> live_slots(const Program& program, const Routine& routine, std::uint32_t pc,
                             Moment moment);

}  // namespace reowolf::program
