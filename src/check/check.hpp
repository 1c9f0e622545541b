// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "check/typed.hpp"
#include "diagnostics/diagnostics.hpp"
#include "syntax/tree.hpp"

namespace reowolf::check {

// Tree to typed tree: names, types, and everything else that can be seen to be wrong. A module
// comes back only if nothing is.
std::optional<Module> check(const syntax::tree::Module& tree, diagnostics::Diagnostics& diagnostics,
                            const Limits& limits);

// A module with all that it imports, directly or not. The first one is what is asked for.
struct Modules {
    std::vector<const syntax::tree::Module*> trees;
    std::map<std::string, std::uint32_t> by_name;  // "a.b"; those missing have been reported
    // What is asked about the first module, if anything: becomes the body of a function of that
    // name, without parameters.
    const syntax::tree::Expression* question = nullptr;
    // A module that is not imported and has that name, or nothing.
    std::function<std::string(const std::string&)> offers{};
};
inline constexpr std::string_view question_name = "(expression)";
std::optional<Module> check(const Modules& modules, diagnostics::Diagnostics& diagnostics,
                            const Limits& limits);

// A literal of a program's type, as the body of a function without parameters; nothing if it was
// reported not to be one.
std::optional<Module> check_literal(const syntax::tree::Expression& literal,
                                    const program::Program& program, program::TypeId type,
                                    diagnostics::Diagnostics& diagnostics);

}  // namespace reowolf::check
