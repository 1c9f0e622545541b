// SPDX-License-Identifier: MIT
// Which routines may start components of some kind.
#pragma once

#include <functional>
#include <vector>

#include "program/program.hpp"

namespace reowolf::program {

// By routine: it is wanted, or what it calls or starts may be, at any depth.
std::vector<bool> may_reach(const Program& program,
                            const std::function<bool(const Routine&)>& is_wanted);

}  // namespace reowolf::program
