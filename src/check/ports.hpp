// SPDX-License-Identifier: MIT
#pragma once

#include "check/typed.hpp"
#include "diagnostics/diagnostics.hpp"

namespace reowolf::check {

// Reports ports that are used after they were handed away, where that happens on every way there.
// What only some ways do, and what happens under another name, fails when it runs.
void check_ports(const Routine& routine, const Module& module,
                 diagnostics::Diagnostics& diagnostics);

}  // namespace reowolf::check
