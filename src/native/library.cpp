// SPDX-License-Identifier: MIT
#include "native/library.hpp"

#include <optional>
#include <string>
#include <utility>

#include "native/clocks.hpp"
#include "native/lines.hpp"
#include "native/numbers.hpp"
#include "native/sockets.hpp"

namespace reowolf::native {

namespace {

constexpr std::string_view name_of_stdin = "std.io.stdin";
constexpr std::string_view internet_prefix = "std.internet.";

constexpr std::pair<std::string_view, Numbers::Draw> draws[] = {
    {"std.random.bits", draw_bits},
    {"std.random.below", draw_below},
    {"std.random.unit", draw_unit},
    {"std.random.chance", draw_chance},
};

// The components of std.internet that are no PDL. Null: it is none of them, or there are no
// sockets.
std::unique_ptr<runtime::Body> make_socket(const program::Program& program, std::string_view name,
                                           const Self& self, const std::vector<Port>& ports,
                                           const machine::Value& argument) {
    const auto text = [&] {
        const auto bytes = argument.byte_view();
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    post::Internet* const internet = self.outside.internet();
    if (internet == nullptr) return nullptr;
    if (name == "connecting") {
        return std::make_unique<Opening>(self, ports[0], std::nullopt, internet->connect(text()));
    }
    if (name == "accepting") {
        return std::make_unique<Opening>(self, ports[0], ports[1], internet->listen(text()));
    }
    if (name == "binding") {
        return std::make_unique<Opening>(self, ports[0], std::nullopt, internet->bind(text()));
    }
    if (name == "receiving" || name == "receiving_datagrams") {
        return std::make_unique<Receiving>(self, ports[0], name == "receiving" ? nullptr : &program,
                                           argument.bits());
    }
    if (name == "sending" || name == "sending_datagrams") {
        return std::make_unique<Sending>(self, ports[0], name == "sending" ? nullptr : &program,
                                         argument.bits());
    }
    return nullptr;
}

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
    if (routine.name.starts_with(internet_prefix)) {
        std::vector<Port> ports;
        for (std::size_t i = 0; i + 1 < arguments.size(); ++i) ports.push_back(port(i));
        return make_socket(program, std::string_view(routine.name).substr(internet_prefix.size()),
                           self, ports, arguments.back());
    }
    if (routine.name == name_of_stdin) {
        return std::make_unique<InputLines>(self, port(0));
    }
    return nullptr;
}

}  // namespace reowolf::native
