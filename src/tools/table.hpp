// SPDX-License-Identifier: MIT
// Text in columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reowolf::tools {

// A line for each row, which are equally long and at least one. The columns are as wide as what is
// in them, and flush left or right as `sides` says, '<' or '>' for each.
std::vector<std::string> table(const std::vector<std::vector<std::string>>& rows,
                               std::string_view sides);

// What another process says may contain anything; a terminal must not get it.
std::string printable(std::string text);

}  // namespace reowolf::tools
