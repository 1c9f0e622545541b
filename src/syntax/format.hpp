// SPDX-License-Identifier: MIT
// The canonical layout of a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/source.hpp"

namespace reowolf::syntax {

// The same tokens and comments in the same order, laid out anew: where lines break depends on
// nothing but them and on the empty lines between statements, of which one is kept. Laying out the
// result again changes nothing. Nothing comes back if the text does not parse, which is reported.
std::optional<std::string> format(const diagnostics::Sources& sources, std::uint32_t source,
                                  diagnostics::Diagnostics& diagnostics, const Limits& limits);

}  // namespace reowolf::syntax
