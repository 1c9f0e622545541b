// SPDX-License-Identifier: MIT
// The subcommands of reowolf, one file each. Each function below adds its own to the application;
// what it is to do it does when it is parsed, and leaves the exit status in `status`.
#pragma once

#include <CLI/CLI.hpp>

namespace reowolf::tools {

// 0: fine. 1: it ran and failed. 2: the text has errors, or the command was called wrongly.
void add_check(CLI::App& app, int& status);
void add_eval(CLI::App& app, int& status);
void add_fmt(CLI::App& app, int& status);
void add_graph(CLI::App& app, int& status);
void add_peer(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);
void add_services(CLI::App& app, int& status);
void add_top(CLI::App& app, int& status);

}  // namespace reowolf::tools
