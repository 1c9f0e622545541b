// SPDX-License-Identifier: MIT
// Finds and parses what a module imports, and what that imports.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "check/check.hpp"
#include "compiler/compile.hpp"

namespace reowolf::compiler {

struct Loaded {
    std::deque<syntax::tree::Module> trees;
    check::Modules modules;
};

// The module of that text and all it imports. What is missing is reported.
Loaded load(diagnostics::Sources& sources, std::uint32_t source,
            diagnostics::Diagnostics& diagnostics, const Limits& limits, const Resolver& resolver);

// The text of a module that comes with the compiler: "std.reo".
std::optional<std::string_view> standard_module(std::string_view name);
// Their names: "'std.io', 'std.reo'".
std::string standard_modules();

}  // namespace reowolf::compiler
