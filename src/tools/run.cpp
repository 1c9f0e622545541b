// SPDX-License-Identifier: MIT
// reowolf run: runs a program within this process.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"
#include "inspection/inspection.hpp"
#include "inspection/picture.hpp"
#include "native/library.hpp"
#include "runtime/runtime.hpp"
#include "tools/commands.hpp"
#include "tools/compile_file.hpp"
#include "tools/literals.hpp"
#include "tools/process_outside.hpp"
#include "tools/stats.hpp"
#include "tools/terminal.hpp"
#include "tools/trace.hpp"
#include "workers/islands.hpp"
#include "workers/threads.hpp"

namespace reowolf::tools {
namespace {

constexpr std::uint32_t workers_max = 1'024;

struct Options {
    std::string file;
    std::vector<std::string> folders;
    std::string component = "main";
    std::vector<std::string> arguments;
    std::string dump;
    std::string trace;
    std::string trace_format;
    std::optional<std::uint64_t> seed;
    std::string record;  // empty: none
    std::string stats;   // empty: none
    std::optional<std::uint32_t> workers;
};

// With a seed, what happens is to be the same each time.
std::uint32_t workers_of(const Options& options) {
    return options.workers.value_or(options.seed ? 1 : workers::usual_count());
}

// What happened last before each error, for a start.
class Record {
  public:
    static std::unique_ptr<Record> open(const std::string& path, const runtime::Runtime& runtime,
                                        const diagnostics::Sources& sources) {
        std::FILE* const file = std::fopen(path.c_str(), "w");
        if (file == nullptr) return nullptr;
        return std::unique_ptr<Record>(new Record(file, runtime, sources));
    }
    ~Record() { (void)std::fclose(file_); }
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;

    void add(const std::string& message) {
        constexpr int errors_max = 100;

        if (++errors_ > errors_max) return;
        std::string text;
        for (const std::string& line : inspection::events_as_text(runtime_, sources_, written_)) {
            text += line + '\n';
        }
        written_ = runtime_.recorder().noted();
        text += fmt::format("ERROR: {}\n", message);
        is_whole_ &= std::fwrite(text.data(), 1, text.size(), file_) == text.size() &&
                     std::fflush(file_) == 0;
    }
    // All could be written.
    bool is_whole() const { return is_whole_; }

  private:
    Record(std::FILE* file, const runtime::Runtime& runtime, const diagnostics::Sources& sources)
        : file_(file), runtime_(runtime), sources_(sources) {}

    std::FILE* file_;
    const runtime::Runtime& runtime_;
    const diagnostics::Sources& sources_;
    std::uint64_t written_ = 0;
    int errors_ = 0;
    bool is_whole_ = true;
};

// The program's output is for programs, a line at a time; what went wrong is for people. Several
// runtimes may have it.
class Terminal final : public runtime::LocalWorld {
  public:
    void record(Record& record) { record_ = &record; }

    Terminal(const diagnostics::Sources& sources, const program::Program& program,
             native::Outside& outside)
        : sources_(sources), program_(program), outside_(outside) {}

    std::unique_ptr<runtime::Body> make_native(
        const program::Routine& routine, runtime::ComponentIndex component,
        const std::vector<machine::Value>& arguments) override {
        return native::make(program_, routine, component, arguments, outside_);
    }
    void print(std::string_view line) override {
        const std::lock_guard lock(mutex_);
        std::fwrite(line.data(), 1, line.size(), stdout);
        std::fputc('\n', stdout);
        std::fflush(stdout);
    }
    void report(const runtime::Report& report) override {
        const std::lock_guard lock(mutex_);
        if (record_) record_->add(report.message);
        std::vector<diagnostics::TraceLine> trace;
        for (const auto& line : report.trace) trace.push_back({line.kind, line.name, line.where});
        std::vector<diagnostics::Note> notes;
        for (const auto& note : report.notes) notes.push_back({note.where, note.text});
        show_runtime_error(sources_, report.message, report.where, trace, notes);
    }

