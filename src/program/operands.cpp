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

// These two are evaluated at compile time only: a misspelt role in opcodes.def reaches the throw
// and does not compile.
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

}  // namespace

constexpr Shape::Shape(std::string_view shape_name, std::string_view shape_fields,
                       std::string_view roles)
    : name(shape_name), fields(shape_fields) {
    while (!roles.empty()) {
        const std::size_t end = roles.find(' ');
        const std::string_view role = roles.substr(0, end);
        operands_[count_++] = {role[0], access_named(role[1]), sort_named(role.substr(2))};
        roles = end == std::string_view::npos ? std::string_view{} : roles.substr(end + 1);
    }
}

namespace {

constexpr Shape shapes[] = {
#define OPCODE(name, operands, roles, effect) Shape(#name, operands, roles),
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
