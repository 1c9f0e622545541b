// SPDX-License-Identifier: MIT
#include "embedding/program.hpp"

#include <utility>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"

namespace reowolf {

Program::Program() : Program(std::string_view{}) {}

Program::Program(std::string_view text) {
    auto compiled = compile(text);
    if (!compiled) {
        std::string shown;
        for (const Diagnostic& each : compiled.error()) shown += each.shown;
        throw std::invalid_argument(shown);
    }
    *this = std::move(*compiled);
}

Program::Program(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

std::expected<Program, Diagnostics> Program::compile(std::string_view text, const std::string& file,
                                                     const Modules& modules) {
    auto compiled = std::make_shared<Compiled>();
    diagnostics::Diagnostics found;
    compiler::Resolver resolver;
    if (modules) {
        resolver = [&](const std::string& name,
                       std::string_view) -> std::optional<compiler::FoundModule> {
            auto module = modules(name);
            if (!module) return std::nullopt;
            return compiler::FoundModule{name, std::move(*module)};
        };
    }
    const std::uint32_t source = compiled->sources.add(file, std::string(text));
    auto program = compiler::compile(compiled->sources, source, found, Limits{}, resolver);
    if (program && !found.has_errors()) {
        compiled->program = std::move(*program);
        return Program(std::move(compiled));
    }
    Diagnostics all;
    for (const diagnostics::Diagnostic& each : found.all()) {
        const auto at = compiled->sources.position(each.span.source, each.span.begin);
        all.push_back({.is_error = each.severity == diagnostics::Severity::error,
                       .code = std::string(diagnostics::listed(each.code).name),
                       .text = each.text,
                       .file = compiled->sources.name(each.span.source),
                       .line = at.line,
                       .column = at.column,
                       .shown = diagnostics::render(compiled->sources, each)});
    }
    return std::unexpected(std::move(all));
}

bool Program::has(std::string_view component) const {
    const auto found = compiled_->program.find(component);
    return found && compiled_->program.routines[*found].kind != program::RoutineKind::function;
}

}  // namespace reowolf
