// SPDX-License-Identifier: MIT
#include "tools/literals.hpp"

#include <utility>

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "machine/machine.hpp"
#include "machine/ports.hpp"

namespace reowolf::tools {

std::expected<machine::Value, std::string> read_literal(const std::string& text,
                                                        const program::Program& program,
                                                        program::TypeId type,
                                                        const Limits& limits) {
    std::string error;
    const auto compiled = compiler::compile_literal(text, program, type, error, limits);
    if (!compiled) {
        const bool is_text = program.types[type].kind == program::TypeKind::string;
        if (is_text && !text.contains('"')) error += "; a string is written in quotes: \"…\"";
        return std::unexpected(std::move(error));
    }
    machine::State state(*compiled, 0, {});
    std::uint32_t budget = limits.instructions_per_slice;
    auto result = machine::Machine(*compiled, limits).run(state, budget);
    if (result.kind == machine::Request::Kind::ended) return std::move(result.value);
    return std::unexpected(fmt::format("'{}' cannot be evaluated", text));
}

bool is_component(const program::Routine& routine) {
    return routine.kind != program::RoutineKind::function &&
           routine.kind != program::RoutineKind::connector;
}

namespace {

// "; there are 'main', 'worker'", of many only some.
std::string components(const program::Program& program) {
    constexpr int names_max = 10;
    std::string names;
    int count = 0;
    for (const program::Routine& routine : program.routines) {
        // The file itself is the first source; others are of modules that it imports.
        if (!is_component(routine) || routine.span.source != 0 || ++count > names_max) continue;
        names += fmt::format("{}'{}'", names.empty() ? "" : ", ", routine.name);
    }
    if (count == 0) return "";
    return fmt::format("; there {} {}{}", count == 1 ? "is" : "are", names,
                       count > names_max ? ", …" : "");
}

}  // namespace

std::expected<program::RoutineId, std::string> find_component(const program::Program& program,
                                                              const std::string& name,
                                                              const std::string& file) {
    const auto found = program.find(name);
    if (found && is_component(program.routines[*found])) return *found;
    std::string hint = components(program);
    if (name.starts_with('-')) {
        hint = "; options stand before the file";
    } else if (program.connector && name == "main") {
        hint = fmt::format("; it describes connector '{}', whose peers 'reowolf peer' starts",
                           program.connector->name);
    }
    return std::unexpected(fmt::format("{} has no component '{}'{}", file, name, hint));
}

std::expected<std::vector<machine::Value>, std::string> read_arguments(
    const program::Program& program, const program::Routine& routine,
    const std::vector<std::string>& arguments, const Limits& limits, const OpenPort& open_port) {
    const machine::PortFinder ports(program);
    std::vector<machine::Value> values;
    auto next = arguments.begin();
    for (const program::Parameter& parameter : routine.parameters) {
        const program::Type& type = program.types[parameter.type];
        if (program::is_port(type.kind)) {
            if (ports.can_hold(type.element)) {
                return std::unexpected(
                    fmt::format("port '{}' of '{}' carries ports, and a terminal has none",
                                parameter.name, routine.name));
            }
            values.push_back(machine::Value::scalar(open_port(parameter, type)));
            continue;
        }
        if (next == arguments.end()) {
            return std::unexpected(
                fmt::format("'{}' needs a value for its parameter '{}' of type "
                            "'{}'",
                            routine.name, parameter.name, program.type_name(parameter.type)));
        }
        auto value = read_literal(*next++, program, parameter.type, limits);
        if (!value) {
            return std::unexpected(fmt::format("parameter '{}' of '{}': {}", parameter.name,
                                               routine.name, value.error()));
        }
        values.push_back(std::move(*value));
    }
    if (next != arguments.end()) {
        return std::unexpected(fmt::format("'{}' takes no {}argument '{}'", routine.name,
                                           next == arguments.begin() ? "" : "further ", *next));
    }
    return values;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace reowolf::tools
