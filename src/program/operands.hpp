// SPDX-License-Identifier: MIT
// What is known of an instruction without running it: opcodes.def, read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "program/program.hpp"

namespace reowolf::program {

enum class Access : std::uint8_t { none, read, write, take, change };

enum class Sort : std::uint8_t {
    // Slots.
    word,        // a scalar or a port
    reference,   // a string or an array
    element,     // as an element of type d is
    elements,    // c consecutive slots, each as an element of type d is
    value,       // as type d is
    bounds,      // two consecutive words
    arguments,   // consecutive slots, as the parameters of routine a are
    result,      // as the result of routine a is
    own_result,  // as the result of the routine that the instruction stands in is
    listed,      // c consecutive slots, as the types of list d are
    // Fields that name no slot.
    number,     // a 64-bit number: this field and the next
    immediate,  // a number of 32 bits with a sign
    text,       // a string constant
    constant,   // a constant of type d
    target,     // an instruction
    count,      // how many
    type,       // a type
    list,       // a list of types
    routine,    // a routine
    place,      // 0, or 1 + a peer
};

struct Operand {
    char field = 0;  // 'a' to 'e'
    Access access = Access::none;
    Sort sort = Sort::word;
};

// What can happen instead of going on with the next instruction; see opcodes.def.
enum class Harm : std::uint8_t { none, fails, turns, calls, asks };

enum class Demand : std::uint8_t {
    // Of a kind.
    integer,
    bits,  // an integer or a boolean
    discrete,
    floating,
    convertible,  // it and the other are floats or discrete, and one of them is a float
    // Of a number.
    positive,
    of_kind,      // kind has it
    below_width,  // of kind
    truth,        // 0 or 1
    word_of_element,
    // Of a type.
    array,
    array_or_string,
    array_of_bytes,
    array_of_aggregates,
    array_of_arrays,  // of scalars
};

struct Requirement {
    char field = 0;  // 'a' to 'e', or 'k' or 'j' for a kind
    Demand demand = Demand::integer;
};

class Shape {
  public:
    std::string_view name;
    Harm harm = Harm::none;
    std::string_view fields;  // the operand column: "k a b c"

    std::span<const Operand> operands() const { return {operands_.data(), count_}; }
    std::span<const Requirement> requirements() const {
        return {requirements_.data(), requirement_count_};
    }
    const Operand* find(char field) const;

    constexpr Shape(std::string_view shape_name, std::string_view shape_fields,
                    std::string_view roles, Harm shape_harm, std::string_view demands);

  private:
    std::array<Operand, 5> operands_{};
    std::uint8_t count_ = 0;
    std::array<Requirement, 3> requirements_{};
    std::uint8_t requirement_count_ = 0;
};

const Shape& shape(Opcode opcode);

std::uint32_t field(const Instruction& instruction, char name);

// Consecutive slots that an instruction touches in one way.
struct SlotRange {
    Operand operand;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

// The slots that an operand stands for; none if it is not a slot. What the instruction names
// must exist. `own_result`: of the routine that it stands in.
SlotRange slots_of(const Program& program, const Instruction& instruction, Operand operand,
                   std::optional<TypeId> own_result);

}  // namespace reowolf::program
