// SPDX-License-Identifier: MIT
// A module as text again.
#pragma once

#include <string>

#include "syntax/tree.hpp"

namespace reowolf::syntax {

// What peers must agree on: names, types and structure. Two texts that differ in layout, comments,
// redundant parentheses and braces, trailing commas, older spellings, the order of definitions or
// in `self` have one canonical form. One statement a line, so that two forms can be compared.
std::string canonical(const tree::Module& module);

// The same for people: everything in the order in which it was written; for --dump=tree.
std::string dump(const tree::Module& module);

}  // namespace reowolf::syntax
