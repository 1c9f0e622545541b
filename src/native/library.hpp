// SPDX-License-Identifier: MIT
// The components of the standard library that are no PDL, by their names in it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "machine/value.hpp"
#include "native/outside.hpp"
#include "program/program.hpp"
#include "runtime/body.hpp"

namespace reowolf::native {

// Whether it reads standard input, which in a connector is the application's.
bool reads_input(const program::Routine& routine);
inline constexpr std::string_view no_input_in_connectors =
    "'std.io.stdin' cannot be part of a connector: standard input is the application's";

// Null: there is none of that name. What is outside must outlive it.
std::unique_ptr<runtime::Body> make(const program::Program& program,
                                    const program::Routine& routine,
                                    runtime::ComponentIndex component,
                                    const std::vector<machine::Value>& arguments, Outside& outside);

}  // namespace reowolf::native
