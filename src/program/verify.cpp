// SPDX-License-Identifier: MIT
#include <algorithm>
#include <tuple>
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
    return !is_reference(kind) && !is_port(kind) && !is_aggregate(kind);
}

// Integers, booleans and characters.
bool is_discrete(TypeKind kind) {
    return is_scalar(kind) && !is_float(kind) && kind != TypeKind::enumeration;
}

bool has_bits(TypeKind kind) {
    return is_integer(kind) || kind == TypeKind::boolean;
}

// Whether a number of this kind can be that.
bool has_number(TypeKind kind, std::int64_t number) {
    const std::uint32_t bits = element_size(kind) * 8;
    if (bits > 32) return is_signed(kind) || number >= 0;
    const std::int64_t numbers = std::int64_t{1} << bits;
    if (is_signed(kind)) return number >= -numbers / 2 && number < numbers / 2;
    return number >= 0 && number < numbers;
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
    static bool holds_reference(const Layout& layout, std::uint32_t slot) {
        return std::binary_search(layout.references.begin(), layout.references.end(), slot);
    }
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
        if (routine_.parameter_slots > routine_.frame_slots) return "more parameters than slots";
        if (auto defect = check_references()) return defect;
        std::uint64_t next = 0;
        for (std::size_t i = 0; i < routine_.parameters.size(); ++i) {
            const TypeId type = routine_.parameters[i].type;
            if (!exists(type)) return fmt::format("the type of parameter {} does not exist", i);
            const Layout& layout = program_.layout(type);
            if (next + layout.slots > routine_.frame_slots) return "more parameters than slots";
            for (std::uint32_t slot = 0; slot < layout.slots; ++slot) {
                if (holds_reference(layout, slot) != holds_reference_[next + slot]) {
                    return fmt::format("parameter {} does not fit its slot", i);
                }
            }
            next += layout.slots;
        }
        if (next != routine_.parameter_slots) return "the number of the parameters' slots is wrong";
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
        // The world is out of reach for a function: it is pure.
        if (routine_.kind == RoutineKind::function &&
            shape(instruction.opcode).harm == Harm::asks) {
            return "not in a function";
        }
        // First the fields that name no slot: they say how many slots there are and what they hold.
        for (const Operand& operand : shape(instruction.opcode).operands()) {
            if (auto defect = check_field(instruction, operand)) return defect;
        }
        for (const Requirement& each : shape(instruction.opcode).requirements()) {
            if (meets(instruction, each)) continue;
            if (each.demand >= Demand::word_of_element) {
                return fmt::format("not for the type '{}'", program_.type_name(instruction.d));
            }
            return fmt::format("not for the kinds '{}' and '{}'", name(instruction.kind),
                               name(instruction.kind2));
        }
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
            case Sort::constant:
                if (number >= program_.constants.size()) {
                    return fmt::format("no constant {}", number);
                }
                if (program_.constants[number].type != instruction.d) {
                    return fmt::format("constant {} has another type", number);
                }
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

    // Where it names a type, that exists.
    bool meets(const Instruction& instruction, const Requirement& requirement) const {
        const TypeKind kind = requirement.field == 'j' ? instruction.kind2 : instruction.kind;
        const auto number =
            static_cast<std::int32_t>(program::field(instruction, requirement.field));
        const auto is_array = [&] { return kind_of(instruction.d) == TypeKind::array; };
        const auto element = [&] { return kind_of(program_.types[instruction.d].element); };
        switch (requirement.demand) {
            case Demand::integer:
                return is_integer(kind);
            case Demand::bits:
                return has_bits(kind);
            case Demand::discrete:
                return is_discrete(kind);
            case Demand::floating:
                return is_float(kind);
            case Demand::convertible: {
                const TypeKind other = instruction.kind2;
                return (is_float(kind) && (is_float(other) || is_discrete(other))) ||
                       (is_float(other) && is_discrete(kind));
            }
            case Demand::positive:
                return number > 0;
            case Demand::of_kind:
                return has_number(kind, number);
            case Demand::below_width:
                return number >= 0 && static_cast<std::uint32_t>(number) < element_size(kind) * 8;
            case Demand::truth:
                return number == 0 || number == 1;
            case Demand::word_of_element:
                return has_word(instruction);
            case Demand::array:
                return is_array();
            case Demand::array_or_string:
                return is_reference(kind_of(instruction.d));
            case Demand::array_of_bytes:
                return is_array() && element_size(element()) == 1;
            case Demand::array_of_aggregates:
                return is_array() && is_aggregate(element());
            case Demand::array_of_arrays:
                return is_array() && element() == TypeKind::array && holds_scalars(instruction);
        }
        return false;
    }

    // Whether the elements of the array have a slot e, and it is a word.
    bool has_word(const Instruction& instruction) const {
        const Layout& layout = program_.layout(program_.types[instruction.d].element);
        return instruction.e < layout.slots && !holds_reference(layout, instruction.e);
    }
    // The elements of the arrays in the array.
    bool holds_scalars(const Instruction& instruction) const {
        const Type& inner = program_.types[program_.types[instruction.d].element];
        return is_scalar(kind_of(inner.element));
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
            program_.routines[instruction.a].parameter_slots > routine_.frame_slots) {
            return "more arguments than slots";
        }
        if (operand.sort == Sort::result && !exists(*program_.routines[instruction.a].result)) {
            return "the result's type does not exist";
        }
        const SlotRange range = slots_of(program_, instruction, operand, routine_.result);
        if (range.count == 0) return std::nullopt;
        if (std::uint64_t{range.first} + range.count > routine_.frame_slots) {
            return fmt::format("slot {} is out of the frame", range.first + range.count - 1);
        }
        const std::vector<bool> expected = expected_references(instruction, operand.sort, range);
        for (std::uint32_t i = 0; i < range.count; ++i) {
            if (expected[i] != holds_reference_[range.first + i]) {
                return fmt::format("slot {} holds {}", range.first + i,
                                   holds_reference_[range.first + i] ? "a reference" : "a word");
            }
        }
        return std::nullopt;
    }

    // Of consecutive values of these types.
    std::vector<bool> pattern(const std::vector<TypeId>& types) const {
        std::vector<bool> references;
        for (const TypeId type : types) {
            if (!exists(type)) continue;
            const Layout& layout = program_.layout(type);
            for (std::uint32_t slot = 0; slot < layout.slots; ++slot) {
                references.push_back(holds_reference(layout, slot));
            }
        }
        return references;
    }

    std::vector<bool> expected_references(const Instruction& instruction, Sort sort,
                                          const SlotRange& range) const {
        std::vector<bool> references;
        switch (sort) {
            case Sort::reference:
                references.assign(1, true);
                break;
            case Sort::element:
            case Sort::elements: {
                const Type& type = program_.types[instruction.d];
                if (type.kind != TypeKind::array) break;
                const std::vector<bool> one = pattern({type.element});
                for (std::uint32_t i = 0; i < range.count; ++i) {
                    references.push_back(one[i % one.size()]);
                }
                break;
            }
            case Sort::value:
                references = pattern({instruction.d});
                break;
            case Sort::arguments: {
                std::vector<TypeId> types;
                for (const Parameter& each : program_.routines[instruction.a].parameters) {
                    types.push_back(each.type);
                }
                references = pattern(types);
                break;
            }
            case Sort::result:
                references = pattern({*program_.routines[instruction.a].result});
                break;
            case Sort::own_result:
                references = pattern({*routine_.result});
                break;
            case Sort::listed:
                references = pattern(program_.type_lists[instruction.d]);
                break;
            default:
                break;
        }
        references.resize(range.count, false);
        return references;
    }

    const Program& program_;
    const Routine& routine_;
    std::vector<bool> holds_reference_;
};

