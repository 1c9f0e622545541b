// SPDX-License-Identifier: MIT
// A text as the formatter sees it: its tokens with the comments that belong to them, and which
// brackets match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "syntax/token.hpp"

namespace reowolf::syntax {

struct Comment {
    std::string_view text;
    bool is_line = false;    // "// …"; a block comment otherwise
    bool own_line = false;   // nothing stands before it on its line
    bool ends_line = false;  // nothing stands after it on its line
    bool blank_before = false;
    std::uint32_t column = 0;  // where it begins, if only blanks stand before it
};

struct Atom {
    TokenKind kind = TokenKind::end_of_text;
    std::string_view text;
    bool opens_types = false;   // '<' of type parameters or arguments
    bool closes_types = false;  // '>' of those
    bool blank_before = false;  // an empty line stands before it, after its comments
    std::vector<Comment> before;
    std::vector<Comment> after;  // at the end of its line
    std::size_t match = 0;       // of a bracket: the other one

    bool has_comments() const { return !before.empty() || !after.empty(); }
};

// The last one is end_of_text. The text must have been lexed and parsed without an error;
// `closing_angles` are the offsets of each '>' that closes type parameters or arguments.
std::vector<Atom> atoms_of(std::string_view text, const Tokens& tokens,
                           const std::vector<std::uint32_t>& closing_angles);

}  // namespace reowolf::syntax
