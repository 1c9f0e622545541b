// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "check/typed.hpp"
#include "program/program.hpp"

namespace reowolf::compiler {

// Typed tree to program. `types` keep their numbers, which are those of the module's named types.
program::Program generate(check::Module module, std::vector<program::Type> types);

}  // namespace reowolf::compiler
