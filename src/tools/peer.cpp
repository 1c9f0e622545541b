// SPDX-License-Identifier: MIT
// reowolf peer: a peer of a connector whose ports are lines of standard input and output.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "connector/connector.hpp"
#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"
#include "system/event.hpp"
#include "system/lines.hpp"
#include "tools/commands.hpp"
#include "tools/compile_file.hpp"
#include "tools/literals.hpp"

namespace reowolf::tools {
namespace {

using connector::Fault;

// So many lines of the input wait for a port before no more are read.
constexpr std::size_t lines_waiting_max = 1'000;
// Nothing fits now; that changes only when a peer does something else, so it is tried again.
constexpr std::int64_t pause_ms_min = 10;
constexpr std::int64_t pause_ms_max = 500;
// After so long without a round it matters whether there is more input, behind what waits.
constexpr std::chrono::milliseconds patience(1'000);

struct Options {
    std::string file;
    std::string name;
    std::optional<std::int64_t> timeout_ms;
    bool shows_progress = false;
};

// The same text with `self NAME;`, whatever stood there.
std::string with_self(const diagnostics::Sources& sources, std::uint32_t source,
                      const std::string& name) {
    const Limits limits;
    diagnostics::Diagnostics diagnostics(limits);
    std::string text(sources.text(source));
    const auto tree = syntax::parse(
        sources, source, syntax::lex(sources, source, diagnostics, limits), diagnostics, limits);
    if (tree.self) {
        const Span span = tree.self->span;
        return text.replace(span.begin, span.end - span.begin, name);
    }
    return text + "\nself " + name + ";\n";
}

class Peer {
  public:
    Peer(const CompiledFile& file, std::size_t number, const Options& options)
        : program_(file.program),
          peer_(file.program.connector->peers[number]),
          options_(options),
          connector_(connector::Class::logical),
          text_(with_self(file.sources, file.source, options.name)) {
        for (const program::PeerPort& each : peer_.ports) {
            const program::Type& type = program_.types[each.type];
            ports_.push_back({.name = each.name,
                              .type = type.element,
                              .puts = type.kind == program::TypeKind::in_port,
                              .waiting = {},
                              .is_open = true});
        }
    }

    int run() {
        // Others are told of places in it too, and have no business with its folder.
        const std::string source_name = std::filesystem::path(options_.file).filename().string();
        if (const auto status = connector_.configure(text_, source_name); !status) {
            return fail(status.error(), 2);
        }
        if (options_.timeout_ms) connector_.options().connect_timeout_ms = *options_.timeout_ms;
        connector_.options().on_progress = [this](const connector::Progress& progress) {
            tell(progress);
        };
        connector_.options().asked_as = options_.file;
        tell_whom_it_waits_for();
        if (const auto status = connector_.connect(); !status) return fail(status.error(), 1);
        tell("connected");
        last_round_ = std::chrono::steady_clock::now();
        std::int64_t pause_ms = pause_ms_min;
        std::string why_not;
        for (;;) {
            read_lines();
            close_what_is_over();
            say_whether_that_is_all();
            const auto prepared = prepare();
            if (!prepared) return fail(prepared.error(), 1);
            if (!*prepared) {  // all ports are closed
                if (const auto loss = connector_.loss()) return fail(*loss, 1);
                tell_what_is_left("all ports are closed");
                return has_failed_ ? 1 : 0;
            }
            const auto round = await();
            if (round) {
                print_round();
                if (*round) {  // the protocol has ended
                    for (Port& port : ports_) forget(port);
                    tell_what_is_left("the protocol has ended");
                    return has_failed_ ? 1 : 0;
                }
                pause_ms = pause_ms_min;
                why_not.clear();
                last_words_.reset();
                last_round_ = std::chrono::steady_clock::now();
                continue;
            }
            // Those who are still there may do something else.
            const bool fits_not = round.error().fault == Fault::unsatisfiable ||
                                  round.error().fault == Fault::peer_left;
            if (!fits_not && round.error().fault != Fault::timed_out) {
                return fail(round.error(), 1);
            }
            // Why nothing fits says more than that the time is over.
            if (fits_not) why_not = round.error().text;
            if (is_late()) {
                complain(fmt::format("no round within {} ms: {}", *options_.timeout_ms,
                                     why_not.empty() ? round.error().text : why_not));
                return 1;
            }
            forget_closed();
            if (fits_not && is_for_ever()) {
                complain(why_not);
                return 1;
            }
            if (fits_not) {
                lines_.wait(wants_lines(), -1, pause_ms);
                pause_ms = std::min(2 * pause_ms, pause_ms_max);
            }
        }
    }

  private:
    struct Port {
        std::string name;
        program::TypeId type = 0;
        bool puts = false;  // lines of the input go into it
        std::deque<std::vector<std::byte>> waiting;
        bool is_open = true;
    };

    static int fail(const connector::Failure& failure, int status) {
        if (failure.text.starts_with("ERROR"))
            fmt::print(stderr, "{}", failure.text);
        else
            complain(failure.text);
        return status;
    }

    // For people, who may wonder why nothing happens.
    void tell(std::string_view text) const {
        if (options_.shows_progress || system::is_terminal(2)) fmt::print(stderr, "{}\n", text);
    }
    // Of what is large, once a second and at its end.
    void tell(const connector::Progress& progress) {
        using Kind = connector::Progress::Kind;
        switch (progress.kind) {
            case Kind::listening:
                return tell(fmt::format("'{}' listens at {}", progress.peer, progress.text));
            case Kind::connecting:
                return tell(fmt::format("'{}': {} ({} of {})", progress.peer, progress.text,
                                        progress.done, progress.total));
            case Kind::sending:
            case Kind::receiving:
                break;
        }
        const auto now = std::chrono::steady_clock::now();
        if (progress.done < progress.total && now - last_told_ < std::chrono::seconds(1)) return;
        last_told_ = now;
        tell(fmt::format("{} '{}': {} of {} KiB", progress.kind == Kind::sending ? "to" : "from",
                         progress.peer, progress.done >> 10, progress.total >> 10));
    }
    void tell_whom_it_waits_for() const {
        std::string others;
        for (const program::Peer& each : program_.connector->peers) {
            if (each.name == options_.name) continue;
            others += fmt::format("{}'{}' at {}", others.empty() ? "" : ", ", each.name,
                                  each.address.text);
        }
        tell(fmt::format("'{}' waits for {}", options_.name, others));
    }

    bool is_late() const {
        if (!options_.timeout_ms || *options_.timeout_ms < 0) return false;
        return std::chrono::steady_clock::now() - last_round_ >=
               std::chrono::milliseconds(*options_.timeout_ms);
    }

    bool is_at_a_loss() const { return std::chrono::steady_clock::now() - last_round_ >= patience; }

    // Whether another line could be of use, or its absence.
    bool wants_lines() const { return wants_lines(is_at_a_loss()); }
    bool wants_lines(bool reads_ahead) const {
        if (lines_.is_over()) return false;
        const auto is_full = [](const Port& port) {
            return port.waiting.size() >= lines_waiting_max;
        };
        const auto is_in_want = [&](const Port& port) {
            return port.puts && port.is_open && (port.waiting.empty() || reads_ahead);
        };
        return std::ranges::any_of(ports_, is_in_want) && std::ranges::none_of(ports_, is_full);
    }

    // Others who wait in vain are to know whether this peer will offer anything else, by itself.
    void say_whether_that_is_all() {
        const bool is_all = !wants_lines(true);
        if (std::exchange(said_last_, is_all) != is_all) connector_.say_last(is_all);
    }

    // Nothing fits a line, and no peer will ever offer anything else: so it was before this try,
    // and so it is now.
    bool is_for_ever() {
        const auto waits = [](const Port& port) { return !port.waiting.empty(); };
        if (!said_last_ || !is_at_a_loss() || !std::ranges::any_of(ports_, waits)) return false;
        const auto before = std::exchange(last_words_, connector_.last_words());
        return last_words_ && before == last_words_;
    }

    void read_lines() {
        while (wants_lines()) {
            const auto line = lines_.take();
            if (!line) break;
            ++line_number_;
            std::string error;
            if (accept(*line, error)) continue;
            complain(fmt::format("line {} of the input: {}", line_number_, error));
            has_failed_ = true;
        }
    }

    bool accept(std::string_view line, std::string& error) {
        if (trimmed(line).empty()) return true;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            error = "expected 'port: value'";
            return false;
        }
        const std::string name(trimmed(line.substr(0, colon)));
        const auto port = std::ranges::find_if(
            ports_, [&](const Port& each) { return each.puts && each.name == name; });
        if (port == ports_.end()) {
            error = fmt::format("'{}' has no port '{}' to put into", options_.name, name);
            return false;
        }
        if (!port->is_open) {
            error = fmt::format("port '{}' is closed", name);
            return false;
        }
        const auto value =
            read_literal(std::string(line.substr(colon + 1)), program_, port->type, Limits{});
        if (!value) {
            error = value.error();
            return false;
        }
        machine::PortHandles none;  // no literal is a port
        connector::write_bytes(program_, port->type, *value, none, port->waiting.emplace_back());
        return true;
    }

    // Nothing more comes into them, as a file ends.
    void close_what_is_over() {
        if (!lines_.is_over()) return;
        for (Port& port : ports_) {
            if (!port.puts || !port.is_open || !port.waiting.empty()) continue;
            port.is_open = false;
            if (const auto status = connector_.close(port.name); !status) {
                complain(status.error().text);
                has_failed_ = true;
            }
        }
    }

    // Those whose other end is closed: there will be no round with them any more.
    void forget_closed() {
        for (Port& port : ports_) {
            if (port.is_open && connector_.is_closed(port.name)) forget(port);
        }
    }

    void forget(Port& port) {
        port.is_open = false;
        if (port.waiting.empty()) return;
        const std::size_t count = port.waiting.size();
        complain(fmt::format("port '{}' is closed; nobody takes the last {} for it", port.name,
                             count == 1 ? "line" : fmt::format("{} lines", count)));
        port.waiting.clear();
        has_failed_ = true;
    }

    // Of the input: what is there now, as whoever writes it may be slow, or never end.
    void tell_what_is_left(std::string_view why) {
        std::size_t count = 0;
        for (bool is_more = true; is_more && count <= lines_waiting_max;) {
            is_more = false;
            lines_.wait(true, -1, 0);
            while (const auto line = lines_.take()) {
                is_more = true;
                if (!trimmed(*line).empty()) ++count;
            }
        }
        if (count == 0) return;
        const std::string lines = count == 1                  ? "1 line"
                                  : count > lines_waiting_max ? "the rest"
                                                              : fmt::format("{} lines", count);
        fmt::print(stderr, "WARNING: {} of the input {} not used: {}\n", lines,
                   count == 1 || count > lines_waiting_max ? "was" : "were", why);
    }

    // Offers the next line of each port, and takes what comes out of the others. False: there is
    // nothing to do any more.
    std::expected<bool, connector::Failure> prepare() {
        bool anything = false;
        for (Port& port : ports_) {
            if (!port.is_open) continue;
            anything = true;
            const std::size_t size = machine::fixed_size(program_, port.type);
            const connector::Room room{nullptr,
                                       size != 0 ? size : std::numeric_limits<std::size_t>::max()};
            if (port.puts && port.waiting.empty()) continue;
            const auto status = port.puts ? connector_.offer(port.name, port.waiting.front())
                                          : connector_.poll(port.name, room);
            // A port that has been closed meanwhile is forgotten after the round.
            if (!status && !connector_.is_closed(port.name)) return std::unexpected(status.error());
        }
        return anything;
    }

    // Until a round has happened, or a line comes that could make one possible.
    std::expected<bool, connector::Failure> await() {
        has_ended_ = false;
        connector_.options().sync_timeout_ms = remaining_ms();
        const auto status = connector_.start([this] {
            has_ended_ = true;
            news_.set();
        });
        if (!status) return std::unexpected(status.error());
        news_.clear();
        if (!has_ended_) lines_.wait(wants_lines(), news_.descriptor(), until_at_a_loss_ms());
        connector_.interrupt();
        return connector_.finish();
    }

    // -1: it is, or lines are wanted anyway.
    std::int64_t until_at_a_loss_ms() const {
        if (wants_lines() || lines_.is_over() || is_at_a_loss()) return -1;
        const auto passed = std::chrono::steady_clock::now() - last_round_;
        return std::chrono::ceil<std::chrono::milliseconds>(patience - passed).count();
    }

    std::int64_t remaining_ms() const {
        if (!options_.timeout_ms || *options_.timeout_ms < 0) return -1;
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - last_round_);
        return std::max<std::int64_t>(*options_.timeout_ms - passed.count(), 0);
    }

