// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/limits.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/source.hpp"
#include "syntax/token.hpp"
#include "syntax/tree.hpp"

namespace reowolf::syntax {

// Tokens to a tree. What does not parse is reported and left out of the tree, so a tree comes
// back in any case; if something was left out, the diagnostics have an error.
tree::Module parse(const diagnostics::Sources& sources, std::uint32_t source, Tokens tokens,
                   diagnostics::Diagnostics& diagnostics, const Limits& limits);

// A text that is one expression and nothing else; null if it was reported not to be.
tree::ExpressionPtr parse_expression(const diagnostics::Sources& sources, std::uint32_t source,
                                     Tokens tokens, diagnostics::Diagnostics& diagnostics,
                                     const Limits& limits);

}  // namespace reowolf::syntax
