// SPDX-License-Identifier: MIT
// What the command has to say about texts and runs, on standard error: for people, in colours if
// they look at a terminal, or for programs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"
#include "diagnostics/source.hpp"

namespace reowolf::tools {

// Adds `--diagnostics text|json` to a subcommand. It decides how everything is shown.
void add_diagnostics_option(CLI::App& command);

void show(const diagnostics::Sources& sources, const diagnostics::Diagnostics& diagnostics);
void show_runtime_error(const diagnostics::Sources& sources, std::string_view message, Span where,
                        std::span<const diagnostics::TraceLine> trace,
                        std::span<const diagnostics::Note> notes);
// What has no place in a text.
void complain(const std::string& text);

}  // namespace reowolf::tools
