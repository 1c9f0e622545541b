// SPDX-License-Identifier: MIT
// What a reowolf::Program holds.
#pragma once

#include <reowolf/runtime.hpp>

#include "diagnostics/source.hpp"
#include "program/program.hpp"

namespace reowolf {

struct Program::Compiled {
    diagnostics::Sources sources;
    program::Program program;
};

}  // namespace reowolf
