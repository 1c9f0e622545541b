// SPDX-License-Identifier: MIT
#include "local.hpp"

#include <functional>
#include <semaphore>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/random.hpp"
#include "compiler/compile.hpp"
#include "embedding/in_lane.hpp"
#include "embedding/native_body.hpp"
#include "judge.hpp"
#include "runtime/runtime.hpp"
#include "twin.hpp"
#include "workers/simulated.hpp"
#include "workers/threads.hpp"

namespace reowolf::oracle {

namespace {

class Recorder final : public runtime::World {
  public:
    struct Committed {
        bool all_waited = false;
        Lines lines;
    };

    void print(std::string_view line) override {
        const auto component = component_of(line);
        if (component && !rounds.empty()) {
            rounds.back().lines[*component].emplace_back(line);
        } else {
            complain(fmt::format("printed outside a round: {}", line));
        }
    }
    void report(const runtime::Report& report) override {
        const std::string name = report.trace.empty() ? "" : report.trace.back().name;
        if (name.size() > 1 && name[0] == 'p' && name[1] >= '0' && name[1] <= '9') {
            reported.insert(std::stoul(name.substr(1)));
        } else if (unseen) {
            reported.insert(*unseen);
        }
        ++reports;
    }
    void send(wire::SiteId, wire::Message&&) override { complain("a message to a site"); }
    void committed(const wire::Decision&) override { rounds.push_back({runtime->is_idle(), {}}); }
    void deviation(wire::SiteId, const std::string& what) override { complain(what); }
    void application_committed(std::unique_ptr<runtime::Body>) override {
        complain("an application's round");
    }
    void application_failed(wire::Reason, const std::string& text) override { complain(text); }
    void application_in_doubt(const std::string& text) override { complain(text); }

    const runtime::Runtime* runtime = nullptr;
    std::optional<std::size_t> unseen;
    std::vector<Committed> rounds;   // since they were last taken
    std::set<std::size_t> reported;  // components
    std::size_t reports = 0;
    std::optional<std::string> problem;

  private:
    void complain(std::string what) {
        if (!problem) problem = std::move(what);
    }
};

// Values of native components.
class TwinEngine final : public embedding::InLane {
  public:
    TwinEngine(const program::Program& program, runtime::Runtime& runtime)
        : InLane(runtime), program_(program), runtime_(runtime) {}

    embedding::Message to_message(std::uint64_t port, std::span<const std::byte> bytes) override {
        auto value = machine::decode(program_, *runtime_.type_of(port), bytes, Limits{});
        if (!value) throw BadValue(value.error());
        return embedding::to_message(std::move(*value));
    }
    std::vector<std::byte> to_bytes(std::uint64_t port,
                                    const embedding::Message& message) override {
        std::vector<std::byte> bytes;
        machine::encode(program_, *runtime_.type_of(port), embedding::to_value(message), bytes);
        return bytes;
    }
    bool is_closed(std::uint64_t port) override { return runtime_.is_closed(port); }
    std::int64_t now_ms() override { return 0; }

  private:
    const program::Program& program_;
    runtime::Runtime& runtime_;
};

class TwinStart final : public embedding::Start {
  public:
    TwinStart(const System& system, std::size_t component, std::map<Port, std::uint64_t> handles)
        : system_(system), component_(component), handles_(std::move(handles)) {}
    std::coroutine_handle<> begin(embedding::Task& task) override {
        const auto handle = twin(system_, component_, handles_).release();
        handle.promise().task = &task;
        return handle;
    }

