// SPDX-License-Identifier: MIT
#include "diagnostics/runtime_error.hpp"

#include <fmt/format.h>

#include "diagnostics/diagnostics.hpp"

namespace reowolf::diagnostics {
namespace {

// Of a trace longer than both together only its ends are shown: where it failed, and how it began.
constexpr std::size_t innermost_shown = 10;
constexpr std::size_t outermost_shown = 5;

std::string render_line(const Sources& sources, const TraceLine& line) {
    return fmt::format(" | {} {}:{}\n", shown_kind(line), line.name,
                       sources.position(line.where.source, line.where.begin).line);
}

}  // namespace

std::string_view shown_kind(const TraceLine& line) {
    if (line.kind == "func" || line.kind == "function") return "function";
    return line.kind == "connector" ? "connector" : "component";
}

std::string render_runtime_error(const Sources& sources, std::string_view message, Span where,
                                 std::span<const TraceLine> trace, std::span<const Note> notes,
                                 Style style) {
    std::string text =
        render_head(Severity::error, message, style) + render_place(sources, where, style);
    for (const Note& note : notes) text += render_note(sources, note);
    if (trace.empty()) return text;
    text += " +-  Stack trace:\n";
    const bool long_one = trace.size() > innermost_shown + outermost_shown + 1;
    const auto innermost = long_one ? trace.first(innermost_shown) : trace;
    for (const TraceLine& line : innermost) text += render_line(sources, line);
    if (!long_one) return text;
    const auto outermost = trace.last(outermost_shown);
    text += fmt::format(" | … {} more …\n", trace.size() - innermost.size() - outermost.size());
    for (const TraceLine& line : outermost) text += render_line(sources, line);
    return text;
}

}  // namespace reowolf::diagnostics
