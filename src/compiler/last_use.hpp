// SPDX-License-Identifier: MIT
// A value that is copied from where nobody will read it again is moved instead: nothing is counted,
// and who gets it holds it alone, and may change it in place.
#pragma once

#include "program/program.hpp"

namespace reowolf::compiler {

void move_last_uses(const program::Program& program, program::Routine& routine);

}  // namespace reowolf::compiler
