// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "program/operands.hpp"
#include "program/program.hpp"

namespace reowolf::program {
namespace {

// What walks over a type recurses as deep as it nests.
constexpr std::size_t type_depth_max = 1'024;

using Defect = std::optional<std::string>;

bool is_scalar(TypeKind kind) {
    return !is_reference(kind) && !is_port(kind);
}

bool has_bits(TypeKind kind) {
    return is_integer(kind) || kind == TypeKind::boolean;
}

// The world is out of reach for a function: it is pure.
bool is_for_components_only(Opcode opcode) {
    switch (opcode) {
        case Opcode::get:
        case Opcode::put:
        case Opcode::fork:
        case Opcode::fires:
        case Opcode::sync_begin:
        case Opcode::sync_end:
        case Opcode::channel:
        case Opcode::spawn:
        case Opcode::print:
        case Opcode::end:
            return true;
        default:
            return false;
    }
}

class RoutineCheck {
  public:
    RoutineCheck(const Program& program, const Routine& routine)
        : program_(program), routine_(routine) {}

    Defect check() {
        if (auto defect = check_header()) return defect;
        for (std::size_t pc = 0; pc < routine_.code.size(); ++pc) {
            const Opcode opcode = routine_.code[pc].opcode;
            if (opcode > Opcode::end) return fmt::format("at {}: unknown opcode", pc);
            if (auto defect = check_instruction(static_cast<std::uint32_t>(pc))) {
                return fmt::format("at {} ({}): {}", pc, shape(opcode).name, *defect);
            }
        }
        return std::nullopt;
    }

  private:
    TypeKind kind_of(TypeId type) const { return program_.types[type].kind; }
    bool exists(TypeId type) const { return type < program_.types.size(); }

    Defect check_header() {
        if (routine_.kind > RoutineKind::connector) return "unknown kind of routine";
        if (routine_.code.empty()) return "no code";
        if (routine_.spans.size() != routine_.code.size()) {
            return fmt::format("{} spans for {} instructions", routine_.spans.size(),
                               routine_.code.size());
        }
        const bool is_function = routine_.kind == RoutineKind::function;
        if (is_function != routine_.result.has_value()) {
            return is_function ? "a function without a result" : "a component with a result";
        }
        if (routine_.result && !exists(*routine_.result)) return "the result's type does not exist";
        if (routine_.parameters.size() > routine_.frame_slots) {
            return "more parameters than slots";
        }
        if (auto defect = check_references()) return defect;
        for (std::size_t i = 0; i < routine_.parameters.size(); ++i) {
            const TypeId type = routine_.parameters[i].type;
            if (!exists(type)) return fmt::format("the type of parameter {} does not exist", i);
            if (is_reference(kind_of(type)) != holds_reference_[i]) {
                return fmt::format("parameter {} does not fit its slot", i);
            }
        }
        switch (routine_.code.back().opcode) {
            case Opcode::jump:
            case Opcode::ret:
            case Opcode::end:
                return std::nullopt;
            default:
                return "the code falls off its end";
        }
    }

    Defect check_references() {
        holds_reference_.assign(routine_.frame_slots, false);
        for (std::size_t i = 0; i < routine_.references.size(); ++i) {
            const std::uint32_t slot = routine_.references[i];
            if (slot >= routine_.frame_slots) {
                return fmt::format("reference slot {} is out of the frame", slot);
            }
            if (i > 0 && slot <= routine_.references[i - 1]) {
                return "the reference slots do not ascend";
            }
            holds_reference_[slot] = true;
        }
        return std::nullopt;
    }

    Defect check_instruction(std::uint32_t pc) const {
        const Instruction& instruction = routine_.code[pc];
        if (routine_.kind == RoutineKind::function && is_for_components_only(instruction.opcode)) {
            return "not in a function";
        }
        // First the fields that name no slot: they say how many slots there are and what they hold.
        for (const Operand& operand : shape(instruction.opcode).operands()) {
            if (auto defect = check_field(instruction, operand)) return defect;
        }
        if (auto defect = check_kinds(instruction)) return defect;
        if (auto defect = check_shape_of_type(instruction)) return defect;
        if (auto defect = check_counts(instruction, pc)) return defect;
        for (const Operand& operand : shape(instruction.opcode).operands()) {
            if (auto defect = check_slots(instruction, operand)) return defect;
        }
        return std::nullopt;
    }

