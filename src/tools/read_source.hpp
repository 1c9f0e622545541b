// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace reowolf::tools {

// The whole of a file ("-" for standard input); if it cannot be read, says so on standard error.
std::optional<std::string> read_source(const std::string& path);

}  // namespace reowolf::tools
