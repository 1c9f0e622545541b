// SPDX-License-Identifier: MIT
// reowolf run: runs a program within this process.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"
#include "runtime/runtime.hpp"
#include "tools/commands.hpp"
#include "tools/read_source.hpp"
#include "tools/terminal.hpp"

namespace reowolf::tools {
namespace {

struct Options {
    std::string file;
    std::vector<std::string> folders;
    std::string component = "main";
    std::vector<std::string> arguments;
};

void complain(const std::string& text) {
    fmt::print(stderr, "ERROR: {}\n", text);
}

// The program's output is for programs, a line at a time; what went wrong is for people.
class Terminal final : public runtime::World {
  public:
    explicit Terminal(const diagnostics::Sources& sources) : sources_(sources) {}

    void print(std::string_view line) override {
        std::fwrite(line.data(), 1, line.size(), stdout);
        std::fputc('\n', stdout);
        std::fflush(stdout);
    }
    void report(const runtime::Report& report) override {
        std::vector<diagnostics::TraceLine> trace;
        for (const auto& line : report.trace) trace.push_back({line.kind, line.name, line.where});
        std::vector<diagnostics::Note> notes;
        for (const auto& note : report.notes) notes.push_back({note.where, note.text});
        fmt::print(stderr, "{}",
                   diagnostics::render_runtime_error(sources_, report.message, report.where, trace,
                                                     notes));
    }
    void committed(const wire::Decision&) override {}
    // There is no other site and no application.
    void send(wire::SiteId, const wire::Message&) override {}
    void deviation(wire::SiteId, const std::string&) override {}
    void application_committed(std::unique_ptr<runtime::Body>) override {}
    void application_failed(wire::Reason, const std::string&) override {}
    void application_in_doubt(const std::string&) override {}

  private:
    const diagnostics::Sources& sources_;
};

class Run {
  public:
    Run(const program::Program& program, const diagnostics::Sources& sources)
        : program_(program),
          terminal_(sources),
          runtime_(program, limits_, {.self = 0, .sites = {"this process"}, .realtime = {}},
                   terminal_) {}

    // False, and says why, if the component cannot be started like this.
    bool start(program::RoutineId id, const std::vector<std::string>& arguments) {
        const program::Routine& routine = program_.routines[id];
        std::vector<machine::Value> values;
        auto next = arguments.begin();
        for (const program::Parameter& parameter : routine.parameters) {
            const program::Type& type = program_.types[parameter.type];
            if (program::is_port(type.kind)) {
                values.push_back(machine::Value::scalar(open_port(parameter.name, type)));
                continue;
            }
            if (next == arguments.end()) {
                complain(fmt::format("'{}' needs a value for its parameter '{}' of type '{}'",
                                     routine.name, parameter.name,
                                     program_.type_name(parameter.type)));
                return false;
            }
            std::string error;
            auto value = literal(*next++, parameter.type, error);
            if (!value) {
                complain(
                    fmt::format("parameter '{}' of '{}': {}", parameter.name, routine.name, error));
                return false;
            }
            values.push_back(std::move(*value));
        }
        if (next != arguments.end()) {
            complain(fmt::format("'{}' takes no {}argument '{}'", routine.name,
                                 next == arguments.begin() ? "" : "further ", *next));
            return false;
        }
        runtime_.start(id, std::move(values));
        return true;
    }

    int run() {
        do {
            while (runtime_.step()) {
            }
            runtime_.report_stuck();
        } while (feed_line());
        return runtime_.has_failed() || has_bad_input_ ? 1 : 0;
    }

  private:
    struct Feed {
        program::TypeId type;
        machine::PortHandle port;
        runtime::ComponentIndex component;
        std::shared_ptr<PortFeeder::Supply> supply;
    };

    // A parameter that is a port is open to the terminal.
    machine::PortHandle open_port(const std::string& name, const program::Type& type) {
        const auto ends = runtime_.make_channel(type.element);
        if (type.kind == program::TypeKind::out_port) {
            runtime_.start_native(
                "the terminal",
                std::make_unique<PortPrinter>(program_, name, type.element, ends.in), {ends.in});
            return ends.out;
        }
        auto supply = std::make_shared<PortFeeder::Supply>();
        const auto component = runtime_.start_native(
            "the terminal", std::make_unique<PortFeeder>(supply, type.element, ends.out),
            {ends.out});
        feeds_[name] = {type.element, ends.out, component, supply};
        return ends.in;
    }