// Everything that a type names exists and nests within bounds, and its layout is the right one.
class TypeCheck {
  public:
    explicit TypeCheck(const Program& program) : program_(program) {}

    Defect check() {
        for (std::size_t id = 0; id < program_.types.size(); ++id) {
            if (auto defect = check_parts(id)) return defect;
        }
        for (std::size_t id = 0; id < program_.types.size(); ++id) {
            if (!depth_fits(static_cast<TypeId>(id))) {
                return fmt::format("type {} nests too deeply", id);
            }
        }
        Program again;
        again.types = program_.types;
        for (Type& type : again.types) type.layout = Layout{0, {}};
        for (Type& type : again.types) {
            for (Variant& variant : type.variants) variant.slots.clear();
        }
        if (!lay_out(again, slots_max) || again.types != program_.types) {
            return "the layout of the types is wrong";
        }
        // Named types with one name are different ones, in different modules.
        std::vector<std::tuple<TypeKind, TypeId, std::vector<TypeId>>> seen;
        for (const Type& type : program_.types) {
            const bool named = type.kind == TypeKind::structure ||
                               type.kind == TypeKind::enumeration ||
                               type.kind == TypeKind::union_of;
            if (named) continue;
            std::vector<TypeId> fields;
            for (const Field& field : type.fields) fields.push_back(field.type);
            seen.emplace_back(type.kind, has_element(type) ? type.element : 0, std::move(fields));
        }
        std::sort(seen.begin(), seen.end());
        if (std::adjacent_find(seen.begin(), seen.end()) != seen.end()) {
            return "one type has two numbers";
        }
        return std::nullopt;
    }