    void print_round() {
        for (const auto& fired : connector_.fired()) {
            const auto port = std::ranges::find(ports_, fired.port, &Port::name);
            if (!fired.came_in) {
                port->waiting.pop_front();
                continue;
            }
            machine::PortHandles none;
            const auto value =
                connector::value_of(program_, port->type, fired.bytes, Limits{}, none);
            if (!value) continue;
            fmt::print("{}: {}\n", port->name, machine::literal(program_, port->type, *value));
        }
        std::fflush(stdout);
    }

    const program::Program& program_;
    const program::Peer& peer_;
    const Options& options_;
    // What other threads use, so it is there until those have ended.
    system::Event news_;  // a round has ended
    std::atomic<bool> has_ended_ = false;
    connector::Connector connector_;
    std::string text_;
    std::vector<Port> ports_;
    system::Lines lines_{0};
    std::chrono::steady_clock::time_point last_round_;
    std::chrono::steady_clock::time_point last_told_;
    int line_number_ = 0;
    bool said_last_ = false;
    std::optional<std::uint64_t> last_words_;  // of all peers, at the last try
    bool has_failed_ = false;
};

int peer(const Options& options) {
    if (options.file == "-") {
        complain("the description cannot be standard input, which is for the ports");
        return 2;
    }
    const auto file = compile_file(options.file, {}, Limits{});
    if (!file) return 2;
    if (!file->program.connector) {
        complain(fmt::format("{} has no connector", options.file));
        return 2;
    }
    const auto& peers = file->program.connector->peers;
    const auto self = std::ranges::find(peers, options.name, &program::Peer::name);
    if (self == peers.end()) {
        std::string names;
        for (const auto& each : peers) {
            names += fmt::format("{}'{}'", names.empty() ? "" : ", ", each.name);
        }
        complain(fmt::format("connector '{}' has no peer '{}'; there are {}",
                             file->program.connector->name, options.name, names));
        return 2;
    }
    return Peer(*file, static_cast<std::size_t>(self - peers.begin()), options).run();
}

}  // namespace

void add_peer(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("peer", "be a peer of a connector, with lines for ports");
    command
        ->add_option("DESCRIPTION", options->file,
                     "a PDL file with a connector; 'self' may be missing")
        ->required();
    command->add_option("--as", options->name, "which of the peers this is")->required();
    command->add_option("--timeout", options->timeout_ms,
                        "milliseconds to wait for the other peers, and then for each round");
    command->add_flag("--progress", options->shows_progress,
                      "say on standard error who is there, and how far large values are;\n"
                      "as is done anyway when that is a terminal");
    command->footer(
        "Lines 'port: value' of standard input are offered at the ports that are put\n"
        "into, the next one of each port at a time; what comes out of the others is\n"
        "printed as such lines.");
    command->callback([options, &status] { status = peer(*options); });
}

}  // namespace reowolf::tools
