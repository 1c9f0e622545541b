// SPDX-License-Identifier: MIT
// Diagnostics for programs: an object of JSON a line.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"

namespace reowolf::diagnostics {

// {"severity": "error", "code": "cannot_apply", "message": …, "file": …, "line": 4, "column": 18,
// "end_line": 4, "end_column": 23, "notes": [{"message": …, "file": …, …}]}. Lines and columns
// count from 1; the end is the column after the last one.
std::string render_json(const Sources& sources, const Diagnostic& diagnostic);
// The same, with "code": "runtime_error" and "trace": [{"kind": "component", "name": …, "file": …,
// "line": …, …}], innermost first.
std::string render_json_runtime_error(const Sources& sources, std::string_view message, Span where,
                                      std::span<const TraceLine> trace,
                                      std::span<const Note> notes);
// What has no place in a text: {"severity": "error", "message": …, "notes": []}.
std::string render_json(std::string_view message);

}  // namespace reowolf::diagnostics
