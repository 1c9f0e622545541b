// SPDX-License-Identifier: MIT
#pragma once

#include "check/typed.hpp"
#include "diagnostics/diagnostics.hpp"

namespace reowolf::check {

// Reports components that start themselves, directly or through others, in their first step and
// on every way through it.
void check_instantiation(const Module& module, diagnostics::Diagnostics& diagnostics);

}  // namespace reowolf::check
