// SPDX-License-Identifier: MIT
// reowolf top: what the components of a running program are doing.
#include <algorithm>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "system/local_socket.hpp"
#include "system/screen.hpp"
#include "tools/commands.hpp"
#include "tools/inspection.hpp"
#include "tools/picture.hpp"
#include "tools/reporting.hpp"
#include "tools/table.hpp"

namespace reowolf::tools {
namespace {

using system::Screen;

constexpr std::int64_t answer_ms_max = 10'000;
constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;
constexpr std::int64_t refresh_ms = 1'000;

struct Options {
    std::optional<std::uint32_t> process;
    std::size_t lines = 200;
    bool once = false;
    bool events = false;
    bool json = false;
};

// One line of JSON. The error says why there is none.
std::expected<std::string, std::string> ask(const std::string& path, const Question& question) {
    auto connected = system::LocalSocket::connect(path);
    if (!connected) return std::unexpected(std::move(connected.error()));
    std::optional<std::string> answer;
    if (connected->send(as_json(question) + '\n')) {
        answer = connected->receive_line(answer_bytes_max, answer_ms_max);
    }
    if (!answer) return std::unexpected("it does not answer");
    return std::move(*answer);
}

std::expected<Picture, std::string> look(const std::string& path, const Question& question) {
    const auto answer = ask(path, question);
    if (!answer) return std::unexpected(answer.error());
    return read_picture(*answer);
}

void print(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) fmt::print("{}\n", line);
}

// The only program that runs. If there are several, they are shown.
std::optional<std::string> only_program(const std::string& folder, int& status) {
    const auto names = system::living_sockets(folder);
    status = 1;
    if (names.empty()) {
        complain("no program is running; 'reowolf run' runs one");
        return std::nullopt;
    }
    if (names.size() == 1) return names.front();
    std::vector<std::vector<std::string>> rows = {{"process", "for", "program", ""}};
    for (const std::string& name : names) {
        const auto picture = look(fmt::format("{}/{}", folder, name), {});
        if (!picture) continue;
        const Subject& of = picture->subject;
        rows.push_back({printable(name), fmt::format("{:.1f} s", of.seconds), printable(of.file),
                        printable(of.component)});
    }
    print(table(rows, ">><<"));
    complain("several programs are running; say which: reowolf top PROCESS");
    status = 2;
    return std::nullopt;
}

int show_once(const std::string& path, const Options& options) {
    const Question question{.first = 0, .lines = options.lines, .wants_events = options.events};
    const auto answer = ask(path, question);
    if (!answer) {
        complain(answer.error());
        return 1;
    }
    if (options.json) {
        fmt::print("{}\n", *answer);
        return 0;
    }
    const auto picture = read_picture(*answer);
    if (!picture) {
        complain(picture.error());
        return 1;
    }
    if (options.events) {
        for (const std::string& line : picture->events) fmt::print("{}\n", printable(line));
    } else {
        print(picture_as_text(*picture, nullptr, 0));
    }
    return 0;
}

int show_again_and_again(const std::string& path) {
    auto screen = std::make_unique<Screen>();
    std::optional<Picture> before;
    std::size_t first = 0;
    while (true) {
        // What is beyond the screen is asked for only when it is looked at.
        const Question question{.first = first, .lines = screen->height(), .wants_events = false};
        auto picture = look(path, question);
        if (!picture) {
            screen.reset();
            if (!before) {
                complain(picture.error());
                return 1;
            }
            print(picture_as_text(*before, nullptr, first));
            fmt::print("\nthe program has ended\n");
            return 0;
        }
        auto lines = picture_as_text(*picture, before ? &*before : nullptr, first);
        lines.front() += "    q leaves, arrows scroll";
        if (lines.size() > screen->height()) lines.resize(screen->height());
        screen->show(lines);
        const std::size_t page = std::max<std::size_t>(screen->height() / 2, 1);
        const std::size_t last = picture->alive == 0 ? 0 : picture->alive - 1;
        const auto key = screen->wait(refresh_ms);
        if (key == Screen::Key::leave) return 0;
        if (key == Screen::Key::up) first -= std::min<std::size_t>(first, 1);
        if (key == Screen::Key::page_up) first -= std::min(first, page);
        if (key == Screen::Key::down) first = std::min(first + 1, last);
        if (key == Screen::Key::page_down) first = std::min(first + page, last);
        if (key == Screen::Key::home) first = 0;
        // Rates are of a whole second.
        if (key == Screen::Key::none) before = std::move(*picture);
    }
}

int top(const Options& options) {
    const auto folder = system::local_socket_folder();
    if (!folder) {
        complain(folder.error());
        return 1;
    }
    int status = 0;
    const auto name = options.process ? std::optional(std::to_string(*options.process))
                                      : only_program(*folder, status);
    if (!name) return status;
    const std::string path = *folder + '/' + *name;
    if (options.process && !system::LocalSocket::connect(path)) {
        complain(fmt::format("no program of this user is running as process {}", *name));
        return 1;
    }
    const bool is_live = !options.once && !options.events && !options.json;
    return is_live && Screen::is_possible() ? show_again_and_again(path) : show_once(path, options);
}

}  // namespace

void add_top(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("top", "show what the components of a running program are doing");
    command
        ->add_option("PROCESS", options->process,
                     "its number; not needed if only one program is running")
        ->type_name("");
    command->add_flag("--once", options->once,
                      "once, as text; so it is anyway if no terminal looks on");
    command->add_flag("--events", options->events, "what happened last, instead");
    command->add_flag("--json", options->json, "once, as an object of JSON");
    command->add_option("--lines", options->lines, "how many components at most (200)")
        ->check(CLI::Range(1, 10'000))
        ->type_name("N");
    command->callback([options, &status] { status = top(*options); });
}

}  // namespace reowolf::tools
