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

constexpr std::string_view types = R"(struct Box<T> { T value }
union Option<T> { None, Some(T) }
func boxed<T>(T x) -> Box<T> { return Box{ value: x }; }
func unboxed<T>(Box<T> x) -> T { return x.value; }
func optional(u32 x) -> Option<u32> { if (x == 0) return Option::None; return Option::Some(x); }
func number(Option<u32> x) -> u32 { if (let Option::Some(n) = x) return n; return 0; }
)";

std::string message_type(const Channel& channel) {
    switch (channel.carries) {
        case Channel::Carries::wide:
            return "u32";
        case Channel::Carries::narrow:
            return "u8";
        case Channel::Carries::boxed:
            return "Box<u32>";
        case Channel::Carries::optional:
            return "Option<u32>";
        case Channel::Carries::truth:
            return "bool";
        default:
            break;
    }
    const std::string port = channel.carries == Channel::Carries::out_port ? "out<u32>" : "in<u32>";
    const std::string wrapped[wrappings] = {port, port + "[]", "(u32, " + port + ")",
                                            "Option<" + port + ">", "Box<" + port + ">"};
    return wrapped[channel.wrapping];
}

class Printer {
  public:
    explicit Printer(const System& system)
        : system_(system), in_arrays_(system.has_ports_in_messages()) {}

    void header(std::size_t index) {
        std::string parameters;
        for_each_port(index, [&](const Port& port) {
            parameters += fmt::format("{}{}<{}>{} {}", parameters.empty() ? "" : ", ",
                                      port.is_out ? "out" : "in", type(port.channel),
                                      in_arrays_ ? "[]" : "", plain_name(port));
        });
        text += fmt::format("primitive p{}({}) {{\n", index, parameters);
        for (std::size_t i = 0; i < variables_each; ++i) {
            text += fmt::format("    u32 v{} = {};\n", i, i);
        }
        if (in_arrays_) text += "    out<u32>[] kept_out = {}; in<u32>[] kept_in = {};\n";
    }