  private:
    const System& system_;
    std::size_t component_;
    std::map<Port, std::uint64_t> handles_;
};

// What the composite `main` does, with some components native.
void start_with_twins(const System& system, const program::Program& program,
                      runtime::Runtime& runtime, TwinEngine& engine, embedding::Outside& outside,
                      std::uint64_t seed) {
    Random random(seed);
    std::vector<runtime::Runtime::Ends> ends(system.channels.size());
    std::vector<bool> is_made(system.channels.size(), false);
    for (std::size_t component = 0; component < system.primitives.size(); ++component) {
        const auto routine = program.find(fmt::format("p{}", component));
        const auto& parameters = program.routines[*routine].parameters;
        std::vector<machine::Value> arguments;
        std::vector<std::uint64_t> ports;
        std::map<Port, std::uint64_t> handles;
        const auto add = [&](const Port& port) {
            const program::TypeId type = parameters[arguments.size()].type;
            if (!is_made[port.channel]) {
                ends[port.channel] = runtime.make_channel(program.types[type].element);
            }
            is_made[port.channel] = true;
            const auto handle = port.is_out ? ends[port.channel].out : ends[port.channel].in;
            arguments.push_back(machine::Value::scalar(handle));
            ports.push_back(handle);
            handles[port] = handle;
        };
        for (std::size_t i = 0; i < system.channels.size(); ++i) {
            if (system.channels[i].from == component) add(Port{i, true});
            if (system.channels[i].to == component) add(Port{i, false});
        }
        if (random.chance(60)) {
            const std::string name = fmt::format("p{}", component);
            auto core = std::make_shared<embedding::Core>(engine, runtime, outside, name);
            core->start = std::make_unique<TwinStart>(system, component, handles);
            core->attach(
                runtime.start_native(name, std::make_unique<embedding::NativeBody>(core), ports));
        } else {
            runtime.start(*routine, std::move(arguments));
        }
    }
}

// What `main` makes is held back by the runtime in which it runs, and begins in another one.
void settle_apart(const program::Program& program, const Limits& limits, runtime::World& world,
                  runtime::Runtime& runtime) {
    runtime::Runtime maker(program, limits, {.self = 0, .sites = {"main"}, .realtime = {}}, world);
    maker.hold_back();
    maker.start(*program.find("main"), {});
    while (maker.step()) {
    }
    for (runtime::Island& island : maker.release(0, 1)) runtime.settle(std::move(island));
    runtime.call_as(maker.naming());
}

// What must be true at rest beside what the judge says.
// `report_stuck`: until nobody runs anything any more; false if that does not end.
std::optional<std::string> check_rest(const Judge& judge, runtime::Runtime& runtime,
                                      Recorder& recorder,
                                      const std::function<bool()>& report_stuck) {
    if (runtime.components_left() != judge.left()) {
        return fmt::format("{} components are left, it should be {}", runtime.components_left(),
                           judge.left());
    }
    const std::set<std::size_t>& failed = judge.failed();
    if (recorder.reported != failed || recorder.reports != failed.size()) {
        return fmt::format("{} errors are reported, it should be {}", recorder.reports,
                           failed.size());
    }
    if (runtime.has_failed() != !failed.empty()) return "has_failed() is wrong";
    for (int times = 0; times < 2; ++times) {
        if (!report_stuck()) return "what was at rest goes on without end";
        if (recorder.reports != failed.size() + judge.left()) {
            return fmt::format("{} components are reported as stuck, it should be {}",
                               recorder.reports - failed.size(), judge.left());
        }
    }
    if (runtime.has_failed() != (!failed.empty() || judge.left() > 0)) {
        return "has_failed() is wrong at the end";
    }
    return std::nullopt;
}

}  // namespace

Verdict run_locally(const System& system, std::uint64_t rounds_max, runtime::Runtime::Lane lane,
                    std::uint64_t seed, Twins twins, Helpers helpers) {
    const std::uint64_t steps_max = helpers == Helpers::none ? 200'000 : 2'000'000;

    Limits limits;
    if (helpers != Helpers::none) {
        limits.instructions_per_slice = 5;
        limits.instructions_before_workers = 1;
    }
    diagnostics::Sources sources;
    const std::uint32_t source = sources.add("oracle", to_text(system));
    diagnostics::Diagnostics diagnostics(limits);
    const auto program = compiler::compile(sources, source, diagnostics, limits);
    if (!program) {
        return {.problem =
                    "does not compile: " + diagnostics::render(sources, diagnostics.all()[0])};
    }
    Recorder recorder;
    workers::Simulated simulated(seed);
    workers::Threads threads(2);
    std::counting_semaphore<> has_returned(0);
    threads.on_return([&] { has_returned.release(); });
    runtime::Runtime runtime(*program, limits, {.self = 0, .sites = {"main"}, .realtime = {}},
                             recorder);
    recorder.runtime = &runtime;
    if (helpers == Helpers::simulated) runtime.employ(simulated);
    if (helpers == Helpers::threads) runtime.employ(threads);
    runtime.set_lane(lane, seed);
    recorder.unseen = unseen(system);
    TwinEngine engine(*program, runtime);
    embedding::Outside outside(seed, true);
    outside.attach(runtime);
    bool can_have_twins = twins == Twins::some;
    for (std::size_t i = 0; i < system.primitives.size(); ++i) {
        can_have_twins = can_have_twins && has_twin(system, i);
    }
    if (can_have_twins) {
        start_with_twins(system, *program, runtime, engine, outside, seed);
    } else if (seed % 2 == 0) {
        runtime.start(*program->find("main"), {});
    } else {
        settle_apart(*program, limits, recorder, runtime);
    }

    // False: that has not come to an end.
    const auto report_stuck = [&] {
        runtime.report_stuck();
        for (std::uint64_t steps = 0; !runtime.is_idle(); ++steps) {
            if (steps == steps_max) return false;
            if (!runtime.step() && !runtime.help() && !runtime.is_idle()) has_returned.acquire();
            if (runtime.is_idle()) runtime.report_stuck();
        }
        return true;
    };

    // In a step of many turns components follow each other within the machine.
    const std::uint32_t turns_each = seed / 2 % 2 == 0 ? 1 : 64;

    Judge judge(system);
    Verdict verdict;
    const auto finish = [&](std::optional<std::string> problem) {
        verdict.problem = std::move(problem);
        verdict.is_too_large = judge.is_too_large();
        verdict.rounds = judge.rounds();
        verdict.silent_rounds = judge.silent_rounds();
        verdict.failures = judge.failed().size();
        verdict.lane_returns = runtime.lane_returns();
        verdict.ports_handed_over = judge.ports_handed_over();
        verdict.errands = simulated.returned();
        verdict.errands_taken_back = simulated.taken_back();
        if (verdict.is_too_large) verdict.problem.reset();
        return verdict;
    };
    for (std::uint64_t steps = 0; judge.rounds() < rounds_max; ++steps) {
        if (steps == steps_max) return finish("it never comes to rest, without rounds");
        const bool went_on = runtime.step(turns_each) || runtime.help();
        for (const auto& round : std::exchange(recorder.rounds, {})) {
            if (auto problem = judge.on_round(round.lines, round.all_waited)) {
                return finish(std::move(problem));
            }
        }
        if (recorder.problem) return finish(recorder.problem);
        if (judge.is_too_large()) return finish({});
        if (!went_on && !runtime.is_idle()) {
            has_returned.acquire();
        } else if (!went_on) {
            verdict.came_to_rest = true;
            auto problem = judge.on_rest(recorder.reported);
            if (!problem) problem = check_rest(judge, runtime, recorder, report_stuck);
            return finish(std::move(problem));
        }
    }
    return finish({});
}

}  // namespace reowolf::oracle
