// SPDX-License-Identifier: MIT
#include "diagnostics/json.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace reowolf::diagnostics {
namespace {

// What is no UTF-8, as it may be in the name of a file, becomes U+FFFD.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::uint32_t length = utf8_length(text.substr(0, 4));
        const char c = text[0];
        if (length == 0) {
            out += "\\ufffd";
        } else if (length > 1) {
            out += text.substr(0, length);
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
        text.remove_prefix(std::max(1u, length));
    }
    return out + '"';
}

// "file": …, "line": …, …
std::string place(const Sources& sources, Span where) {
    const Position begin = sources.position(where.source, where.begin);
    const Position end = sources.position(where.source, std::max(where.begin, where.end));
    return fmt::format(R"("file": {}, "line": {}, "column": {}, "end_line": {}, "end_column": {})",
                       quoted(sources.name(where.source)), begin.line, begin.column, end.line,
                       end.column);
}

std::string list(const Sources& sources, std::span<const Note> notes) {
    std::string out = "[";
    for (const Note& note : notes) {
        fmt::format_to(std::back_inserter(out), R"({}{{"message": {}{}}})",
                       out.size() > 1 ? ", " : "", quoted(note.text),
                       note.span == Span{} ? "" : ", " + place(sources, note.span));
    }
    return out + ']';
}

}  // namespace

std::string render_json(const Sources& sources, const Diagnostic& diagnostic) {
    return fmt::format(R"({{"severity": "{}", "code": "{}", "message": {}, {}, "notes": {}}})"
                       "\n",
                       diagnostic.severity == Severity::error ? "error" : "warning",
                       listed(diagnostic.code).name, quoted(diagnostic.text),
                       place(sources, diagnostic.span), list(sources, diagnostic.notes));
}

std::string render_json_runtime_error(const Sources& sources, std::string_view message, Span where,
                                      std::span<const TraceLine> trace,
                                      std::span<const Note> notes) {
    std::string lines = "[";
    for (const TraceLine& line : trace) {
        fmt::format_to(std::back_inserter(lines), R"({}{{"kind": "{}", "name": {}, {}}})",
                       lines.size() > 1 ? ", " : "", shown_kind(line), quoted(line.name),
                       place(sources, line.where));
    }
    return fmt::format(R"({{"severity": "error", "code": "runtime_error", "message": {}, {}, )"
                       R"("notes": {}, "trace": {}]}})"
                       "\n",
                       quoted(message), place(sources, where), list(sources, notes), lines);
}

std::string render_json(std::string_view message) {
    return fmt::format(R"({{"severity": "error", "message": {}, "notes": []}})"
                       "\n",
                       quoted(message));
}

}  // namespace reowolf::diagnostics
