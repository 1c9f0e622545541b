// SPDX-License-Identifier: MIT
#include "diagnostics/runtime_error.hpp"

#include <fmt/format.h>

#include "diagnostics/diagnostics.hpp"

namespace reowolf::diagnostics {

std::string render_runtime_error(const Sources& sources, std::string_view message, Span where,
                                 std::span<const TraceLine> trace, std::span<const Note> notes) {
    std::string text = fmt::format("ERROR: {}\n{}", message, render_place(sources, where));
    for (const Note& note : notes) text += render_note(sources, note);
    if (trace.empty()) return text;
    text += " +-  Stack trace:\n";
    for (const TraceLine& line : trace) {
        const bool function = line.kind == "func" || line.kind == "function";
        text += fmt::format(" | {} {}:{}\n",
                            function                   ? "function"
                            : line.kind == "connector" ? "connector"
                                                       : "component",
                            line.name, sources.position(line.where.source, line.where.begin).line);
    }
    return text;
}

}  // namespace reowolf::diagnostics
