// SPDX-License-Identifier: MIT
#include <iterator>

#include <fmt/format.h>

#include "program/operands.hpp"
#include "program/program.hpp"

namespace reowolf::program {
namespace {

// Bytes that would break the line, or the quotes, are shown as escapes; the rest as it is.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char byte : text) {
        if (byte == '"' || byte == '\\') {
            out += '\\';
            out += byte;
        } else if (byte == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) {
            out += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
        } else {
            out += byte;
        }
    }
    return out + '"';
}

std::string show_number(const Instruction& instruction) {
    const std::uint64_t bits = instruction.c | (static_cast<std::uint64_t>(instruction.d) << 32);
    return fmt::format("{}", static_cast<std::int64_t>(bits));
}

std::string show_operand(const Program& program, const Instruction& instruction,
                         const Operand& operand) {
    const std::uint32_t number = field(instruction, operand.field);
    switch (operand.sort) {
        case Sort::number:
            return show_number(instruction);
        case Sort::immediate:
            return fmt::format("{}", static_cast<std::int32_t>(number));
        case Sort::text:
            if (number >= program.texts.size()) return fmt::format("text {}", number);
            return quoted(program.texts[number]);
        case Sort::constant:
            if (number >= program.constants.size()) return fmt::format("constant {}", number);
            return program.constants[number].name;
        case Sort::target:
            return fmt::format("@{}", number);
        case Sort::count:
            return fmt::format("{}", number);
        case Sort::type:
            return program.type_name(number);
        case Sort::list: {
            if (number >= program.type_lists.size()) return fmt::format("list {}", number);
            std::string out = "(";
            for (const TypeId type : program.type_lists[number]) {
                if (out.size() > 1) out += ", ";
                out += program.type_name(type);
            }
            return out + ')';
        }
        case Sort::routine:
            if (number >= program.routines.size()) return fmt::format("routine {}", number);
            return fmt::format("{}#{}", program.routines[number].name, number);
        case Sort::place:
            if (number == 0) return "here";
            if (program.connector && number <= program.connector->peers.size()) {
                return fmt::format("at {}", program.connector->peers[number - 1].name);
            }
            return fmt::format("at peer {}", number - 1);
        case Sort::bounds:
        case Sort::elements:
        case Sort::arguments:
        case Sort::listed:
            return fmt::format("s{}..", number);
        default:
            return fmt::format("s{}", number);
    }
}

void append_instruction(const Program& program, const Instruction& instruction, std::size_t pc,
                        std::string& out) {
    const Shape& form = shape(instruction.opcode);
    std::string line = fmt::format("{:6}  {:<12}", pc, form.name);
    std::string_view rest = form.fields;
    while (!rest.empty()) {
        const std::size_t end = rest.find(' ');
        const std::string_view token = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        line += ' ';
        if (token == "k") {
            line += name(instruction.kind);
        } else if (token == "j") {
            line += name(instruction.kind2);
        } else if (const Operand* operand = form.find(token[0])) {
            line += show_operand(program, instruction, *operand);
        }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line;
    out += '\n';
}

void append_header(const Program& program, const Routine& routine, std::size_t id,
                   std::string& out) {
    fmt::format_to(std::back_inserter(out), "{} {}#{}(", keyword(routine.kind), routine.name, id);
    bool first = true;
    for (const Parameter& parameter : routine.parameters) {
        fmt::format_to(std::back_inserter(out), "{}{} {}", first ? "" : ", ",
                       program.type_name(parameter.type), parameter.name);
        first = false;
    }
    out += ')';
    if (routine.result) out += " -> " + program.type_name(*routine.result);
    fmt::format_to(std::back_inserter(out), "  // {} slots", routine.frame_slots);
    if (!routine.references.empty()) {
        out += ", references";
        for (const std::uint32_t slot : routine.references) out += fmt::format(" s{}", slot);
    }
    if (!routine.may_end) out += ", never ends";
    out += '\n';
}

void append_connector(const Program& program, const Connector& connector, std::string& out) {
    fmt::format_to(std::back_inserter(out), "connector {}, body #{}\n", connector.name,
                   connector.body);
    for (std::size_t i = 0; i < connector.peers.size(); ++i) {
        const Peer& peer = connector.peers[i];
        fmt::format_to(std::back_inserter(out), "    peer {} {}{}{}\n", peer.name,
                       quoted(peer.address.text),
                       peer.listen.text.empty() ? "" : " listen " + quoted(peer.listen.text),
                       connector.self == i ? " (self)" : "");
        for (const PeerPort& port : peer.ports) {
            fmt::format_to(std::back_inserter(out), "        {} {}\n", program.type_name(port.type),
                           port.name);
        }
    }
    out += '\n';
}

}  // namespace

std::string disassemble(const Program& program) {
    std::string out;
    if (program.connector) append_connector(program, *program.connector, out);
    for (std::size_t id = 0; id < program.routines.size(); ++id) {
        const Routine& routine = program.routines[id];
        if (id > 0) out += '\n';
        append_header(program, routine, id, out);
        for (std::size_t pc = 0; pc < routine.code.size(); ++pc) {
            append_instruction(program, routine.code[pc], pc, out);
        }
    }
    return out;
}

}  // namespace reowolf::program