  private:
    static constexpr std::uint32_t slots_max = 1u << 16;
    static constexpr std::size_t variants_max = 1u << 16;

    static bool has_element(const Type& type) {
        return type.kind == TypeKind::array || is_port(type.kind);
    }
    Defect check_parts(std::size_t id) const {
        const Type& type = program_.types[id];
        if (type.kind > TypeKind::union_of) return fmt::format("type {} is of no kind", id);
        if (has_element(type) && type.element >= program_.types.size()) {
            return fmt::format("the element of type {} does not exist", id);
        }
        const bool has_variants =
            type.kind == TypeKind::union_of || type.kind == TypeKind::enumeration;
        if (has_variants != !type.variants.empty() || type.variants.size() > variants_max) {
            return fmt::format("type {} has the wrong number of variants", id);
        }
        const auto exist = [&](const std::vector<Field>& fields) {
            return std::all_of(fields.begin(), fields.end(), [&](const Field& field) {
                if (field.type >= program_.types.size()) return false;
                return !field.boxed || program_.types[field.type].kind == TypeKind::array;
            });
        };
        bool complete = exist(type.fields);
        for (const Variant& variant : type.variants) complete = complete && exist(variant.fields);
        if (!complete) return fmt::format("a field of type {} does not exist", id);
        return std::nullopt;
    }
    // How deep it nests through what cannot lead back to itself. Where a type may contain itself
    // through an array, values nest as they were made, which the machine bounds.
    bool depth_fits(TypeId id) {
        const Type* type = &program_.types[id];
        for (std::size_t depth = 0; has_element(*type); ++depth) {
            if (depth == type_depth_max) return false;
            type = &program_.types[type->element];
        }
        return true;
    }

    const Program& program_;
};

Defect check_types(const Program& program) {
    if (auto defect = TypeCheck(program).check()) return defect;
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
    for (const Link& link : connector.links) {
        if (link.type >= program.types.size() || !is_port(program.types[link.type].kind) ||
            link.peer >= connector.peers.size()) {
            return fmt::format("'{}' is no link", link.name);
        }
        if (next >= body.parameters.size() || body.parameters[next].type != link.type) {
            return fmt::format("link '{}' does not fit the connector's body", link.name);
        }
        ++next;
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
