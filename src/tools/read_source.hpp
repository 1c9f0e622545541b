// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.hpp"

namespace reowolf::tools {

// The whole of a file ("-" for standard input); if it cannot be read, says so on standard error.
std::optional<std::string> read_source(const std::string& path);

// Finds module a.b as a/b.pdl beside the file that imports it, and then in the folders.
compiler::Resolver find_modules(std::vector<std::string> folders);

}  // namespace reowolf::tools
