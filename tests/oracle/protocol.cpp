// SPDX-License-Identifier: MIT
#include "protocol.hpp"

#include <charconv>

#include <fmt/format.h>

namespace reowolf::oracle {

namespace {

using Kind = Statement::Kind;

void number(Body& body, std::uint32_t& last) {
    for (Statement& statement : body) {
        if (statement.kind == Kind::label) statement.label = ++last;
        for (Body& inner : statement.bodies) number(inner, last);
    }
}

std::string text_of(const Operand& operand) {
    if (!operand.variable) return fmt::format("{}", operand.constant);
    if (operand.constant == 0) return fmt::format("v{}", *operand.variable);
    return fmt::format("v{} + {}", *operand.variable, operand.constant);
}

std::string_view text_of(Comparison comparison) {
    switch (comparison) {
        case Comparison::equal:
            return "==";
        case Comparison::unequal:
            return "!=";
        case Comparison::less:
            return "<";
    }
    return "";
}

class Printer {
  public:
    explicit Printer(const System& system) : system_(system) {}

    void header(std::size_t index) {
        std::string parameters;
        for_each_port(index, [&](std::size_t channel, bool puts) {
            parameters +=
                fmt::format("{}{}<{}> {}{}", parameters.empty() ? "" : ", ", puts ? "out" : "in",
                            type(channel), puts ? "o" : "i", channel);
        });
        text += fmt::format("primitive p{}({}) {{\n", index, parameters);
        for (std::size_t i = 0; i < variables_each; ++i) {
            text += fmt::format("    u32 v{} = {};\n", i, i);
        }
    }

    void primitive(std::size_t index) {
        header(index);
        component_ = index;
        const Primitive& printed = system_.primitives[index];
        for (std::size_t i = 0; i < printed.blocks.size(); ++i) {
            if (printed.loops_from == i) text += "    while (true) {\n";
            text += "    sync {\n";
            body(printed.blocks[i], 2);
            text += fmt::format("        print(\"c{} b{}\"", index, i);
            for (std::size_t v = 0; v < variables_each; ++v) text += fmt::format(", v{}", v);
            text += ");\n    }\n";
        }
        if (printed.loops_from) text += "    }\n";
        text += "}\n";
    }

    void build(const std::vector<std::size_t>* placement) {
        for (std::size_t i = 0; i < system_.channels.size(); ++i) {
            text += fmt::format("    channel<{}> o{} -> i{};\n", type(i), i, i);
        }
        for (std::size_t i = 0; i < system_.primitives.size(); ++i) {
            std::string arguments;
            for_each_port(i, [&](std::size_t channel, bool puts) {
                arguments +=
                    fmt::format("{}{}{}", arguments.empty() ? "" : ", ", puts ? "o" : "i", channel);
            });
            text += fmt::format("    new p{}({})", i, arguments);
            if (placement) text += fmt::format(" at s{}", (*placement)[i]);
            text += ";\n";
        }
    }

    std::string text;

  private:
    const char* type(std::size_t channel) const {
        return system_.channels[channel].narrow ? "u8" : "u32";
    }

    template <class Visit>
    void for_each_port(std::size_t component, Visit visit) const {
        for (std::size_t i = 0; i < system_.channels.size(); ++i) {
            if (system_.channels[i].from == component) visit(i, true);
            if (system_.channels[i].to == component) visit(i, false);
        }
    }

    void body(const Body& statements, int depth) {
        for (const Statement& each : statements) statement(each, depth);
    }

    void line(int depth, const std::string& line) {
        text.append(static_cast<std::size_t>(4 * depth), ' ');
        text += line + "\n";
    }

    void statement(const Statement& one, int depth) {
        switch (one.kind) {
            case Kind::put: {
                const std::string value = text_of(one.operand);
                const bool narrow = system_.channels[one.channel].narrow;
                return line(depth, narrow ? fmt::format("put(o{}, cast<u8>(cast<u32>({})));",
                                                        one.channel, value)
                                          : fmt::format("put(o{}, {});", one.channel, value));
            }
            case Kind::get: {
                const bool narrow = system_.channels[one.channel].narrow;
                return line(
                    depth,
                    narrow ? fmt::format("v{} = cast<u32>(get(i{}));", one.variable, one.channel)
                           : fmt::format("v{} = get(i{});", one.variable, one.channel));
            }
            case Kind::fork:
                line(depth, "fork {");
                for (std::size_t i = 0; i < one.bodies.size(); ++i) {
                    if (i > 0) line(depth, "} or {");
                    body(one.bodies[i], depth + 1);
                }
                return line(depth, "}");
            case Kind::fires:
                line(depth, fmt::format("if (fires({}{})) {{", one.puts ? "o" : "i", one.channel));
                body(one.bodies[0], depth + 1);
                line(depth, "} else {");
                body(one.bodies[1], depth + 1);
                return line(depth, "}");
            case Kind::assertion:
                return line(depth, fmt::format("assert(v{} {} {});", one.variable,
                                               text_of(one.comparison), text_of(one.operand)));
            case Kind::division:
                return line(depth,
                            fmt::format("v{} += 6 / ({});", one.variable, text_of(one.operand)));
            case Kind::repetition:
                line(depth, fmt::format("for (auto n{} in 0..{}) {{", depth, one.count));
                body(one.bodies[0], depth + 1);
                return line(depth, "}");
            case Kind::label:
                return line(depth,
                            fmt::format("print(\"{}\");", label_line(component_, one.label)));
        }
    }

    const System& system_;
    std::size_t component_ = 0;
};

}  // namespace

void number_labels(System& system) {
    std::uint32_t last = 0;
    for (Primitive& primitive : system.primitives) {
        for (Body& block : primitive.blocks) number(block, last);
    }
}

std::string label_line(std::size_t component, std::uint32_t label) {
    return fmt::format("c{} alternative {}", component, label);
}

std::string end_line(std::size_t component, std::size_t block,
                     const std::vector<std::uint32_t>& variables) {
    std::string line = fmt::format("c{} b{}", component, block);
    for (const std::uint32_t variable : variables) line += fmt::format(" {}", variable);
    return line;
}

std::optional<std::size_t> component_of(std::string_view line) {
    std::size_t component = 0;
    if (!line.starts_with('c')) return std::nullopt;
    const auto [end, error] =
        std::from_chars(line.data() + 1, line.data() + line.size(), component);
    if (error != std::errc{}) return std::nullopt;
    return component;
}

std::string to_text(const System& system) {
    Printer printer(system);
    printer.text = "composite main() {\n";
    printer.build(nullptr);
    printer.text += "}\n";
    for (std::size_t i = 0; i < system.primitives.size(); ++i) printer.primitive(i);
    return std::move(printer.text);
}

std::string to_text(const System& system, const std::vector<std::size_t>& placement,
                    std::size_t peers, std::size_t self) {
    Printer printer(system);
    printer.text = fmt::format("self s{};\nconnector oracle {{\n", self);
    for (std::size_t i = 0; i < peers; ++i) {
        printer.text += fmt::format("    peer s{} = \"s{}:7000\";\n", i, i);
    }
    printer.build(&placement);
    printer.text += "}\n";
    for (std::size_t i = 0; i < system.primitives.size(); ++i) printer.primitive(i);
    return std::move(printer.text);
}

}  // namespace reowolf::oracle
