// SPDX-License-Identifier: MIT
// UTF-8 as Unicode 15, section 3.9 defines it: no overlong forms, no surrogates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reowolf::machine {

struct Utf8Character {
    std::uint32_t code = 0;
    std::uint32_t bytes = 0;
};

// The character at the front of a text that is not empty, or nothing if there is no valid one.
std::optional<Utf8Character> first_character(std::string_view text);

// Where the first byte stands that is no part of a valid character, or nothing.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

constexpr bool is_utf8_continuation(std::byte byte) {
    return (static_cast<unsigned>(byte) & 0xC0u) == 0x80u;
}

}  // namespace reowolf::machine
