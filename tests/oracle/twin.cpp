// SPDX-License-Identifier: MIT
#include "twin.hpp"

#include <optional>
#include <stdexcept>
#include <variant>
#include <vector>

namespace reowolf::oracle {

namespace {

using Kind = Statement::Kind;
using Variables = std::vector<std::uint32_t>;
using Boxed = std::tuple<std::uint32_t>;

std::uint32_t value_of(const Operand& operand, const Variables& variables) {
    return (operand.variable ? variables[*operand.variable] : 0) + operand.constant;
}

bool holds(Comparison comparison, std::uint32_t left, std::uint32_t right) {
    switch (comparison) {
        case Comparison::equal:
            return left == right;
        case Comparison::unequal:
            return left != right;
        case Comparison::less:
            return left < right;
    }
    return false;
}

class Twin {
  public:
    Twin(const System& system, std::size_t component, std::map<Port, std::uint64_t> handles)
        : system_(system), component_(component), handles_(std::move(handles)) {}

    // What is left of the variables at the end of the block.
    Step<Variables> block(Round& round, std::size_t number, Variables variables) const {
        variables = co_await body(round, system_.primitives[component_].blocks[number],
                                  std::move(variables));
        co_await round.print(end_line(component_, number, variables));
        co_return variables;
    }

  private:
    template <class T>
    In<T> in(const Statement& get) const {
        return In<T>(handles_.at({get.port.port.channel, false}));
    }
    template <class T>
    Out<T> out(const Statement& put) const {
        return Out<T>(handles_.at({put.port.port.channel, true}));
    }

    Step<Variables> body(Round& round, const Body& statements, Variables variables) const {
        for (const Statement& each : statements) {
            variables = co_await statement(round, each, std::move(variables));
        }
        co_return variables;
    }

    Step<Variables> statement(Round& round, const Statement& one, Variables variables) const {
        switch (one.kind) {
            case Kind::put:
                co_await put(round, one, value_of(one.operand, variables));
                break;
            case Kind::get:
                variables[one.variable] = co_await get(round, one);
                break;
            case Kind::fork:
            case Kind::select: {
                const auto way = co_await round.fork(static_cast<std::uint32_t>(one.bodies.size()));
                co_return co_await body(round, one.bodies[way], std::move(variables));
            }
            case Kind::fires: {
                const std::uint64_t port = handles_.at(one.port.port);
                const bool yes = one.port.port.is_out
                                     ? co_await round.fires(Out<std::uint32_t>(port))
                                     : co_await round.fires(In<std::uint32_t>(port));
                co_return co_await body(round, one.bodies[yes ? 0 : 1], std::move(variables));
            }
            case Kind::assertion:
                co_await round.require(holds(one.comparison, variables[one.variable],
                                             value_of(one.operand, variables)));
                break;
            case Kind::division: {
                const std::uint32_t divisor = value_of(one.operand, variables);
                if (divisor == 0) throw std::domain_error("division by zero");
                variables[one.variable] += 6 / divisor;
                break;
            }
            case Kind::repetition:
                for (std::uint32_t i = 0; i < one.count; ++i) {
                    variables = co_await body(round, one.bodies[0], std::move(variables));
                }
                break;
            case Kind::assignment:
                variables[one.variable] = value_of(one.operand, variables);
                break;
            case Kind::label:
                co_await round.print(label_line(component_, one.label));
                break;
        }
        co_return variables;
    }

    Step<> put(Round& round, const Statement& one, std::uint32_t value) const {
        switch (system_.channels[one.port.port.channel].carries) {
            case Channel::Carries::narrow:
                co_await round.put(out<std::uint8_t>(one),
                                   static_cast<std::uint8_t>(narrow(value)));
                break;
            case Channel::Carries::boxed:
                co_await round.put(out<Boxed>(one), Boxed(value));
                break;
            case Channel::Carries::optional:
                co_await round.put(out<std::optional<std::uint32_t>>(one),
                                   value == 0 ? std::nullopt : std::optional(value));
                break;
            case Channel::Carries::truth:
                co_await round.put(out<bool>(one), value != 0);
                break;
            default:
                co_await round.put(out<std::uint32_t>(one), value);
        }
    }

    Step<std::uint32_t> get(Round& round, const Statement& one) const {
        switch (system_.channels[one.port.port.channel].carries) {
            case Channel::Carries::narrow:
                co_return co_await round.get(in<std::uint8_t>(one));
            case Channel::Carries::boxed:
                co_return std::get<0>(co_await round.get(in<Boxed>(one)));
            case Channel::Carries::optional: {
                const auto value = co_await round.get(in<std::optional<std::uint32_t>>(one));
                co_return value.value_or(0);
            }
            case Channel::Carries::truth:
                co_return co_await round.get(in<bool>(one)) ? 1 : 0;
            default:
                co_return co_await round.get(in<std::uint32_t>(one));
        }
    }

    // As a cast does, which fails where the value is lost.
    static std::uint32_t narrow(std::uint32_t value) {
        if (value > 0xFF) throw std::domain_error("a value that does not fit");
        return value;
    }

    const System& system_;
    const std::size_t component_;
    const std::map<Port, std::uint64_t> handles_;
};

}  // namespace

bool has_twin(const System& system, std::size_t component) {
    return !system.has_ports_in_messages() && system.primitives[component].stands_for.empty();
}

Component twin(const System& system, std::size_t component, std::map<Port, std::uint64_t> handles) {
    const Twin self(system, component, std::move(handles));
    const Primitive& primitive = system.primitives[component];
    Variables variables;
    for (std::uint32_t i = 0; i < variables_each; ++i) variables.push_back(i);
    for (std::size_t number = 0; number < primitive.blocks.size();) {
        std::vector<std::uint32_t> state = variables;
        state.push_back(static_cast<std::uint32_t>(number));
        variables = co_await sync([&](Round& round) -> Step<Variables> {
                        return self.block(round, number, variables);
                    }).from(state);
        ++number;
        if (number == primitive.blocks.size() && primitive.loops_from) {
            number = *primitive.loops_from;
        }
    }
}

}  // namespace reowolf::oracle
