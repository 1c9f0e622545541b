// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "check/typed.hpp"
#include "program/program.hpp"

namespace reowolf::compiler {

// Where the value of a constant of the program comes from: a function without parameters. That of a
// variant of an enum is `offset` more.
struct ConstantOrigin {
    program::RoutineId routine = 0;
    std::optional<std::uint32_t> variant;
    std::uint64_t offset = 0;
};

struct Generated {
    program::Program program;
    std::vector<ConstantOrigin> origins;  // of the program's constants
    // Of the enums with a computed variant: where the value of each comes from.
    std::map<program::TypeId, std::vector<Span>> enums;
};

// Typed tree to program. `types` keep their numbers, which are those of the module's named types.
// The constants are yet to be computed.
Generated generate(check::Module module, std::vector<program::Type> types);

}  // namespace reowolf::compiler
