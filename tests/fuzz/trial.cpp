// SPDX-License-Identifier: MIT
#include "fuzz/trial.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/json.hpp"
#include "diagnostics/source.hpp"
#include "machine/machine.hpp"
#include "program/program.hpp"

namespace reowolf::fuzz {
namespace {

void demand(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

Limits small_limits() {
    Limits limits;
    limits.constant_steps_max = 50'000;
    limits.constants_steps_max = 100'000;
    limits.constant_memory_max = 1u << 20;
    limits.constants_bytes_max = 1u << 18;
    limits.value_bytes_max = 1u << 20;
    return limits;
}

// As if nobody else were there: every fork takes its first alternative, and who waits is left.
void run_alone(const program::Program& program, program::RoutineId id, const Limits& limits) {
    using Kind = machine::Request::Kind;
    const machine::Machine machine(program, limits);
    machine::State state(program, id, {});
    machine::PortHandle next_port = 1;
    std::uint32_t budget = 20'000;
    while (budget > 0) {
        const machine::Request request = machine.run(state, budget);
        switch (request.kind) {
            case Kind::put:
            case Kind::sync_begin:
            case Kind::sync_end:
            case Kind::spawn:
            case Kind::print:
            case Kind::budget_used:
                break;
            case Kind::fork:
                state.chose(0);
                break;
            case Kind::fires:
                state.fires(false);
                break;
            case Kind::make_channel:
                state.made(next_port, next_port + 1);
                next_port += 2;
                break;
            default:
                return;
        }
    }
}

}  // namespace

void try_text(std::string_view text) {
    const Limits limits = small_limits();
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics(limits);
    const std::uint32_t source = sources.add("text", std::string(text));
    // Verifies the program that it returns.
    const auto program = compiler::compile(sources, source, diagnostics, limits);
    for (const auto& each : diagnostics.all()) {
        demand(!diagnostics::render(sources, each).empty(), "a diagnostic can be shown");
        demand(!diagnostics::render_json(sources, each).empty(), "and for programs");
    }
    demand(program.has_value() == !diagnostics.has_errors(), "no program means an error, and back");
    const auto canonical = compiler::canonical_text(sources, source, limits);
    demand(canonical.has_value() || !program, "what compiles has a canonical form");
    if (!program) return;
    for (program::RoutineId id = 0; id < program->routines.size(); ++id) {
        if (program->routines[id].parameters.empty()) run_alone(*program, id, limits);
    }
}

}  // namespace reowolf::fuzz