    std::optional<machine::Value> literal(const std::string& text, program::TypeId type,
                                          std::string& error) {
        const auto compiled = compiler::compile_literal(text, program_, type, error, limits_);
        if (!compiled) {
            const bool is_text = program_.types[type].kind == program::TypeKind::string;
            if (is_text && !text.contains('"')) error += "; a string is written in quotes: \"…\"";
            return std::nullopt;
        }
        machine::State state(*compiled, 0, {});
        std::uint32_t budget = limits_.instructions_per_slice;
        auto result = machine::Machine(*compiled, limits_).run(state, budget);
        if (result.kind == machine::Request::Kind::ended) return std::move(result.value);
        error = fmt::format("'{}' cannot be evaluated", text);
        return std::nullopt;
    }

    // Waits for a line of input and hands it to its port. False: nobody waits for any.
    bool feed_line() {
        const bool awaited = std::ranges::any_of(
            feeds_, [&](const auto& feed) { return !runtime_.is_closed(feed.second.port); });
        if (!awaited) return false;
        std::string line;
        if (!std::getline(std::cin, line)) {
            for (auto& [name, feed] : feeds_) {
                feed.supply->is_over = true;
                runtime_.resume(feed.component);
            }
            feeds_.clear();
            return true;
        }
        ++line_number_;
        std::string error;
        if (!feed(line, error)) {
            complain(fmt::format("line {} of the input: {}", line_number_, error));
            has_bad_input_ = true;
        }
        return true;
    }

    // False, and says why, if the line is not for any port. One that is empty is for nobody.
    bool feed(std::string_view line, std::string& error) {
        if (trimmed(line).empty()) return true;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            error = "expected 'port: value'";
            return false;
        }
        const std::string name(trimmed(line.substr(0, colon)));
        const auto at = feeds_.find(name);
        if (at == feeds_.end()) {
            error = fmt::format("there is no port '{}' to get it; there {}", name, open_ports());
            return false;
        }
        Feed& port = at->second;
        if (runtime_.is_closed(port.port)) {
            error = fmt::format("port '{}' is closed", name);
            return false;
        }
        auto value = literal(std::string(line.substr(colon + 1)), port.type, error);
        if (!value) return false;
        port.supply->waiting.push_back(std::move(*value));
        runtime_.resume(port.component);
        return true;
    }

    static std::string_view trimmed(std::string_view text) {
        constexpr std::string_view blanks = " \t\r";
        const std::size_t begin = text.find_first_not_of(blanks);
        if (begin == std::string_view::npos) return {};
        return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
    }

    // "is 'x'", "are 'x', 'y'"
    std::string open_ports() const {
        std::string names;
        for (const auto& [name, feed] : feeds_) {
            names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
        }
        return (feeds_.size() == 1 ? "is " : "are ") + names;
    }

    Limits limits_;
    const program::Program& program_;
    Terminal terminal_;
    runtime::Runtime runtime_;
    std::map<std::string, Feed> feeds_;
    int line_number_ = 0;
    bool has_bad_input_ = false;
};

bool is_component(const program::Routine& routine) {
    return routine.kind != program::RoutineKind::function &&
           routine.kind != program::RoutineKind::connector;
}

// "; there are 'main', 'worker'", of many only some.
std::string components(const program::Program& program) {
    constexpr int names_max = 10;
    std::string names;
    int count = 0;
    for (const program::Routine& routine : program.routines) {
        if (!is_component(routine) || ++count > names_max) continue;
        names += fmt::format("{}'{}'", names.empty() ? "" : ", ", routine.name);
    }
    if (count == 0) return "";
    return fmt::format("; there {} {}{}", count == 1 ? "is" : "are", names,
                       count > names_max ? ", …" : "");
}

int run(const Options& options) {
    auto text = read_source(options.file);
    if (!text) return 2;
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    const std::uint32_t source = sources.add(options.file, std::move(*text));
    const auto program =
        compiler::compile(sources, source, diagnostics, Limits{}, find_modules(options.folders));
    for (const auto& each : diagnostics.all()) {
        fmt::print(stderr, "{}", diagnostics::render(sources, each));
    }
    if (!program || diagnostics.has_errors()) return 2;
    const auto component = program->find(options.component);
    if (!component || !is_component(program->routines[*component])) {
        complain(fmt::format("{} has no component '{}'{}", options.file, options.component,
                             components(*program)));
        return 2;
    }
    Run running(*program, sources);
    if (!running.start(*component, options.arguments)) return 2;
    return running.run();
}

}  // namespace

void add_run(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("run", "run a program within this process");
    command->add_option("FILE", options->file, "a PDL file; - for standard input")->required();
    command->add_option("-I", options->folders, "a folder to look for imported modules in")
        ->allow_extra_args(false);
    command->add_option("COMPONENT", options->component, "where to start")->capture_default_str();
    command->add_option("ARGS", options->arguments,
                        "literals for its parameters that are no ports; its ports are the "
                        "terminal's: 'port: value' a line");
    command->prefix_command(false)->positionals_at_end(true);
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace reowolf::tools
