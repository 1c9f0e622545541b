// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "check/typed.hpp"
#include "diagnostics/diagnostics.hpp"

namespace reowolf::check {

// Whether a message of that type can bring a port of that type.
using MayHold = std::function<bool(Term message, Term port)>;

// Reports ports that are used after they were handed away, where that happens on every way there.
// What only some ways do, what happens under another name, and what may have come back, fails when
// it runs.
void check_ports(const Routine& routine, const Module& module, const MayHold& may_hold,
                 diagnostics::Diagnostics& diagnostics);

}  // namespace reowolf::check
