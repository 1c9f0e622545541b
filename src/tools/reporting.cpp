// SPDX-License-Identifier: MIT
#include "tools/reporting.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "diagnostics/json.hpp"

namespace reowolf::tools {
namespace {

// Of the whole process, like the streams that it is about.
bool as_json = false;

diagnostics::Style style() {
    static const bool coloured = [] {
        const char* terminal = std::getenv("TERM");
        const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
        return isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr && !dumb;
    }();
    return coloured ? diagnostics::Style::coloured : diagnostics::Style::plain;
}

void say(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

void add_diagnostics_option(CLI::App& command) {
    command
        .add_option_function<std::string>(
            "--diagnostics", [](const std::string& form) { as_json = form == "json"; },
            "how errors and warnings are shown: text, or json, an object a line")
        ->check(CLI::IsMember({"text", "json"}))
        ->type_name("FORM");
}

void show(const diagnostics::Sources& sources, const diagnostics::Diagnostics& diagnostics) {
    for (const auto& each : diagnostics.all()) {
        say(as_json ? diagnostics::render_json(sources, each)
                    : diagnostics::render(sources, each, style()));
    }
}

void show_runtime_error(const diagnostics::Sources& sources, std::string_view message, Span where,
                        std::span<const diagnostics::TraceLine> trace,
                        std::span<const diagnostics::Note> notes) {
    say(as_json
            ? diagnostics::render_json_runtime_error(sources, message, where, trace, notes)
            : diagnostics::render_runtime_error(sources, message, where, trace, notes, style()));
}

void complain(const std::string& text) {
    say(as_json ? diagnostics::render_json(text) : fmt::format("ERROR: {}\n", text));
}

}  // namespace reowolf::tools
