// SPDX-License-Identifier: MIT
// Text that may break its lines, after Wadler's "A prettier printer" (1998): a document says where
// lines may break, and lines break where they would become too long.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syntax/atoms.hpp"

namespace reowolf::syntax {

struct Doc {
    enum class Kind : std::uint8_t {
        text,          //
        space,         // between two texts of a line
        line,          // a space, or a line break if its group does not fit on the line
        soft_line,     // nothing, or a line break if its group does not fit on the line
        fill_line,     // a space, or a line break if what follows does not fit on the line
        hard_line,     // a line break
        empty_line,    // a line break and an empty line
        concat,        // its parts one after the other
        indent,        // the same, with line breaks that indent more
        group,         // the same, all on one line if they fit
        line_comment,  // ends its line
        block_comment,
    };
    Kind kind = Kind::concat;
    bool breaks = false;  // cannot be on one line
    std::string_view text;
    std::vector<Doc> parts;
    Comment comment;

    static Doc of(Kind kind) {
        Doc made;
        made.kind = kind;
        made.breaks = kind == Kind::hard_line || kind == Kind::empty_line;
        return made;
    }
    static Doc of_text(std::string_view text) {
        Doc made = of(Kind::text);
        made.text = text;
        return made;
    }
    void add(Doc part) {
        breaks |= part.breaks;
        parts.push_back(std::move(part));
    }
};

inline constexpr std::uint32_t columns_max = 100;

std::string print(const Doc& doc);

}  // namespace reowolf::syntax
