// SPDX-License-Identifier: MIT
// What the compiler has to say to the author of a text. Every message is listed once, in
// diagnostics.def; the number and kinds of its arguments are checked when the compiler is built.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/span.hpp"
#include "diagnostics/source.hpp"

namespace reowolf::diagnostics {

enum class Severity : std::uint8_t { error, warning };

enum class Code : std::uint16_t {
#define DIAGNOSTIC(name, severity, text) name,
#define NOTE(name, text)
#include "diagnostics/diagnostics.def"
#undef DIAGNOSTIC
#undef NOTE
};

// A note's text is followed by " at FILE:LINE:COLUMN" when it is shown.
enum class NoteCode : std::uint16_t {
#define DIAGNOSTIC(name, severity, text)
#define NOTE(name, text) name,
#include "diagnostics/diagnostics.def"
#undef DIAGNOSTIC
#undef NOTE
};

struct Listed {
    std::string_view name;
    std::string_view text;
    Severity severity = Severity::error;
};

inline constexpr Listed messages[] = {
#define DIAGNOSTIC(name, severity, text) {#name, text, Severity::severity},
#define NOTE(name, text)
#include "diagnostics/diagnostics.def"
#undef DIAGNOSTIC
#undef NOTE
};

inline constexpr Listed note_messages[] = {
#define DIAGNOSTIC(name, severity, text)
#define NOTE(name, text) {#name, text, Severity::error},
#include "diagnostics/diagnostics.def"
#undef DIAGNOSTIC
#undef NOTE
};

constexpr const Listed& listed(Code code) {
    return messages[static_cast<std::size_t>(code)];
}
constexpr const Listed& listed(NoteCode code) {
    return note_messages[static_cast<std::size_t>(code)];
}

struct Note {
    Span span;
    std::string text;
};

struct Diagnostic {
    Code code;
    Severity severity = Severity::error;
    Span span;
    std::string text;
    std::vector<Note> notes;

    template <NoteCode code_of_note, typename... Arguments>
    Diagnostic& note(Span where, const Arguments&... arguments) {
        constexpr std::string_view format = listed(code_of_note).text;
        Note added{where,
                   fmt::format(fmt::format_string<const Arguments&...>(format), arguments...)};
        const bool repeated = std::any_of(notes.begin(), notes.end(), [&](const Note& earlier) {
            return earlier.span == added.span && earlier.text == added.text;
        });
        if (!repeated) notes.push_back(std::move(added));
        return *this;
    }
};

// Collects diagnostics, each place and message once, up to a limit.
class Diagnostics {
  public:
    explicit Diagnostics(const Limits& limits = {}) : most_(limits.diagnostics_max) {}

    // The diagnostic, for adding notes to; good until the next report.
    template <Code code, typename... Arguments>
    Diagnostic& report(Span where, const Arguments&... arguments) {
        constexpr std::string_view format = listed(code).text;
        return add(code, where,
                   fmt::format(fmt::format_string<const Arguments&...>(format), arguments...));
    }

    bool has_errors() const { return has_errors_; }
    // Nothing more will be taken; a stage may as well stop.
    bool full() const { return all_.size() >= most_; }
    const std::vector<Diagnostic>& all() const { return all_; }
    // Into the order of the source text.
    void sort();

  private:
    Diagnostic& add(Code code, Span where, std::string text);

    std::uint32_t most_;
    bool has_errors_ = false;
    std::vector<Diagnostic> all_;
    Diagnostic not_taken_{};  // takes the notes of what was over the limit or a repetition
};

// As the terminal shows it, ending in a line break; see docs/language.md, "Diagnostics".
enum class Style : std::uint8_t { plain, coloured };  // in colours as terminals have them
std::string render(const Sources& sources, const Diagnostic& diagnostic,
                   Style style = Style::plain);
// "ERROR: TEXT" or "WARNING: TEXT".
std::string render_head(Severity severity, std::string_view text, Style style);
// " +-  note: TEXT at FILE:LINE:COLUMN"; of what has no place, without one.
std::string render_note(const Sources& sources, const Note& note);
// " +-  at FILE:LINE:COLUMN", the source line and the underline.
std::string render_place(const Sources& sources, Span where, Style style = Style::plain);

}  // namespace reowolf::diagnostics
