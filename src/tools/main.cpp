// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "check/spelling.hpp"
#include "tools/commands.hpp"
#include "tools/reporting.hpp"

namespace {

std::string names_of_commands(CLI::App& app) {
    std::string names;
    const auto commands = app.get_subcommands(nullptr);
    for (const CLI::App* command : commands) {
        if (!names.empty()) names += command == commands.back() ? " and " : ", ";
        names += '\'' + command->get_name() + '\'';
    }
    return names;
}

// What is opened next must not become one of the standard streams. Nothing can be read from such a
// descriptor, and nothing be written to it.
void open_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) != -1) continue;
        (void)::open("/dev/null", O_RDONLY);  // the lowest number that is free
    }
}

// Whether all that was written to standard output has got there. If not, says so.
bool output_is_complete() {
    errno = 0;
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
    reowolf::tools::complain(fmt::format("cannot write all of standard output{}{}",
                                         errno == 0 ? "" : ": ",
                                         errno == 0 ? "" : std::strerror(errno)));
    return false;
}

}  // namespace

int main(int argument_count, char** arguments) {
    open_standard_streams();
    CLI::App app("Reowolf: compiles and runs protocol descriptions written in PDL", "reowolf");
    app.get_formatter()->label("REQUIRED", "");
    app.set_version_flag("--version", "reowolf " REOWOLF_VERSION);
    app.require_subcommand(1);
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return fmt::format("ERROR: {}\nRun 'reowolf --help' to see how it is called.\n",
                           error.what());
    });
    int status = 0;
    reowolf::tools::add_run(app, status);
    reowolf::tools::add_eval(app, status);
    reowolf::tools::add_check(app, status);
    reowolf::tools::add_fmt(app, status);
    reowolf::tools::add_graph(app, status);
    reowolf::tools::add_peer(app, status);
    reowolf::tools::add_services(app, status);
    reowolf::tools::add_top(app, status);
    if (argument_count < 2) {
        fmt::print(stderr, "ERROR: no command given; there are {}\n", names_of_commands(app));
        return 2;
    }
    const std::string first = arguments[1];
    std::vector<std::string> known;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        known.push_back(command->get_name());
    }
    const std::vector<std::string> options = {"-h", "--help", "--version"};
    if (first.starts_with('-') && std::ranges::find(options, first) == options.end()) {
        fmt::print(stderr, "ERROR: there is no option '{}'; options of a command stand after it\n",
                   first);
        return 2;
    }
    if (!first.starts_with('-') && std::ranges::find(known, first) == known.end()) {
        const std::string guess = reowolf::check::did_you_mean(first, {known.begin(), known.end()});
        fmt::print(stderr, "ERROR: there is no command '{}'{}\n", first,
                   guess.empty() ? "; there are " + names_of_commands(app) : guess);
        return 2;
    }
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return output_is_complete() ? status : std::max(status, 1);
}