  private:
    const diagnostics::Sources& sources_;
    const program::Program& program_;
    native::Outside& outside_;
    Record* record_ = nullptr;
    std::mutex mutex_;
};

class Run {
  public:
    Run(const program::Program& program, const diagnostics::Sources& sources,
        std::optional<std::uint64_t> seed, std::uint32_t workers, inspection::Subject subject)
        : sources_(sources),
          program_(program),
          outside_(seed ? *seed : std::random_device{}()),
          terminal_(sources, program, outside_),
          workers_(workers),
          helpers_(workers - 1),
          runtime_(program, limits_, place_, terminal_),
          islands_(
              workers - 1, [this] { return outside_.now_ms(); }, [this] { outside_.wake(); }),
          inspection_(std::move(subject), [this] { outside_.wake(); }) {
        outside_.attach(runtime_);
        if (seed) runtime_.seed_choices(*seed);
        if (workers == 1) return;
        helpers_.on_return([this] { outside_.wake(); });
        runtime_.employ(helpers_);
    }

    // False, and says why, if the component cannot be started like this.
    bool start(program::RoutineId id, const std::vector<std::string>& arguments) {
        auto values =
            read_arguments(program_, program_.routines[id], arguments, limits_,
                           [&](const program::Parameter& parameter, const program::Type& type) {
                               return open_port(parameter.name, type);
                           });
        if (!values) {
            complain(values.error());
            return false;
        }
        runtime_.start(id, std::move(*values));
        return true;
    }

    void watch(runtime::Watcher& watcher) {
        runtime_.watch(watcher);
        is_watched_ = true;
    }
    // False: the file cannot be written.
    bool record(const std::string& path) {
        record_ = Record::open(path, runtime_, sources_);
        if (record_) terminal_.record(*record_);
        return record_ != nullptr;
    }
    // All that was to be recorded is.
    bool has_recorded() const { return !record_ || record_->is_whole(); }
    runtime::Counters counters() const {
        runtime::Counters all = runtime_.counters();
        for (const auto& island : islands_.all()) all.add(island->counters());
        return all;
    }
    Labour labour() {
        using Seconds = std::chrono::duration<double>;
        workers::Effort others = helpers_.effort();
        others += islands_.effort();
        return {.workers = workers_,
                .steals = others.steals,
                .rounds_idle_seconds = Seconds(outside_.waited()).count(),
                .others_idle_seconds = Seconds(others.idle).count()};
    }

    int run() {
        // What is told of a run, round by round, is told of it as a whole.
        if (workers_ > 1 && !is_watched_ && !record_) runtime_.hold_back();
        do {
            do look_after();
            while (go_on());
            if (runtime_.is_idle()) runtime_.report_stuck();
        } while (feed_line() || outside_.wait(is_input_awaited(), islands_.are_busy()));
        const bool has_failed =
            runtime_.has_failed() || std::ranges::any_of(islands_.all(), [](const auto& each) {
                return each->has_failed();
            });
        if (const int error = outside_.input_error(); error != 0) {
            complain(fmt::format("cannot read standard input: {}", std::strerror(error)));
            has_bad_input_ = true;
        }
        return has_failed || has_bad_input_ ? 1 : 0;
    }

  private:
    struct Feed {
        program::TypeId type;
        machine::PortHandle port;
        runtime::ComponentIndex component;
        std::shared_ptr<PortFeeder::Supply> supply;
    };

