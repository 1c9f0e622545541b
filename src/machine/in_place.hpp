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

// The other way round: whether these bytes, as they lie there, are a value of the type. False: they
// are none, or it takes decode() to make it of them.
bool is_in_place(const program::Program&, program::TypeId, std::span<const std::byte> bytes,
                 const Limits& limits);

}  // namespace reowolf::machine
