// SPDX-License-Identifier: MIT
#include "runtime/runtime.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <random>
#include <utility>

#include <fmt/format.h>

#include <reowolf/runtime.hpp>

#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"
#include "embedding/in_lane.hpp"
#include "embedding/native_body.hpp"
#include "embedding/outside.hpp"
#include "embedding/parts.hpp"
#include "embedding/program.hpp"
#include "embedding/types.hpp"
#include "inspection/inspection.hpp"
#include "inspection/picture.hpp"
#include "native/library.hpp"
#include "program/shape.hpp"
#include "system/process.hpp"
#include "workers/threads.hpp"

namespace reowolf {

namespace embedding {

// References were made of pointers: NOLINTBEGIN(performance-no-int-to-ptr)
void retain(std::uint64_t reference) noexcept {
    machine::retain(reinterpret_cast<machine::Block*>(reference));
}
void release(std::uint64_t reference) noexcept {
    machine::release(reinterpret_cast<machine::Block*>(reference));
}
// NOLINTEND(performance-no-int-to-ptr)

}  // namespace embedding

using runtime::ComponentIndex;

namespace {

const runtime::Place place{.self = 0, .sites = {"the program"}, .realtime = {}};

// What is to be repeated does not depend on who is quicker.
unsigned workers_of(const Runtime::Options& options) {
    if (options.workers > 0) return options.workers;
    return options.seed || options.virtual_time ? 1 : workers::usual_count();
}

}  // namespace

struct Runtime::Inside final : embedding::InLane, runtime::World {
    Inside(Program its_program, Options its_options);

    struct GivenPort {
        std::uint64_t handle;
        std::string as;  // what the component gets it as
    };

    // ---- Engine
    embedding::Message to_message(std::uint64_t port, std::span<const std::byte> bytes) override;
    std::vector<std::byte> to_bytes(std::uint64_t port, const embedding::Message& message) override;
    bool is_closed(std::uint64_t port) override { return core.is_closed(port); }
    std::int64_t now_ms() override { return outside.now_ms(); }

    // ---- World
    std::unique_ptr<runtime::Body> make_native(
        const program::Routine& routine, ComponentIndex index,
        const std::vector<machine::Value>& arguments) override {
        return native::make(program, routine, index, arguments, outside);
    }
    void print(std::string_view line) override;
    void report(const runtime::Report& report) override;
    void send(wire::SiteId, wire::Message&&) override {}
    void committed(const wire::Decision&) override {}
    bool follows_rounds() const override { return false; }
    void deviation(wire::SiteId, const std::string&) override {}
    void application_gives_up(bool is_silent) override;
    void application_committed(std::unique_ptr<runtime::Body> body) override;
    void application_failed(wire::Reason, const std::string&) override;
    void application_in_doubt(const std::string&) override {}

    void look_after();
    void answer();
    void show_note(const runtime::Report::Note& note, std::string& shown) const;
    void tell();
    template <class Run>
    auto go(Run run, bool may_part);
    bool run_slice(std::uint32_t turns_max = 1);
    template <class IsOver>
    void run_until(IsOver is_over);
    template <class IsOver>
    void run_ready(IsOver is_over);
    Outcome run();
    Outcome outcome();
    std::size_t components_left();
    std::size_t components_stuck();
    program::TypeId find_type(const std::string& shape);
    const embedding::NativeBody* running_native() const;
    void expect_no_block() const;
    bool has_to_give(std::uint64_t port) const;
    void check_ports(std::string_view component, const std::vector<GivenPort>& ports) const;
    void take(const std::vector<std::uint64_t>& ports);
    void run_sync(embedding::Act& act);

