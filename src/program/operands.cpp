// SPDX-License-Identifier: MIT
#include "program/operands.hpp"

#include <algorithm>
#include <iterator>

namespace reowolf::program {
namespace {

struct SortName {
    std::string_view name;
    Sort sort;
};
constexpr SortName sort_names[] = {
    {"word", Sort::word},
    {"reference", Sort::reference},
    {"element", Sort::element},
    {"elements", Sort::elements},
    {"value", Sort::value},
    {"bounds", Sort::bounds},
    {"arguments", Sort::arguments},
    {"result", Sort::result},
    {"own_result", Sort::own_result},
    {"listed", Sort::listed},
    {"number", Sort::number},
    {"text", Sort::text},
    {"target", Sort::target},
    {"count", Sort::count},
    {"type", Sort::type},
    {"list", Sort::list},
    {"routine", Sort::routine},
    {"place", Sort::place},
    {"immediate", Sort::immediate},
    {"constant", Sort::constant},
};

struct DemandName {
    std::string_view name;
    Demand demand;
};
constexpr DemandName demand_names[] = {
    {"integer", Demand::integer},
    {"bits", Demand::bits},
    {"discrete", Demand::discrete},
    {"floating", Demand::floating},
    {"convertible", Demand::convertible},
    {"positive", Demand::positive},
    {"of_kind", Demand::of_kind},
    {"below_width", Demand::below_width},
    {"truth", Demand::truth},
    {"word_of_element", Demand::word_of_element},
    {"array", Demand::array},
    {"array_or_string", Demand::array_or_string},
    {"array_of_bytes", Demand::array_of_bytes},
    {"array_of_aggregates", Demand::array_of_aggregates},
    {"array_of_arrays", Demand::array_of_arrays},
};

// These are evaluated at compile time only: what is misspelt in opcodes.def reaches a throw and
// does not compile.
constexpr Sort sort_named(std::string_view name) {
    for (const SortName& known : sort_names) {
        if (known.name == name) return known.sort;
    }
    throw "opcodes.def: unknown sort of operand";
}

constexpr Access access_named(char name) {
    switch (name) {
        case ':':
            return Access::none;
        case '<':
            return Access::read;
        case '=':
            return Access::write;
        case '-':
            return Access::take;
        case '+':
            return Access::change;
        default:
            throw "opcodes.def: unknown access to an operand";
    }
}

constexpr Demand demand_named(std::string_view name) {
    for (const DemandName& known : demand_names) {
        if (known.name == name) return known.demand;
    }
    throw "opcodes.def: unknown demand";
}

// The first word, which is taken off.
constexpr std::string_view next_word(std::string_view& words) {
    const std::size_t end = words.find(' ');
    const std::string_view word = words.substr(0, end);
    words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
    return word;
}

}  // namespace

constexpr Shape::Shape(std::string_view shape_name, std::string_view shape_fields,
                       std::string_view roles, Harm shape_harm, std::string_view demands)
    : name(shape_name), harm(shape_harm), fields(shape_fields) {
    while (!roles.empty()) {
        const std::string_view role = next_word(roles);
        operands_[count_++] = {role[0], access_named(role[1]), sort_named(role.substr(2))};
    }
    while (!demands.empty()) {
        const std::string_view demand = next_word(demands);
        requirements_[requirement_count_++] = {demand[0], demand_named(demand.substr(2))};
    }
}

namespace {

constexpr Shape shapes[] = {
#define OPCODE(name, operands, roles, harm, demands, effect) \
    Shape(#name, operands, roles, Harm::harm, demands),
#include "program/opcodes.def"
#undef OPCODE
};

}  // namespace

const Operand* Shape::find(char wanted) const {
    for (const Operand& operand : operands()) {
        if (operand.field == wanted) return &operand;
    }
    return nullptr;
}

const Shape& shape(Opcode opcode) {
    return shapes[static_cast<std::size_t>(opcode)];
}

std::uint32_t field(const Instruction& instruction, char name) {
    switch (name) {
        case 'a':
            return instruction.a;
        case 'b':
            return instruction.b;
        case 'c':
            return instruction.c;
        case 'd':
            return instruction.d;
        default:
            return instruction.e;
    }
}

namespace {

// Of an array or a string, whose elements are characters.
std::uint32_t element_slots(const Program& program, TypeId container) {
    const Type& type = program.types[container];
    return type.kind == TypeKind::array ? program.layout(type.element).slots : 1;
}

}  // namespace

SlotRange slots_of(const Program& program, const Instruction& instruction, Operand operand,
                   std::optional<TypeId> own_result) {
    SlotRange range{operand, field(instruction, operand.field), 0};
    switch (operand.sort) {
        case Sort::word:
        case Sort::reference:
            range.count = 1;
            break;
        case Sort::element:
            range.count = element_slots(program, instruction.d);
            break;
        case Sort::value:
            range.count = program.layout(instruction.d).slots;
            break;
        case Sort::result:
            range.count = program.layout(*program.routines[instruction.a].result).slots;
            break;
        case Sort::own_result:
            range.count = own_result ? program.layout(*own_result).slots : 1;
            break;
        case Sort::bounds:
            range.count = 2;
            break;
        case Sort::elements: {
            const std::uint64_t all =
                std::uint64_t{instruction.c} * element_slots(program, instruction.d);
            // Verified to be in the frame; what is not must not seem to be.
            range.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(all, 1u << 31));
            break;
        }
        case Sort::listed:
            for (const TypeId type : program.type_lists[instruction.d]) {
                range.count += program.layout(type).slots;
            }
            break;
        case Sort::arguments:
            range.count = program.routines[instruction.a].parameter_slots;
            break;
        default:
            break;
    }
    return range;
}

}  // namespace reowolf::program