    // False: nothing can go on, in this thread.
    bool go_on() {
        // After so many turns those are looked after who wait for the time or for input.
        constexpr std::uint32_t turns_between_looks = 64;
        // Who waits for others to be made does not wait for longer than that.
        constexpr std::uint32_t steps_of_composites_max = 256;
        constexpr std::size_t islands_each_worker = 4;

        if (are_parted_) return islands_.go_on();
        const bool went_on = runtime_.step(turns_between_looks) || runtime_.help();
        if (!runtime_.is_holding_back()) return went_on;
        const bool is_too_long = went_on && ++steps_ == steps_of_composites_max;
        if (!is_too_long && !runtime_.is_idle()) return went_on;
        // With fewer parts than workers more is won if these share the work of each part.
        const std::size_t parts_min =
            is_too_long ? std::numeric_limits<std::size_t>::max() : workers_;
        auto islands = runtime_.release(parts_min, std::size_t{islands_each_worker} * workers_);
        are_parted_ = !islands.empty();
        if (!are_parted_) return true;
        islands_.settle(runtime_, std::move(islands), [this] {
            return std::make_unique<runtime::Runtime>(program_, limits_, place_, terminal_);
        });
        return true;
    }

    void look_after() {
        outside_.deliver();
        runtime_.set_time(outside_.now_ms());
        if (inspection_.is_asked()) {
            islands_.pause();
            inspection_.answer(
                [&](inspection::Subject subject, const inspection::Question& question) {
                    subject.workers = workers_as_text(labour());
                    inspection::Runtimes all{&runtime_};
                    for (const auto& island : islands_.all()) all.push_back(island.get());
                    return inspection::picture_as_json(subject, all, sources_, question);
                });
            islands_.resume();
        }
    }

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
        outside_.keep_lines(
            fmt::format("standard input is read as lines 'port: value' for port '{}'", name));
        return ends.in;
    }

    // Whether a port waits for a line 'port: value'. Behind one that nobody takes another changes
    // nothing.
    bool is_input_awaited() const {
        return std::ranges::any_of(feeds_, [&](const auto& entry) {
            const Feed& feed = entry.second;
            return feed.supply->waiting.empty() && !runtime_.is_closed(feed.port);
        });
    }