    Defect check_field(const Instruction& instruction, const Operand& operand) const {
        const std::uint32_t number = field(instruction, operand.field);
        switch (operand.sort) {
            case Sort::text:
                if (number >= program_.texts.size()) return fmt::format("no text {}", number);
                return std::nullopt;
            case Sort::target:
                if (number >= routine_.code.size()) {
                    return fmt::format("a jump to {}, which is nowhere", number);
                }
                return std::nullopt;
            case Sort::type:
                if (!exists(number)) return fmt::format("no type {}", number);
                return std::nullopt;
            case Sort::list:
                if (number >= program_.type_lists.size()) {
                    return fmt::format("no type list {}", number);
                }
                return std::nullopt;
            case Sort::routine:
                if (number >= program_.routines.size()) {
                    return fmt::format("no routine {}", number);
                }
                return std::nullopt;
            case Sort::place:
                if (number > (program_.connector ? program_.connector->peers.size() : 0)) {
                    return fmt::format("no peer {}", number - 1);
                }
                return std::nullopt;
            default:
                return std::nullopt;
        }
    }

    Defect check_kinds(const Instruction& instruction) const {
        const TypeKind kind = instruction.kind;
        const TypeKind kind2 = instruction.kind2;
        bool fits = true;
        switch (instruction.opcode) {
            case Opcode::add:
            case Opcode::sub:
            case Opcode::mul:
            case Opcode::div:
            case Opcode::rem:
            case Opcode::neg:
            case Opcode::bit_not:
            case Opcode::zeros:
            case Opcode::index:
            case Opcode::take_index:
            case Opcode::set_index:
                fits = is_integer(kind);
                break;
            case Opcode::bit_and:
            case Opcode::bit_or:
            case Opcode::bit_xor:
                fits = has_bits(kind);
                break;
            case Opcode::lt:
            case Opcode::le:
                fits = is_scalar(kind);
                break;
            case Opcode::shl:
            case Opcode::shr:
            case Opcode::slice:
                fits = is_integer(kind) && is_integer(kind2);
                break;
            case Opcode::cast:
                fits = is_scalar(kind) && is_scalar(kind2);
                break;
            default:
                break;
        }
        if (fits) return std::nullopt;
        return fmt::format("not for the kinds '{}' and '{}'", name(kind), name(kind2));
    }

    Defect check_shape_of_type(const Instruction& instruction) const {
        const auto is_array = [&] { return kind_of(instruction.d) == TypeKind::array; };
        const auto element = [&] { return kind_of(program_.types[instruction.d].element); };
        bool fits = true;
        switch (instruction.opcode) {
            case Opcode::array:
                fits = is_array();
                break;
            case Opcode::set_index:
                fits = is_array();
                break;
            case Opcode::zeros:
                fits = is_array() && element_size(element()) == 1;
                break;
            case Opcode::take_index:
                fits = is_array() && is_reference(element());
                break;
            case Opcode::index:
            case Opcode::slice:
            case Opcode::concat:
                fits = is_reference(kind_of(instruction.d));
                break;
            default:
                break;
        }
        if (fits) return std::nullopt;
        return fmt::format("not for the type '{}'", program_.type_name(instruction.d));
    }

    Defect check_counts(const Instruction& instruction, std::uint32_t pc) const {
        switch (instruction.opcode) {
            case Opcode::call:
                if (program_.routines[instruction.a].kind != RoutineKind::function) {
                    return "calls what is no function";
                }
                if (!program_.routines[instruction.a].result) return "calls what has no result";
                return std::nullopt;
            case Opcode::spawn:
                if (program_.routines[instruction.a].kind == RoutineKind::function) {
                    return "starts a function";
                }
                if (program_.routines[instruction.a].parameters.size() != instruction.c) {
                    return fmt::format("{} arguments for {} parameters", instruction.c,
                                       program_.routines[instruction.a].parameters.size());
                }
                return std::nullopt;
            case Opcode::print:
                if (program_.type_lists[instruction.d].size() != instruction.c) {
                    return fmt::format("{} arguments for {} types", instruction.c,
                                       program_.type_lists[instruction.d].size());
                }
                return std::nullopt;
            case Opcode::ret:
                if (!routine_.result) return "not in a component";
                return std::nullopt;
            case Opcode::set_index:
                // A type that holds itself does not exist.
                if (instruction.a == instruction.c) return "sets an element to its own array";
                return std::nullopt;
            case Opcode::fork:
                return check_fork(instruction, pc);
            default:
                return std::nullopt;
        }
    }

    Defect check_fork(const Instruction& instruction, std::uint32_t pc) const {
        if (instruction.a == 0) return "a fork without alternatives";
        if (instruction.a >= routine_.code.size() - pc) {
            return "a fork with more alternatives than jumps";
        }
        for (std::uint32_t i = 1; i <= instruction.a; ++i) {
            if (routine_.code[pc + i].opcode != Opcode::jump) {
                return fmt::format("alternative {} is not a jump", i);
            }
        }
        return std::nullopt;
    }

