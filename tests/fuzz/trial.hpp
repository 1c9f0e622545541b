// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace reowolf::fuzz {

// What must hold for every text: it compiles or something is said about it; what was said can be
// shown; the canonical form of a text is a text with that canonical form; and what compiles runs,
// step by step, for a while. Aborts where it does not.
void try_text(std::string_view text);

}  // namespace reowolf::fuzz
