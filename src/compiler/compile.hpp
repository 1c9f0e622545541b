// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/source.hpp"
#include "program/program.hpp"

namespace reowolf::compiler {

// Source text to program. Nothing comes back if the diagnostics have an error; they are in the
// order of the text.
//
// The modules that it imports are added to the sources. Those of the standard library are part of
// the compiler; without a resolver there are no others, as for a text that comes from a stranger.
struct FoundModule {
    std::string path;  // as shown to people
    std::string text;
};
// From a module's name, "a.b", and the path of the file that imports it.
using Resolver = std::function<std::optional<FoundModule>(const std::string&, std::string_view)>;

std::optional<program::Program> compile(diagnostics::Sources& sources, std::uint32_t source,
                                        diagnostics::Diagnostics& diagnostics, const Limits& limits,
                                        const Resolver& resolver = {});

// The same with an expression, which may use everything that the text may. It becomes a function
// without parameters, `expression`.
struct Question {
    program::Program program;
    program::RoutineId expression = 0;
};
std::optional<Question> compile_question(diagnostics::Sources& sources, std::uint32_t source,
                                         std::uint32_t expression,
                                         diagnostics::Diagnostics& diagnostics,
                                         const Limits& limits, const Resolver& resolver = {});

// What peers must agree on, see syntax/canonical.hpp. Nothing if the text does not parse.
std::optional<std::string> canonical_text(const diagnostics::Sources& sources, std::uint32_t source,
                                          const Limits& limits);

// A literal of a type of `base`, as on a command line: "3", "{1, 2}", "\"text\"". What comes back
// has base's types under the same numbers, and one routine, a function without parameters that
// returns the value. If nothing does, `error` says why.
std::optional<program::Program> compile_literal(std::string_view text, const program::Program& base,
                                                program::TypeId type, std::string& error,
                                                const Limits& limits);

}  // namespace reowolf::compiler
