// SPDX-License-Identifier: MIT
// reowolf eval: the value of an expression about a file.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"
#include "machine/machine.hpp"
#include "tools/commands.hpp"
#include "tools/compile_file.hpp"
#include "tools/read_source.hpp"

namespace reowolf::tools {
namespace {

struct Options {
    std::string file;
    std::string expression;
    std::vector<std::string> folders;
};

void report_failure(const diagnostics::Sources& sources, const program::Program& program,
                    const machine::State& state, const std::string& message) {
    std::vector<diagnostics::TraceLine> trace;
    for (const auto& entry : state.trace()) {
        const program::Routine& routine = program.routines[entry.routine];
        trace.push_back(
            {std::string(program::keyword(routine.kind)), routine.name, entry.position});
    }
    show_runtime_error(sources, message, state.position(), trace, {});
}

int eval(const Options& options) {
    const Limits limits;
    auto text = read_source(options.file);
    if (!text) return 2;
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics(limits);
    const std::uint32_t source = sources.add(options.file, std::move(*text));
    const std::uint32_t expression = sources.add("expression", options.expression);
    const auto question = compiler::compile_question(sources, source, expression, diagnostics,
                                                     limits, find_modules(options.folders));
    show(sources, diagnostics);
    if (!question || diagnostics.has_errors()) return 2;
    const program::Program& program = question->program;
    const machine::Machine machine(program, limits);
    machine::State state(program, question->expression, {});
    for (;;) {
        std::uint32_t budget = limits.instructions_per_slice;
        const auto request = machine.run(state, budget);
        if (request.kind == machine::Request::Kind::ended) {
            const program::TypeId type = *program.routines[question->expression].result;
            fmt::print("{}\n", machine::literal(program, type, request.value));
            return 0;
        }
        if (request.kind == machine::Request::Kind::failed) {
            report_failure(sources, program, state, request.text());
            return 1;
        }
    }
}

}  // namespace

void add_eval(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("eval", "print the value of an expression");
    command->add_option("FILE", options->file, "a PDL file, whose definitions it may use")
        ->required()
        ->type_name("");
    command->add_option("EXPR", options->expression, "the expression; its value is a literal")
        ->required()
        ->type_name("");
    command->add_option("-I", options->folders, "a folder to look for imported modules in")
        ->allow_extra_args(false)
        ->type_name("DIR");
    add_diagnostics_option(*command);
    command->positionals_at_end(true);
    command->callback([options, &status] { status = eval(*options); });
}

}  // namespace reowolf::tools
