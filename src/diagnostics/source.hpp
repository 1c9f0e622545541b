// SPDX-License-Identifier: MIT
// The source texts of one compilation, and where in them an offset stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reowolf::diagnostics {

// Both count from 1. A column is a code point; a tab is one column.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    friend bool operator==(const Position&, const Position&) = default;
};

class Sources {
  public:
    // The number of the new source, for use in spans.
    std::uint32_t add(std::string name, std::string text);
    std::uint32_t count() const { return static_cast<std::uint32_t>(sources_.size()); }

    const std::string& name(std::uint32_t source) const;
    std::string_view text(std::uint32_t source) const;
    Position position(std::uint32_t source, std::uint32_t offset) const;
    // Without its line break; empty if there is no such line.
    std::string_view line(std::uint32_t source, std::uint32_t line_number) const;
    // The offset of the first byte of the line that `offset` is in.
    std::uint32_t line_begin(std::uint32_t source, std::uint32_t offset) const;

  private:
    struct Source {
        std::string name;
        std::string text;
        std::vector<std::uint32_t> line_starts;
    };
    std::vector<Source> sources_;
};

// Length in bytes of the well-formed UTF-8 character that `text` begins with, 0 if there is none.
std::uint32_t utf8_length(std::string_view text);

}  // namespace reowolf::diagnostics
