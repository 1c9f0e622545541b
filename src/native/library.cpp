// SPDX-License-Identifier: MIT
#include "native/library.hpp"

#include <utility>

#include "native/clocks.hpp"
#include "native/lines.hpp"
#include "native/numbers.hpp"

namespace reowolf::native {

namespace {

constexpr std::string_view name_of_stdin = "std.io.stdin";

constexpr std::pair<std::string_view, Numbers::Draw> draws[] = {
    {"std.random.bits", draw_bits},
    {"std.random.below", draw_below},
    {"std.random.unit", draw_unit},
    {"std.random.chance", draw_chance},
};

}  // namespace

bool reads_input(const program::Routine& routine) {
    return routine.name == name_of_stdin;
}

std::unique_ptr<runtime::Body> make(const program::Program& program,
                                    const program::Routine& routine,
                                    runtime::ComponentIndex component,
                                    const std::vector<machine::Value>& arguments,
                                    Outside& outside) {
    const Self self{outside, component, routine.span};
    const auto port = [&](std::size_t number) {
        const program::TypeId type = routine.parameters[number].type;
        return Port{arguments[number].bits(), program.types[type].element};
    };
    if (routine.name == "std.time.timer") {
        return std::make_unique<Timer>(self, port(0), arguments[1].bits());
    }
    if (routine.name == "std.time.alarm") {
        return std::make_unique<Alarm>(self, port(0), port(1));
    }
    if (routine.name == "std.time.timeout") {
        return std::make_unique<Timeout>(self, port(0), port(1), port(2), arguments[3].bits());
    }
    for (const auto& [name, draw] : draws) {
        if (routine.name != name) continue;
        const std::uint64_t parameter = arguments.size() > 1 ? arguments[1].bits() : 0;
        return std::make_unique<Numbers>(self, port(0), draw, parameter, Random(outside.seed()));
    }
    if (routine.name == name_of_stdin) {
        return std::make_unique<InputLines>(self, port(0));
    }
    return nullptr;
}

}  // namespace reowolf::native
