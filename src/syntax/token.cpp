// SPDX-License-Identifier: MIT
#include "syntax/token.hpp"

namespace reowolf::syntax {
namespace {

struct Entry {
    std::string_view name;
    std::string_view shown;
    char group;
};

constexpr Entry entries[] = {
#define TOKEN(name, shown) {#name, shown, 't'},
#define SYMBOL(name, text) {#name, text, 's'},
#define KEYWORD(name, text) {#name, text, 'k'},
#include "syntax/tokens.def"
#undef TOKEN
#undef SYMBOL
#undef KEYWORD
};

const Entry& entry(TokenKind kind) {
    return entries[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view name_of(TokenKind kind) {
    return entry(kind).name;
}

std::string_view spelling_of(TokenKind kind) {
    return entry(kind).group == 't' ? std::string_view{} : entry(kind).shown;
}

std::string describe(TokenKind kind) {
    const Entry& of = entry(kind);
    if (of.group == 't') return std::string(of.shown);
    const std::string quoted = "'" + std::string(of.shown) + "'";
    return of.group == 'k' ? "keyword " + quoted : quoted;
}

bool is_keyword(TokenKind kind) {
    return entry(kind).group == 'k';
}

}  // namespace reowolf::syntax
