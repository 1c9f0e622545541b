// SPDX-License-Identifier: MIT
// Values that need not be encoded.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "machine/value.hpp"

namespace reowolf::machine {

// What encode() would write, where the value itself lies that way in memory: of a string or u8[].
std::optional<std::span<const std::byte>> bytes_in_place(const program::Program&, program::TypeId,
                                                         const Value&);

}  // namespace reowolf::machine
