// SPDX-License-Identifier: MIT
// What kinds of bytes texts are made of.
#pragma once

#include <string_view>

namespace reowolf::syntax {

// What some editors begin a text with.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
// Part of a code point beyond ASCII.
constexpr bool is_foreign(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace reowolf::syntax
