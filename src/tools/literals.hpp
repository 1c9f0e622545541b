// SPDX-License-Identifier: MIT
// What was typed: the arguments of a component, the values of messages.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::tools {

// The error says what is wrong with the text.
std::expected<machine::Value, std::string> read_literal(const std::string& text,
                                                        const program::Program& program,
                                                        program::TypeId type, const Limits& limits);

bool is_component(const program::Routine& routine);

// The component of that name, or why there is none in the file.
std::expected<program::RoutineId, std::string> find_component(const program::Program& program,
                                                              const std::string& name,
                                                              const std::string& file);

// A value for each parameter of the component: for a port what `open_port` gives, for the others
// the next of the arguments; or why the arguments do not fit.
using OpenPort =
    std::function<std::uint64_t(const program::Parameter& parameter, const program::Type& type)>;
std::expected<std::vector<machine::Value>, std::string> read_arguments(
    const program::Program& program, const program::Routine& routine,
    const std::vector<std::string>& arguments, const Limits& limits, const OpenPort& open_port);

// Without the blanks around it.
std::string_view trimmed(std::string_view text);

}  // namespace reowolf::tools
