// SPDX-License-Identifier: MIT
// Constants are computed when a text is compiled, by the machine that would do it later. This is
// the one place where the compiler knows it.
#pragma once

#include "base/limits.hpp"
#include "compiler/generate.hpp"
#include "diagnostics/diagnostics.hpp"

namespace reowolf::compiler {

// Computes each constant once, in the order in which they need each other, and puts the values into
// the program. False, and reports why, if one has no value, or if two variants of an enum have the
// same.
bool compute_constants(Generated& of, diagnostics::Diagnostics& diagnostics, const Limits& limits);

}  // namespace reowolf::compiler
