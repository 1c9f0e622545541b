// SPDX-License-Identifier: MIT
// What of a type matters to those who exchange its values as bytes.
#pragma once

#include <string>

#include "program/program.hpp"

namespace reowolf::program {

// The type without names: `u8[]`, `(u32, string)` for a struct or tuple, `{() | (u32)}` for a union
// by its variants, `enum`. A type within itself is written by its name.
std::string shape(const Program& program, TypeId type);

}  // namespace reowolf::program
