// SPDX-License-Identifier: MIT
// Which routines another one may come to run.
#pragma once

#include <functional>
#include <vector>

#include "program/program.hpp"

namespace reowolf::program {

// By routine: whether it is wanted, or something is that it calls or starts, at any depth.
std::vector<bool> may_reach(const Program& program,
                            const std::function<bool(const Routine&)>& is_wanted);

}  // namespace reowolf::program
