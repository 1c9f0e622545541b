// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "check/typed.hpp"
#include "program/program.hpp"

namespace reowolf::compiler {

// Typed tree to program. `types` keep their numbers.
program::Program generate(const check::Module& module, std::vector<program::Type> types);

}  // namespace reowolf::compiler
