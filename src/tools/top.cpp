// SPDX-License-Identifier: MIT
// reowolf top: what the components of a running program are doing.
#include <algorithm>
#include <cstdint>
#include <expected>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "inspection/question.hpp"
#include "system/local_socket.hpp"
#include "system/process.hpp"
#include "system/screen.hpp"
#include "tools/commands.hpp"
#include "tools/picture.hpp"
#include "tools/reporting.hpp"
#include "tools/table.hpp"

namespace reowolf::tools {
namespace {

using inspection::Question;
using system::Screen;

constexpr std::int64_t answer_ms_max = 3'000;  // programs that can answer at all take up to two
constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;
constexpr std::int64_t refresh_ms = 1'000;

struct Options {
    std::string process;  // and perhaps which of its sockets; empty: the only one
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

// A process has a socket for each program, connector or runtime that can be asked.
bool is_meant(const std::string& process, const std::string& socket) {
    return process.contains('.') ? socket == process
                                 : std::to_string(system::process_of(socket)) == process;
}

std::vector<std::string> sockets_meant(const std::string& folder, const std::string& process) {
    auto sockets = system::living_sockets(folder);
    std::erase_if(sockets, [&](const std::string& each) { return !is_meant(process, each); });
    return sockets;
}

// Why nothing that is meant can be asked.
void complain_of_silence(const std::string& folder, const std::string& process) {
    const std::string number = std::to_string(system::process_of(process));
    const auto others = sockets_meant(folder, number);
    if (!others.empty()) {
        complain(fmt::format("process {} has nothing that is called {}; the last is {}", number,
                             process, others.back()));
    } else if (!system::is_running(system::process_of(process))) {
        complain(fmt::format("there is no process {}", number));
    } else {
        complain(fmt::format(
            "process {} cannot be asked. Besides 'reowolf run' and 'reowolf peer', programs with "
            "connectors or runtimes can, once these are there, if they were started with "
            "REOWOLF_INSPECT=1 in their environment, by the same user",
            number));
    }
}

void list(const std::string& folder, const std::vector<std::string>& sockets) {
    std::vector<std::vector<std::string>> rows = {{"process", "for", "program", ""}};
    for (const std::string& socket : sockets) {
        const auto picture = look(fmt::format("{}/{}", folder, socket), {});
        if (!picture) continue;
        const inspection::Subject& of = picture->subject;
        rows.push_back({printable(socket), fmt::format("{:.1f} s", of.seconds), printable(of.file),
                        name_in_program(of)});
    }
    print(table(rows, ">><<"));
}

// The only process that can be asked. If there are several, they are shown.
std::optional<std::string> only_process(const std::string& folder, int& status) {
    const auto sockets = system::living_sockets(folder);
    status = 1;
    if (sockets.empty()) {
        complain(
            "no program is running that can be asked; 'reowolf run' runs one, and others can be if "
            "they are started with REOWOLF_INSPECT=1 in their environment");
        return std::nullopt;
    }
    std::string first = std::to_string(system::process_of(sockets.front()));
    const auto is_of_first = [&](const std::string& each) { return is_meant(first, each); };
    if (std::ranges::all_of(sockets, is_of_first)) return first;
    list(folder, sockets);
    complain("several programs are running; say which: reowolf top PROCESS");
    status = 2;
    return std::nullopt;
}

int show_once(const std::string& folder, const std::vector<std::string>& sockets,
              const Options& options) {
    const Question question{.first = 0, .lines = options.lines, .wants_events = options.events};
    int status = 0;
    bool is_first = true;
    for (const std::string& socket : sockets) {
        const auto answer = ask(fmt::format("{}/{}", folder, socket), question);
        if (answer && options.json) {
            fmt::print("{}\n", *answer);
            continue;
        }
        const auto picture =
            answer ? read_picture(*answer)
                   : std::expected<Picture, std::string>(std::unexpected(answer.error()));
        if (!picture) {
            complain(fmt::format("process {}: {}", socket, picture.error()));
            status = 1;
            continue;
        }
        if (picture->is_silent) status = 1;
        if (!std::exchange(is_first, false)) fmt::print("\n");
        if (options.events && !picture->is_silent) {
            if (sockets.size() > 1) fmt::print("{}\n", headline(picture->subject));
            for (const std::string& line : picture->events) fmt::print("{}\n", printable(line));
        } else {
            print(picture_as_text(*picture, nullptr, 0));
        }
    }
    return status;
}

// What all that a process has are doing: by socket.
using Pictures = std::map<std::string, Picture>;

// What comes before the component with number `first`, counted over all, is left out.
std::vector<std::string> all_as_text(const std::vector<std::string>& sockets, const Pictures& now,
                                     const Pictures& before, std::size_t first) {
    std::vector<std::string> lines;
    for (const std::string& socket : sockets) {
        const auto picture = now.find(socket);
        if (picture == now.end()) continue;
        const std::size_t alive = picture->second.alive;
        const bool is_left_out = first > 0 && first >= alive && socket != sockets.back();
        if (!is_left_out) {
            if (!lines.empty()) lines.emplace_back();
            const auto earlier = before.find(socket);
            const bool is_known = earlier != before.end() && !earlier->second.is_silent;
            std::ranges::move(
                picture_as_text(picture->second, is_known ? &earlier->second : nullptr, first),
                std::back_inserter(lines));
        }
        first -= std::min(first, alive);
    }
    return lines;
}

int show_again_and_again(const std::string& folder, const std::string& process) {
    auto screen = std::make_unique<Screen>();
    std::vector<std::string> sockets;
    Pictures now;
    Pictures before;
    std::size_t first = 0;
    while (true) {
        // Connectors come and go.
        const auto sockets_now = sockets_meant(folder, process);
        Pictures pictures;
        std::size_t alive = 0;
        for (const std::string& socket : sockets_now) {
            // What is beyond the screen is asked for only when it is looked at.
            const Question question{.first = first - std::min(first, alive),
                                    .lines = screen->height(),
                                    .wants_events = false};
            auto picture = look(fmt::format("{}/{}", folder, socket), question);
            if (!picture) continue;
            alive += picture->alive;
            pictures.emplace(socket, std::move(*picture));
        }
        if (pictures.empty()) {
            screen.reset();
            print(all_as_text(sockets, now, {}, first));
            fmt::print("\nthe program has ended\n");
            return 0;
        }
        sockets = sockets_now;
        now = std::move(pictures);
        auto lines = all_as_text(sockets, now, before, first);
        lines.front() += "    q leaves, arrows scroll";
        if (lines.size() > screen->height()) lines.resize(screen->height());
        screen->show(lines);
        const std::size_t page = std::max<std::size_t>(screen->height() / 2, 1);
        const std::size_t last = alive == 0 ? 0 : alive - 1;
        const auto key = screen->wait(refresh_ms);
        if (key == Screen::Key::leave) return 0;
        if (key == Screen::Key::up) first -= std::min<std::size_t>(first, 1);
        if (key == Screen::Key::page_up) first -= std::min(first, page);
        if (key == Screen::Key::down) first = std::min(first + 1, last);
        if (key == Screen::Key::page_down) first = std::min(first + page, last);
        if (key == Screen::Key::home) first = 0;
        // Rates are of a whole second.
        if (key == Screen::Key::none) before = now;
    }
}

int top(const Options& options) {
    const auto folder = system::local_socket_folder();
    if (!folder) {
        complain(folder.error());
        return 1;
    }
    int status = 0;
    const auto process =
        options.process.empty() ? only_process(*folder, status) : std::optional(options.process);
    if (!process) return status;
    const auto sockets = sockets_meant(*folder, *process);
    if (sockets.empty()) {
        complain_of_silence(*folder, *process);
        return 1;
    }
    const bool is_live = !options.once && !options.events && !options.json;
    return is_live && Screen::is_possible() ? show_again_and_again(*folder, *process)
                                            : show_once(*folder, sockets, options);
}

}  // namespace

void add_top(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("top", "show what the components of a running program are doing");
    command
        ->add_option("PROCESS", options->process,
                     "its number; not needed if only one program is running. As NUMBER.2 one of "
                     "the connectors or runtimes that it has")
        ->check(CLI::Validator(
            [](const std::string& text) -> std::string {
                const std::uint64_t number = system::process_of(text);
                const std::string process = std::to_string(number);
                const bool is_one = number != 0 && text.starts_with(process) &&
                                    (text.size() == process.size() || text[process.size()] == '.');
                return is_one ? "" : fmt::format("{} is not the number of a process", text);
            },
            ""))
        ->type_name("");
    command->add_flag("--once", options->once,
                      "once, as text; so it is anyway if no terminal looks on");
    command->add_flag("--events", options->events, "what happened last, instead");
    command->add_flag("--json", options->json,
                      "once, as an object of JSON, or several, a line each");
    command->add_option("--lines", options->lines, "how many components at most (200)")
        ->check(CLI::Range(1, 10'000))
        ->type_name("N");
    command->callback([options, &status] { status = top(*options); });
}

}  // namespace reowolf::tools
