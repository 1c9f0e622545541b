// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace reowolf::system {

// What another program makes of the input: its standard output. Waits for its end. The error says
// why there is none.
std::expected<std::string, std::string> filter(const std::vector<std::string>& command,
                                               std::string_view input);

}  // namespace reowolf::system
