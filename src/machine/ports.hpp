// SPDX-License-Identifier: MIT
// The ports that a value holds.
#pragma once

#include <cstdint>
#include <vector>

#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// Adds the handles of all ports in the value: itself, or the elements of arrays at any depth.
void append_ports(const program::Program& program, program::TypeId type, const Value& value,
                  std::vector<std::uint64_t>& ports);

}  // namespace reowolf::machine
