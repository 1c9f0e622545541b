// SPDX-License-Identifier: MIT
// Texts that are close to programs: made from a grammar, and changed token by token.
#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"

namespace reowolf::fuzz {

// A program that mostly compiles: structs, unions, enums, constants, functions, components.
std::string make_program(Random& random);

// The text with some of its tokens, lines or definitions left out, doubled, exchanged, or replaced
// by others of the language or by pieces of a made program.
std::string change_program(std::string_view text, Random& random);

}  // namespace reowolf::fuzz