    void primitive(std::size_t index) {
        const Primitive& printed = system_.primitives[index];
        if (!printed.stands_for.empty()) return;
        header(index);
        component_ = index;
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
            if (const std::string& other = system_.primitives[i].stands_for; !other.empty()) {
                text += fmt::format("    new {};\n", other);
                continue;
            }
            std::string arguments;
            for_each_port(i, [&](const Port& port) {
                const std::string name = plain_name(port);
                arguments +=
                    (arguments.empty() ? "" : ", ") + (in_arrays_ ? "{" + name + "}" : name);
            });
            text += fmt::format("    new p{}({})", i, arguments);
            if (placement) text += fmt::format(" at s{}", (*placement)[i]);
            text += ";\n";
        }
    }

    std::string text;

  private:
    std::string type(std::size_t channel) const { return message_type(system_.channels[channel]); }

    static std::string plain_name(const Port& port) {
        return fmt::format("{}{}", port.is_out ? "o" : "i", port.channel);
    }
    std::string name(const PortName& of) const {
        if (of.kept) return of.port.is_out ? "kept_out[0]" : "kept_in[0]";
        return plain_name(of.port) + (in_arrays_ ? "[0]" : "");
    }
    // What a port that the component keeps is an end of carries plain numbers.
    Channel channel_of(const PortName& of) const {
        return of.kept ? Channel{} : system_.channels[of.port.channel];
    }

    template <class Visit>
    void for_each_port(std::size_t component, Visit visit) const {
        for (std::size_t i = 0; i < system_.channels.size(); ++i) {
            if (system_.channels[i].from == component) visit(Port{i, true});
            if (system_.channels[i].to == component) visit(Port{i, false});
        }
    }

    void body(const Body& statements, int depth) {
        for (const Statement& each : statements) statement(each, depth);
    }

    void line(int depth, const std::string& line) {
        text.append(static_cast<std::size_t>(4 * depth), ' ');
        text += line + "\n";
    }

    std::string message(const Statement& put) const {
        const Channel channel = channel_of(put.port);
        if (put.gives) {
            const std::string port = name(*put.gives);
            const std::string wrapped[wrappings] = {port, "{" + port + "}", "(7, " + port + ")",
                                                    "Option::Some(" + port + ")",
                                                    "Box{ value: " + port + " }"};
            return wrapped[channel.wrapping];
        }
        const std::string value = text_of(put.operand);
        switch (channel.carries) {
            case Channel::Carries::narrow:
                return fmt::format("cast<u8>(cast<u32>({}))", value);
            case Channel::Carries::boxed:
                return fmt::format("boxed(cast<u32>({}))", value);
            case Channel::Carries::optional:
                return fmt::format("optional({})", value);
            case Channel::Carries::truth:
                return fmt::format("{} != 0", value);
            default:
                return value;
        }
    }

    // Does with the message what the get does.
    void receive(const Statement& get, const std::string& message, int depth) {
        const Channel channel = channel_of(get.port);
        switch (channel.carries) {
            case Channel::Carries::wide:
                return line(depth, fmt::format("v{} = {};", get.variable, message));
            case Channel::Carries::narrow:
                return line(depth, fmt::format("v{} = cast<u32>({});", get.variable, message));
            case Channel::Carries::boxed:
                return line(depth, fmt::format("v{} = unboxed({});", get.variable, message));
            case Channel::Carries::optional:
                return line(depth, fmt::format("v{} = number({});", get.variable, message));
            case Channel::Carries::truth:
                return line(depth, fmt::format("v{} = cast<u32>({});", get.variable, message));
            default:
                break;
        }
        const std::string kept =
            channel.carries == Channel::Carries::out_port ? "kept_out" : "kept_in";
        switch (channel.wrapping) {
            case 1:
                return line(depth, fmt::format("{} = {};", kept, message));
            case 2:
                return line(depth, fmt::format("{} = {{{}.1}};", kept, message));
            case 3:
                ++names_;
                return line(depth, fmt::format("if (let Option::Some(x{0}) = {1}) {2} = {{x{0}}};",
                                               names_, message, kept));
            case 4:
                return line(depth, fmt::format("{} = {{{}.value}};", kept, message));
            default:
                return line(depth, fmt::format("{} = {{{}}};", kept, message));
        }
    }

    // An arm's gets come first.
    void arm(const Body& of, int depth) {
        std::string gets;
        std::vector<std::pair<const Statement*, std::string>> got;
        std::size_t next = 0;
        for (; next < of.size() && next < 2 && of[next].kind == Kind::get; ++next) {
            // Which port that is might depend on what comes first.
            if (next > 0 && of[next].port.kept) break;
            got.emplace_back(&of[next], fmt::format("x{}", ++names_));
            gets += fmt::format("{}auto {} = get({})", next > 0 ? ", " : "", got.back().second,
                                name(of[next].port));
        }
        line(depth, gets + " -> {");
        for (const auto& [get, message] : got) receive(*get, message, depth + 1);
        body({of.begin() + static_cast<std::ptrdiff_t>(next), of.end()}, depth + 1);
        line(depth, "}");
    }

    // Without a get to begin with, which is taken away when a system is made smaller, an arm is
    // none.
    static bool is_arm(const Body& body) { return !body.empty() && body[0].kind == Kind::get; }

    void statement(const Statement& one, int depth) {
        const bool is_select = one.kind == Kind::select && std::ranges::all_of(one.bodies, is_arm);
        switch (one.kind == Kind::select && !is_select ? Kind::fork : one.kind) {
            case Kind::put:
                return line(depth, fmt::format("put({}, {});", name(one.port), message(one)));
            case Kind::get:
                return receive(one, fmt::format("get({})", name(one.port)), depth);
            case Kind::fork:
                line(depth, "fork {");
                for (std::size_t i = 0; i < one.bodies.size(); ++i) {
                    if (i > 0) line(depth, "} or {");
                    body(one.bodies[i], depth + 1);
                }
                return line(depth, "}");
            case Kind::select:
                line(depth, "select {");
                for (const Body& each : one.bodies) arm(each, depth + 1);
                return line(depth, "}");
            case Kind::fires:
                line(depth, fmt::format("if (fires({})) {{", name(one.port)));
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
            case Kind::assignment:
                return line(depth, fmt::format("v{} = {};", one.variable, text_of(one.operand)));
            case Kind::label:
                return line(depth,
                            fmt::format("print(\"{}\");", label_line(component_, one.label)));
        }
    }

    const System& system_;
    const bool in_arrays_;  // the ports; so that only the runtime knows which are handed away
    std::size_t component_ = 0;
    std::size_t names_ = 0;
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

std::optional<std::size_t> unseen(const System& system) {
    for (std::size_t i = 0; i < system.primitives.size(); ++i) {
        if (!system.primitives[i].stands_for.empty()) return i;
    }
    return std::nullopt;
}

std::string to_text(const System& system) {
    Printer printer(system);
    printer.text = unseen(system) ? "import std.reo;\n" : "";
    printer.text += std::string(types) + "composite main() {\n";
    printer.build(nullptr);
    printer.text += "}\n";
    for (std::size_t i = 0; i < system.primitives.size(); ++i) printer.primitive(i);
    return std::move(printer.text);
}

std::string to_text(const System& system, const std::vector<std::size_t>& placement,
                    std::size_t peers, std::size_t self) {
    Printer printer(system);
    printer.text = fmt::format("{}self s{};\nconnector oracle {{\n", types, self);
    for (std::size_t i = 0; i < peers; ++i) {
        printer.text += fmt::format("    peer s{} = \"s{}:7000\";\n", i, i);
    }
    printer.build(&placement);
    printer.text += "}\n";
    for (std::size_t i = 0; i < system.primitives.size(); ++i) printer.primitive(i);
    return std::move(printer.text);
}

}  // namespace reowolf::oracle