    // Hands a line of input to its port. False: none is there, or nobody waits for any.
    bool feed_line() {
        if (!is_input_awaited()) return false;
        const auto line = outside_.take_line();
        if (!line && !outside_.is_at_end()) return false;
        if (!line) {
            for (auto& [name, feed] : feeds_) {
                feed.supply->is_over = true;
                if (feed.supply->waiting.empty()) runtime_.resume(feed.component);
            }
            feeds_.clear();
            return true;
        }
        ++line_number_;
        std::string error;
        if (!feed(*line, error)) {
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
        auto value =
            read_literal(std::string(line.substr(colon + 1)), program_, port.type, limits_);
        if (!value) {
            error = value.error();
            return false;
        }
        port.supply->waiting.push_back(std::move(*value));
        // With one before it, it is in a round, in which nothing has changed.
        if (port.supply->waiting.size() == 1) runtime_.resume(port.component);
        return true;
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
    const runtime::Place place_{.self = 0, .sites = {"this process"}, .realtime = {}};
    const diagnostics::Sources& sources_;
    const program::Program& program_;
    ProcessOutside outside_;
    Terminal terminal_;
    const std::uint32_t workers_;
    workers::Threads helpers_;
    runtime::Runtime runtime_;
    workers::Islands islands_;
    std::uint32_t steps_ = 0;  // while composites make others
    bool are_parted_ = false;
    bool is_watched_ = false;
    std::unique_ptr<Record> record_;
    inspection::Inspection inspection_;
    std::map<std::string, Feed> feeds_;
    int line_number_ = 0;
    bool has_bad_input_ = false;
};

int run(const Options& options) {
    if (!options.dump.empty()) {
        return dump_file(options.dump, options.file, options.folders, Limits{});
    }
    const auto file = compile_file(options.file, options.folders, Limits{});
    if (!file) return 2;
    const auto component = find_component(file->program, options.component, options.file);
    if (!component) {
        complain(component.error());
        return 2;
    }
    std::unique_ptr<Trace> trace;
    if (!options.trace.empty()) {
        const bool json = options.trace_format.empty() ? options.trace.ends_with(".jsonl")
                                                       : options.trace_format == "json";
        auto opened = Trace::open(options.trace, json ? TraceFormat::json : TraceFormat::text,
                                  file->program, file->sources);
        if (!opened) {
            complain(fmt::format("cannot write {}: {}", options.trace, opened.error()));
            return 2;
        }
        trace = std::move(*opened);
    }
    Run running(file->program, file->sources, options.seed, workers_of(options),
                {.file = options.file, .component = options.component});
    if (trace) running.watch(*trace);
    if (!options.record.empty() && !running.record(options.record)) {
        complain(fmt::format("cannot write {}", options.record));
        return 2;
    }
    if (!running.start(*component, options.arguments)) return 2;
    const auto began = std::chrono::steady_clock::now();
    int status = running.run();
    if (!options.stats.empty()) {
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
        const auto show = options.stats == "prometheus" ? stats_for_prometheus : stats_as_text;
        const std::string stats = show(running.counters(), running.labour(), taken.count());
        std::fwrite(stats.data(), 1, stats.size(), stderr);
    }
    if (trace && !trace->close()) {
        complain(fmt::format("cannot write all of {}", options.trace));
        status = std::max(status, 1);
    }
    if (!running.has_recorded()) {
        complain(fmt::format("cannot write all of {}", options.record));
        status = std::max(status, 1);
    }
    return status;
}

}  // namespace

void add_run(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("run", "run a program within this process");
    command->add_option("FILE", options->file, "a PDL file; - for standard input")
        ->required()
        ->type_name("");
    command->add_option("COMPONENT", options->component, "where to start")
        ->capture_default_str()
        ->type_name("");
    command
        ->add_option("ARGS", options->arguments,
                     "literals for its parameters that are no ports; its ports are the "
                     "terminal's: 'port: value' a line")
        ->type_name("");
    command->add_option("-I", options->folders, "a folder to look for imported modules in")
        ->allow_extra_args(false)
        ->type_name("DIR");
    command
        ->add_option("--trace", options->trace,
                     "a file to write every round to, as text, or as JSON lines if its name "
                     "ends in .jsonl; - for standard error")
        ->type_name("FILE");
    command->add_option("--trace-format", options->trace_format, "text or json, whatever its name")
        ->check(CLI::IsMember({"text", "json"}))
        ->type_name("FORMAT");
    command
        ->add_option("--record", options->record,
                     "a file for what happened last, if a component fails or is stuck")
        ->type_name("FILE");
    command
        ->add_option("--seed", options->seed,
                     "what the numbers of std.random and the choices among several possible "
                     "rounds begin with; without it the numbers are others each time")
        ->check(CLI::Validator(
            [](const std::string& text) -> std::string {
                std::uint64_t number = 0;
                const char* const end = text.data() + text.size();
                const auto [last, error] = std::from_chars(text.data(), end, number);
                if (error == std::errc{} && last == end) return "";
                return fmt::format("{} is not a number from 0 to 2^64 - 1", text);
            },
            ""))
        ->type_name("N");
    command
        ->add_option("--workers", options->workers,
                     "how many threads run components: parts that nothing connects, or what "
                     "computes for long; without it one for each processor, or one if there is a "
                     "seed")
        ->check(CLI::Range(1u, workers_max))
        ->type_name("N");
    command
        ->add_flag("--stats{text}", options->stats,
                   "at the end, say on standard error what the run came to; --stats=prometheus in "
                   "the text format of Prometheus")
        ->check(CLI::IsMember({"text", "prometheus"}))
        ->type_name("FORM");
    add_diagnostics_option(*command);
    command->add_option("--dump", options->dump, "show a stage of the compiler instead of running")
        ->check(CLI::IsMember(stages()))
        ->type_name("STAGE");
    command->prefix_command(false)->positionals_at_end(true);
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace reowolf::tools
