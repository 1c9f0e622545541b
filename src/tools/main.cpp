// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>

#include "tools/commands.hpp"

int main(int argument_count, char** arguments) {
    CLI::App app("Reowolf: compiles and runs protocol descriptions written in PDL");
    app.set_version_flag("--version", "reowolf " REOWOLF_VERSION);
    app.require_subcommand(1);
    int status = 0;
    reowolf::tools::add_check(app, status);
    reowolf::tools::add_run(app, status);
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
