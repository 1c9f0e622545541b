// SPDX-License-Identifier: MIT
#include "tools/table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace reowolf::tools {

std::vector<std::string> table(const std::vector<std::vector<std::string>>& rows,
                               std::string_view sides) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += sides[i] == '<' ? fmt::format("  {:<{}}", row[i], widths[i])
                                    : fmt::format("  {:>{}}", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string printable(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
    return text;
}

}  // namespace reowolf::tools