    Defect check_slots(const Instruction& instruction, const Operand& operand) const {
        if (operand.sort == Sort::arguments &&
            program_.routines[instruction.a].parameters.size() > routine_.frame_slots) {
            return "more arguments than slots";
        }
        const SlotRange range = slots_of(program_, instruction, operand);
        if (range.count == 0) return std::nullopt;
        if (std::uint64_t{range.first} + range.count > routine_.frame_slots) {
            return fmt::format("slot {} is out of the frame", range.first + range.count - 1);
        }
        for (std::uint32_t i = 0; i < range.count; ++i) {
            if (expects_reference(instruction, operand.sort, i) !=
                holds_reference_[range.first + i]) {
                return fmt::format("slot {} holds {}", range.first + i,
                                   holds_reference_[range.first + i] ? "a reference" : "a word");
            }
        }
        return std::nullopt;
    }

    bool expects_reference(const Instruction& instruction, Sort sort, std::uint32_t i) const {
        switch (sort) {
            case Sort::reference:
                return true;
            case Sort::element:
            case Sort::elements: {
                const Type& type = program_.types[instruction.d];
                return type.kind == TypeKind::array && is_reference(kind_of(type.element));
            }
            case Sort::value:
                return is_reference(kind_of(instruction.d));
            case Sort::arguments: {
                const TypeId type = program_.routines[instruction.a].parameters[i].type;
                return exists(type) && is_reference(kind_of(type));
            }
            case Sort::result: {
                const TypeId type = *program_.routines[instruction.a].result;
                return exists(type) && is_reference(kind_of(type));
            }
            case Sort::own_result:
                return is_reference(kind_of(*routine_.result));
            case Sort::listed:
                return is_reference(kind_of(program_.type_lists[instruction.d][i]));
            default:
                return false;
        }
    }

    const Program& program_;
    const Routine& routine_;
    std::vector<bool> holds_reference_;
};

Defect check_types(const Program& program) {
    const auto has_element = [](const Type& type) {
        return type.kind == TypeKind::array || is_port(type.kind);
    };
    // Depths are found along the chain of elements; a chain that does not end is a cycle.
    std::vector<std::pair<TypeKind, TypeId>> seen;
    for (std::size_t id = 0; id < program.types.size(); ++id) {
        const Type& type = program.types[id];
        if (type.kind > TypeKind::out_port) return fmt::format("type {} is of no kind", id);
        const Type* inner = &type;
        for (std::size_t depth = 0; has_element(*inner); ++depth) {
            if (inner->element >= program.types.size()) {
                return fmt::format("the element of type {} does not exist", id);
            }
            if (depth == type_depth_max) return fmt::format("type {} nests too deeply", id);
            inner = &program.types[inner->element];
        }
        seen.emplace_back(type.kind, has_element(type) ? type.element : 0);
    }
    std::sort(seen.begin(), seen.end());
    if (std::adjacent_find(seen.begin(), seen.end()) != seen.end()) {
        return "one type has two numbers";
    }
    for (std::size_t i = 0; i < program.type_lists.size(); ++i) {
        for (const TypeId type : program.type_lists[i]) {
            if (type >= program.types.size()) {
                return fmt::format("type list {}: no type {}", i, type);
            }
        }
    }
    return std::nullopt;
}

Defect check_connector(const Program& program) {
    if (!program.connector) return std::nullopt;
    const Connector& connector = *program.connector;
    if (connector.self && *connector.self >= connector.peers.size()) {
        return "the connector's own peer does not exist";
    }
    if (connector.body >= program.routines.size()) return "the connector's body does not exist";
    const Routine& body = program.routines[connector.body];
    if (body.kind != RoutineKind::connector) return "the connector's body is no connector";
    std::size_t next = 0;
    for (const Peer& peer : connector.peers) {
        for (const PeerPort& port : peer.ports) {
            if (port.type >= program.types.size() || !is_port(program.types[port.type].kind)) {
                return fmt::format("'{}.{}' is no port", peer.name, port.name);
            }
            if (next >= body.parameters.size() || body.parameters[next].type != port.type) {
                return fmt::format("'{}.{}' does not fit the connector's body", peer.name,
                                   port.name);
            }
            ++next;
        }
    }
    if (next != body.parameters.size()) return "the connector's body has too many parameters";
    return std::nullopt;
}

}  // namespace

std::optional<std::string> verify(const Program& program) {
    if (auto defect = check_types(program)) return defect;
    for (std::size_t id = 0; id < program.routines.size(); ++id) {
        const Routine& routine = program.routines[id];
        if (auto defect = RoutineCheck(program, routine).check()) {
            return fmt::format("routine {} '{}': {}", id, routine.name, *defect);
        }
    }
    return check_connector(program);
}

}  // namespace reowolf::program