    Program compiled;
    program::Program program;  // with the types that only C++ uses
    Options options;
    unsigned workers;
    Limits limits;
    embedding::Types types;
    embedding::Outside outside;
    std::optional<workers::Threads> helpers;  // if there is more than one worker
    runtime::Runtime core;
    embedding::Parts parts;                 // of it, that others run
    std::shared_ptr<embedding::Core> host;  // the program itself, in a round
    std::string impasse;                    // why its last round could not be
    bool is_running = false;
    bool is_host_done = false;
    std::optional<inspection::Inspection> inspection;  // if somebody may ask
};

Runtime::Inside::Inside(Program its_program, Options its_options)
    : InLane(core),
      compiled(std::move(its_program)),
      program(compiled.compiled_->program),
      options(std::move(its_options)),
      workers(workers_of(options)),
      types(program, limits),
      outside(options.seed ? *options.seed : std::random_device{}(), options.virtual_time),
      core(program, limits, place, *this),
      parts(core, outside) {
    outside.attach(core);
    if (options.seed) core.seed_choices(*options.seed);
    if (workers > 1) {
        parts.hold_back();
        helpers.emplace(workers - 1);
        helpers->on_return([bell = outside.bell()] { bell->ring(); });
        core.employ(*helpers);
    }
    host = std::make_shared<embedding::Core>(*this, core, outside, "the program");
    if (!inspection::is_wanted()) return;
    inspection.emplace(inspection::Subject{.file = system::program_name(), .component = "runtime"},
                       [bell = outside.bell()] { bell->ring(); });
    outside.on_question([this] { return inspection->is_asked(); });
}

// ---- Values ------------------------------------------------------------------------------------

program::TypeId Runtime::Inside::find_type(const std::string& shape) {
    // It may add types to the program that machines read.
    const embedding::Parts::Stillness still(parts);
    if (helpers) helpers->pause();
    const auto type = types.find(shape);
    if (types.take_news()) {
        core.note_types();
        parts.for_each([](runtime::Runtime& part) { part.note_types(); });
    }
    if (helpers) helpers->go_on();
    if (!type) throw std::invalid_argument(fmt::format("'{}' is too large for a type", shape));
    return *type;
}

embedding::Message Runtime::Inside::to_message(std::uint64_t port,
                                               std::span<const std::byte> bytes) {
    const auto type = core.type_of(port);
    if (!type) return {};  // whoever uses the port is told
    machine::PortHandles handles;
    auto value = machine::decode(program, *type, bytes, limits, &handles);
    if (!value) throw BadValue(value.error());
    return embedding::to_message(std::move(*value));
}

std::vector<std::byte> Runtime::Inside::to_bytes(std::uint64_t port,
                                                 const embedding::Message& message) {
    std::vector<std::byte> bytes;
    const auto type = core.type_of(port);
    if (!type) throw BadValue("the channel that the value came through is gone");
    machine::PortHandles handles;
    machine::encode(program, *type, embedding::to_value(message), bytes, &handles);
    return bytes;
}

// ---- What is told ------------------------------------------------------------------------------

void Runtime::Inside::print(std::string_view line) {
    if (options.print) return options.print(std::string(line));
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
}

void Runtime::Inside::show_note(const runtime::Report::Note& note, std::string& shown) const {
    shown += diagnostics::render_note(compiled.compiled_->sources, {note.where, note.text});
}

void Runtime::Inside::report(const runtime::Report& report) {
    Report told;
    told.is_stuck = report.is_stuck;
    told.text = report.message;
    if (!report.trace.empty()) told.component = report.trace.back().name;
    const bool is_native = report.trace.empty() || report.trace.back().kind == "native";
    if (is_native) {
        told.shown = diagnostics::render_head(diagnostics::Severity::error, report.message,
                                              diagnostics::Style::plain);
        if (!told.component.empty()) {
            told.shown += fmt::format(" +-  in component '{}'\n", told.component);
        }
        for (const auto& note : report.notes) show_note(note, told.shown);
    } else {
        std::vector<diagnostics::TraceLine> trace;
        for (const auto& line : report.trace) trace.push_back({line.kind, line.name, line.where});
        std::vector<diagnostics::Note> notes;
        for (const auto& note : report.notes) notes.push_back({note.where, note.text});
        told.shown = diagnostics::render_runtime_error(compiled.compiled_->sources, report.message,
                                                       report.where, trace, notes);
    }
    if (options.report) return options.report(told);
    std::fwrite(told.shown.data(), 1, told.shown.size(), stderr);
}

// Between two steps: of what has come from outside, and of who asks.
void Runtime::Inside::look_after() {
    outside.deliver();
    if (!inspection) return;
    core.set_time(outside.now_ms());
    if (inspection->is_asked()) answer();
}

void Runtime::Inside::answer() {
    inspection->answer([this](const auto& subject, const auto& question) {
        inspection::Runtimes all{&core};
        const embedding::Parts::Stillness still(parts);
        parts.for_each([&](const runtime::Runtime& part) { all.push_back(&part); });
        return inspection::picture_as_json(subject, all, compiled.compiled_->sources, question);
    });
}

// What components in parts of their own have to say.
void Runtime::Inside::tell() {
    while (const auto notice = parts.notices().take()) {
        if (const auto* line = std::get_if<std::string>(&*notice)) {
            print(*line);
        } else {
            report(std::get<runtime::Report>(*notice));
        }
    }
}

// ---- Building ----------------------------------------------------------------------------------

// Null: the program's own code runs.
const embedding::NativeBody* Runtime::Inside::running_native() const {
    return dynamic_cast<const embedding::NativeBody*>(core.running_body());
}

// What a block has done may turn out not to have happened.
void Runtime::Inside::expect_no_block() const {
    const auto* const native = running_native();
    if (!is_trying && !(native && native->has_code_in_place())) return;
    throw std::invalid_argument(
        "in a sync block no channel can be made or closed, and no component started: it may be run "
        "several times");
}

// The program, or the component that runs.
bool Runtime::Inside::has_to_give(std::uint64_t port) const {
    return core.has_to_give(runtime::Runtime::application, port) ||
           core.has_to_give(core.running(), port);
}

void Runtime::Inside::check_ports(std::string_view component,
                                  const std::vector<GivenPort>& ports) const {
    std::vector<GivenPort> sorted = ports;
    std::ranges::stable_sort(sorted, {}, &GivenPort::handle);
    const auto twice = std::ranges::adjacent_find(sorted, {}, &GivenPort::handle);
    if (twice != sorted.end()) {
        throw std::invalid_argument(fmt::format("'{}' gets the same port twice: as {} and as {}",
                                                component, twice->as, std::next(twice)->as));
    }
    for (const GivenPort& port : ports) {
        if (has_to_give(port.handle)) continue;
        throw std::invalid_argument(
            fmt::format("'{}' gets a port that is not there to give, as {}: {}", component, port.as,
                        core.whose(port.handle)));
    }
}

// From whoever has them.
void Runtime::Inside::take(const std::vector<std::uint64_t>& ports) {
    for (const std::uint64_t port : ports) {
        core.take_port(
            core.own(core.running(), port) ? core.running() : runtime::Runtime::application, port);
    }
}

std::pair<std::uint64_t, std::uint64_t> Runtime::make_channel(const std::string& shape) {
    inside_->expect_no_block();
    runtime::Runtime& core = inside_->core;
    const auto ends = core.make_channel(inside_->find_type(shape));
    const ComponentIndex owner =
        inside_->running_native() ? core.running() : runtime::Runtime::application;
    core.give_port(owner, ends.out);
    core.give_port(owner, ends.in);
    return {ends.out, ends.in};
}

void Runtime::start_program(std::string_view name, const std::vector<Argument>& arguments) {
    inside_->expect_no_block();
    const program::Program& program = inside_->program;
    const auto found = program.find(name);
    if (!found || program.routines[*found].kind == program::RoutineKind::function ||
        program.routines[*found].kind == program::RoutineKind::connector) {
        throw std::invalid_argument(fmt::format("there is no component '{}'", name));
    }
    const auto& parameters = program.routines[*found].parameters;
    if (arguments.size() != parameters.size()) {
        throw std::invalid_argument(fmt::format("'{}' has {} parameters, not {}", name,
                                                parameters.size(), arguments.size()));
    }
    const machine::PortFinder finder(program);
    std::vector<machine::Value> values;
    std::vector<std::uint64_t> ports;
    std::vector<Inside::GivenPort> given;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string wanted = program::shape(program, parameters[i].type);
        if (arguments[i].shape != wanted) {
            throw std::invalid_argument(fmt::format("parameter '{}' of '{}' is '{}', not '{}'",
                                                    parameters[i].name, name, wanted,
                                                    arguments[i].shape));
        }
        machine::PortHandles handles;
        auto value = machine::decode(program, parameters[i].type, arguments[i].bytes,
                                     inside_->limits, &handles);
        if (!value) {
            throw BadValue(fmt::format("argument '{}': {}", parameters[i].name, value.error()));
        }
        finder.append(parameters[i].type, *value, ports);
        while (given.size() < ports.size()) {
            given.push_back({ports[given.size()], fmt::format("'{}'", parameters[i].name)});
        }
        values.push_back(std::move(*value));
    }
    inside_->check_ports(name, given);
    inside_->take(ports);
    inside_->core.start_or_hold(*found, std::move(values));
}

