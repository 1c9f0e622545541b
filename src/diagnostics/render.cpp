// SPDX-License-Identifier: MIT
#include <algorithm>

#include "diagnostics/diagnostics.hpp"

namespace reowolf::diagnostics {
namespace {

// Of a line longer than this only the surroundings of the place are shown.
constexpr std::uint32_t columns_max = 160;
constexpr std::uint32_t columns_before = 60;

constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view yellow = "\x1b[1;33m";
constexpr std::string_view cyan = "\x1b[36m";

std::string in_colour(std::string_view text, std::string_view colour, Style style) {
    if (style == Style::plain) return std::string(text);
    return fmt::format("{}{}\x1b[0m", colour, text);
}

// A message may quote the text.
std::string without_controls(std::string_view message) {
    std::string text(message);
    std::ranges::replace_if(
        text, [](char c) { return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7F; }, '?');
    return text;
}

struct Excerpt {
    std::string line;
    std::string underline;
};

// What a terminal must not get (control characters, malformed UTF-8) becomes '?'.
Excerpt excerpt(std::string_view line, std::uint32_t first, std::uint32_t last) {
    const std::uint32_t skip =
        line.size() > columns_max && first > columns_before ? first - columns_before : 0;
    Excerpt result;
    if (skip > 0) {
        result.line = "… ";
        result.underline = "  ";
    }
    std::uint32_t column = 0;
    for (std::size_t at = 0; at < line.size();) {
        const std::uint32_t length = utf8_length(line.substr(at, 4));
        if (column >= skip + columns_max) {
            result.line += " …";
            break;
        }
        if (column >= skip) {
            const auto byte = static_cast<unsigned char>(line[at]);
            const bool printable =
                length > 1 || (length == 1 && ((byte >= 0x20 && byte != 0x7F) || byte == '\t'));
            result.line += printable ? line.substr(at, length) : std::string_view("?");
            // A tab under a tab keeps the columns aligned, whatever its width.
            if (column < first) result.underline += byte == '\t' ? '\t' : ' ';
            if (column >= first && column < last) {
                result.underline += byte == '\t' ? "\t" : "~";
            }
        }
        at += std::max(1u, length);
        ++column;
    }
    // A place at the end of its line has nothing of its own to underline.
    if (column <= first) result.underline += "~";
    return result;
}

}  // namespace

std::string render_place(const Sources& sources, Span where, Style style) {
    const Position begin = sources.position(where.source, where.begin);
    const std::uint32_t line_end =
        sources.line_begin(where.source, where.begin) +
        static_cast<std::uint32_t>(sources.line(where.source, begin.line).size());
    const Position end = sources.position(
        where.source,
        std::max(where.begin, std::min(std::max(where.end, where.begin + 1), line_end)));
    const Excerpt shown = excerpt(sources.line(where.source, begin.line), begin.column - 1,
                                  std::max(end.column, begin.column + 1) - 1);
    return fmt::format(" +-  at {}:{}:{}\n |  {}\n |  {}\n", sources.name(where.source), begin.line,
                       begin.column, shown.line, in_colour(shown.underline, cyan, style));
}

std::string render_note(const Sources& sources, const Note& note) {
    if (note.span == Span{}) return fmt::format(" +-  note: {}\n", note.text);
    const Position at = sources.position(note.span.source, note.span.begin);
    return fmt::format(" +-  note: {} at {}:{}:{}\n", note.text, sources.name(note.span.source),
                       at.line, at.column);
}

std::string render_head(Severity severity, std::string_view text, Style style) {
    const bool is_error = severity == Severity::error;
    return fmt::format("{} {}\n",
                       in_colour(is_error ? "ERROR:" : "WARNING:", is_error ? red : yellow, style),
                       without_controls(text));
}

std::string render(const Sources& sources, const Diagnostic& diagnostic, Style style) {
    std::string text = render_head(diagnostic.severity, diagnostic.text, style) +
                       render_place(sources, diagnostic.span, style);
    for (const Note& note : diagnostic.notes) text += render_note(sources, note);
    return text;
}

}  // namespace reowolf::diagnostics
