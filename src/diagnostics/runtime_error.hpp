// SPDX-License-Identifier: MIT
// How an error of a running component is shown: as a diagnostic, with the component's stack.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/span.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/source.hpp"

namespace reowolf::diagnostics {

struct TraceLine {
    std::string kind;  // a routine's keyword: "func", "primitive", …
    std::string name;
    Span where;
};

// `trace` is innermost first. The middle of a very long one is left out.
std::string render_runtime_error(const Sources& sources, std::string_view message, Span where,
                                 std::span<const TraceLine> trace, std::span<const Note> notes = {},
                                 Style style = Style::plain);
// "function", "component" or "connector".
std::string_view shown_kind(const TraceLine& line);

}  // namespace reowolf::diagnostics
