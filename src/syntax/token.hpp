// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reowolf::syntax {

enum class TokenKind : std::uint8_t {
#define TOKEN(name, shown) name,
#define SYMBOL(name, text) name,
#define KEYWORD(name, text) name,
#include "syntax/tokens.def"
#undef TOKEN
#undef SYMBOL
#undef KEYWORD
};

// Eight bytes, as a source text can consist of nothing but tokens of one byte.
struct Token {
    static constexpr std::uint32_t length_max = (1u << 24) - 1;

    std::uint32_t begin = 0;
    std::uint32_t length : 24 = 0;
    std::uint32_t kind_bits : 8 = 0;

    TokenKind kind() const { return static_cast<TokenKind>(kind_bits); }
    std::uint32_t end() const { return begin + length; }
};
static_assert(sizeof(Token) == 8);

// The last one is end_of_text.
using Tokens = std::vector<Token>;

std::string_view name_of(TokenKind kind);      // "close_brace", for the dump
std::string_view spelling_of(TokenKind kind);  // "}", empty for names and literals
std::string describe(TokenKind kind);          // "'}'", "keyword 'or'", "a name"
bool is_keyword(TokenKind kind);

}  // namespace reowolf::syntax
