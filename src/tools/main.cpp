// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tools/commands.hpp"

namespace {

bool is_command(CLI::App& app, std::string_view name) {
    const auto named = [&](CLI::App* command) { return command->get_name() == name; };
    return !app.get_subcommands(named).empty();
}

}  // namespace

int main(int argument_count, char** arguments) {
    CLI::App app("Reowolf: compiles and runs protocol descriptions written in PDL");
    app.set_version_flag("--version", "reowolf " REOWOLF_VERSION);
    app.require_subcommand(1);
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return fmt::format("ERROR: {}\nRun 'reowolf --help' to see how it is called.\n",
                           error.what());
    });
    int status = 0;
    reowolf::tools::add_check(app, status);
    reowolf::tools::add_run(app, status);
    if (argument_count < 2) {
        fmt::print(stderr, "ERROR: no command given; there are 'check' and 'run'\n");
        return 2;
    }
    const std::string_view first = arguments[1];
    if (!first.starts_with('-') && !is_command(app, first)) {
        fmt::print(stderr, "ERROR: there is no command '{}'; there are 'check' and 'run'\n", first);
        return 2;
    }
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
