// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/limits.hpp"
#include "check/typed.hpp"
#include "diagnostics/diagnostics.hpp"
#include "syntax/tree.hpp"

namespace reowolf::check {

// Tree to typed tree: names, types, and everything else that can be seen to be wrong. A module
// comes back only if nothing is.
std::optional<Module> check(const syntax::tree::Module& tree,
                            diagnostics::Diagnostics& diagnostics);

// A literal of a program's type, as the body of a function without parameters; nothing if it was
// reported not to be one.
std::optional<Module> check_literal(const syntax::tree::Expression& literal,
                                    const program::Program& program, program::TypeId type,
                                    diagnostics::Diagnostics& diagnostics);

}  // namespace reowolf::check
