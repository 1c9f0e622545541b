// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/limits.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/source.hpp"
#include "syntax/token.hpp"

namespace reowolf::syntax {

// Text to tokens. What is no token is reported and left out. Literals are checked here, so that
// literal.hpp finds a value in every token that arrives in the parser.
Tokens lex(const diagnostics::Sources& sources, std::uint32_t source,
           diagnostics::Diagnostics& diagnostics, const Limits& limits);

// One token a line, for --dump=tokens.
std::string dump(const diagnostics::Sources& sources, std::uint32_t source, const Tokens& tokens);

}  // namespace reowolf::syntax