void Runtime::start_native(std::string name, std::unique_ptr<embedding::Start> code,
                           const std::vector<std::uint64_t>& ports) {
    inside_->expect_no_block();
    std::vector<Inside::GivenPort> given;
    for (const std::uint64_t port : ports) {
        given.push_back({port, fmt::format("its port {}", given.size() + 1)});
    }
    inside_->check_ports(name, given);
    auto core = std::make_shared<embedding::Core>(*inside_, inside_->core, inside_->outside,
                                                  std::move(name));
    core->start = std::move(code);
    inside_->take(ports);
    auto begin = [core, ports] {
        core->attach(core->runtime.start_native(
            core->name, std::make_unique<embedding::NativeBody>(core), ports));
    };
    if (!inside_->core.is_holding_back()) return begin();
    inside_->core.hold_native(std::move(begin), ports);
}

void Runtime::close_port(std::uint64_t port) {
    inside_->expect_no_block();
    if (!inside_->has_to_give(port)) {
        throw std::invalid_argument("the port is not the program's to close");
    }
    inside_->core.close(port);
}

// ---- Running -----------------------------------------------------------------------------------

namespace {

// Components run in the thread that runs the runtime, and cannot run it again.
class Running {
  public:
    explicit Running(bool& is_running) : is_running_(is_running) {
        if (is_running_) throw std::invalid_argument("the runtime is running");
        is_running_ = true;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { is_running_ = false; }

  private:
    bool& is_running_;
};

}  // namespace

// With others, if there are parts that they can run: of what is there when that may be for the
// first time.
template <class Run>
auto Runtime::Inside::go(Run run, bool may_part) {
    const Running running(is_running);
    if (parts.are_held_back() && !may_part) parts.give_up();
    if (parts.are_held_back()) {
        parts.part(workers, [this] {
            auto part = std::make_unique<runtime::Runtime>(program, limits, place, parts.notices());
            if (options.seed) part->seed_choices(*options.seed);
            return part;
        });
    }
    auto result = [&] {
        const embedding::Parts::Going going(parts);
        return run();
    }();
    tell();
    return result;
}

bool Runtime::Inside::run_slice(std::uint32_t turns_max) {
    if (!parts.are_there()) return core.step(turns_max) || core.help();
    const bool went_on = parts.go_on();
    tell();
    return went_on;
}

// Until nothing can go on in this thread.
template <class IsOver>
void Runtime::Inside::run_until(IsOver is_over) {
    // After so many turns those are looked after who wait for something outside.
    constexpr std::uint32_t turns_between_looks = 64;

    do {
        look_after();
        if (is_over()) return;
    } while (run_slice(turns_between_looks));
}

// Until nothing can go on anywhere.
template <class IsOver>
void Runtime::Inside::run_ready(IsOver is_over) {
    for (;;) {
        run_until(is_over);
        if (!parts.are_busy() || is_over()) return;
        outside.wait(true);
    }
}

Outcome Runtime::Inside::run() {
    for (;;) {
        run_until([&] { return outside.bell()->is_stopped(); });
        if (outside.bell()->take_stop()) return Outcome::stopped;
        const bool do_others_run = parts.are_busy();
        const Outcome so_far = outcome();
        if (!do_others_run && so_far == Outcome::ended) return so_far;
        if (!outside.wait(do_others_run)) return so_far;
    }
}

Outcome Runtime::Inside::outcome() {
    if (core.is_idle()) core.report_stuck();
    if (parts.are_busy()) return Outcome::waiting;
    if (components_left() == 0) return Outcome::ended;
    return components_stuck() > 0 ? Outcome::stuck : Outcome::waiting;
}

std::size_t Runtime::Inside::components_left() {
    std::size_t count = core.components_left();
    parts.for_each([&](const runtime::Runtime& part) { count += part.components_left(); });
    return count;
}

std::size_t Runtime::Inside::components_stuck() {
    std::size_t count = core.components_stuck();
    parts.for_each([&](const runtime::Runtime& part) { count += part.components_stuck(); });
    return count;
}

Runtime::Runtime() : Runtime(Program()) {}
Runtime::Runtime(Program program) : Runtime(std::move(program), Options()) {}
Runtime::Runtime(Program program, Options options)
    : inside_(std::make_unique<Inside>(std::move(program), std::move(options))) {}
Runtime::~Runtime() = default;

Outcome Runtime::run() {
    return inside_->go([this] { return inside_->run(); }, true);
}

void Runtime::run_ready() {
    inside_->go(
        [this] {
            inside_->run_ready([] { return false; });
            return true;
        },
        false);
}

bool Runtime::run_one() {
    const Running running(inside_->is_running);
    if (inside_->parts.are_held_back()) inside_->parts.give_up();
    inside_->look_after();
    return inside_->run_slice();
}

std::optional<std::chrono::milliseconds> Runtime::next_time() const {
    const auto next = inside_->outside.next_time();
    if (!next) return std::nullopt;
    return std::chrono::milliseconds(*next);
}

bool Runtime::wait() {
    const Running running(inside_->is_running);
    return inside_->outside.wait();
}

void Runtime::on_wake(std::function<void()> callback) {
    inside_->outside.bell()->on_wake(std::move(callback));
}

void Runtime::wake() {
    inside_->outside.bell()->ring();
}

void Runtime::stop() {
    inside_->outside.bell()->stop();
}

Outcome Runtime::outcome() {
    const Running running(inside_->is_running);
    return inside_->outcome();
}

// ---- The program itself ------------------------------------------------------------------------

void Runtime::run_sync(embedding::Act& act) {
    inside_->go(
        [&] {
            inside_->run_sync(act);
            return true;
        },
        false);
}

void Runtime::Inside::run_sync(embedding::Act& act) {
    host->take_up(act);
    act.task = host.get();
    auto body = std::make_unique<embedding::NativeBody>(host);
    body->begin_act();
    is_host_done = false;
    impasse.clear();
    core.enter_application(std::move(body));
    while (!is_host_done) {
        // Others may run for ever.
        run_ready([this] { return is_host_done && parts.are_there(); });
        if (is_host_done) break;
        if (!core.is_application_dead() && outside.wait()) continue;
        core.cancel_application(wire::Reason::unsatisfiable, {});
    }
    host->does = embedding::Doing::block;
    // What is over before its time must not end what comes next, or run once more.
    outside.forget_time(runtime::Runtime::application);
}

// To be silent is to leave its block out, if its time is over, and else is what the block wants.
void Runtime::Inside::application_gives_up(bool is_silent) {
    if (is_silent && host->act->until_ms > outside.now_ms()) return;
    impasse.clear();
    for (const auto& note : core.explain()) show_note(note, impasse);
}

void Runtime::Inside::application_committed(std::unique_ptr<runtime::Body> body) {
    static_cast<embedding::NativeBody&>(*body).deliver();
    if (!host->act->is_late) impasse.clear();
    is_host_done = true;
}

void Runtime::Inside::application_failed(wire::Reason, const std::string&) {
    host->act->is_late = true;
    is_host_done = true;
}

// ---- What can be asked -------------------------------------------------------------------------

bool Runtime::has_failed() const {
    bool has_failed = inside_->core.has_failed();
    inside_->parts.for_each(
        [&](const runtime::Runtime& part) { has_failed = has_failed || part.has_failed(); });
    return has_failed;
}

std::size_t Runtime::components() const {
    return inside_->components_left();
}

std::uint64_t Runtime::rounds() const {
    std::uint64_t rounds = inside_->core.rounds_committed();
    inside_->parts.for_each(
        [&](const runtime::Runtime& part) { rounds += part.rounds_committed(); });
    return rounds;
}

std::chrono::milliseconds Runtime::now() const {
    return std::chrono::milliseconds(inside_->outside.now_ms());
}

std::string Runtime::explain() const {
    std::string shown = inside_->impasse;
    if (!shown.empty()) return shown;
    const auto show = [&](const runtime::Runtime& of) {
        for (const auto& note : of.explain()) inside_->show_note(note, shown);
    };
    show(inside_->core);
    inside_->parts.for_each(show);
    return shown;
}

std::shared_ptr<embedding::Waker> Runtime::waker() const {
    return inside_->outside.bell();
}

}  // namespace reowolf
