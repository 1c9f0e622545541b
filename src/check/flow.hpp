// SPDX-License-Identifier: MIT
#pragma once

#include "check/typed.hpp"
#include "diagnostics/diagnostics.hpp"

namespace reowolf::check {

// Which ways the execution of a routine can go: reports a function that can end without 'return'
// and what is never reached, and finds out whether the routine can end at all.
void check_flow(Routine& routine, const Terms& terms, diagnostics::Diagnostics& diagnostics);

bool is_true(const Expression& condition);  // the literal

}  // namespace reowolf::check
