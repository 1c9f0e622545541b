// SPDX-License-Identifier: MIT
// The values of literals, from their source text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reowolf::syntax {

enum class IntegerFault : std::uint8_t { none, malformed, too_large };

struct IntegerValue {
    std::uint64_t value = 0;
    IntegerFault fault = IntegerFault::none;
};
// "1_000", "0xFF", "0o17", "0b1010".
IntegerValue integer_value(std::string_view text);

// "1.5", "2e-3", "1_000.0"; infinite if too large.
double float_value(std::string_view text);

enum class TextFault : std::uint8_t { none, unknown_escape, bad_code, not_utf8 };

struct TextValue {
    std::string bytes;
    TextFault fault = TextFault::none;
    std::uint32_t at = 0;  // of the faulty escape, in the text given
};
// What stands between the quotes, escapes replaced.
TextValue text_value(std::string_view text);

// A string or character as source text, with quotes.
std::string quoted(std::string_view bytes, char quote);

}  // namespace reowolf::syntax
