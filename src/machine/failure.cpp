// SPDX-License-Identifier: MIT
#include "machine/failure.hpp"

#include <fmt/format.h>

#include "machine/arithmetic.hpp"
#include "machine/arrays.hpp"
#include "machine/utf8.hpp"
#include "machine/value.hpp"

namespace reowolf::machine {
namespace {

using program::Instruction;
using program::Opcode;
using program::Program;
using program::TypeKind;

std::string show_number(TypeKind kind, std::uint64_t bits) {
    if (width_of(kind).is_signed) return fmt::format("{}", static_cast<std::int64_t>(bits));
    return fmt::format("{}", bits);
}

// "the array has 3 elements"
std::string show_length(const Program& program, program::TypeId id, const Block* block) {
    const std::uint32_t length = length_of(block);
    const bool is_string = program.types[id].kind == TypeKind::string;
    return fmt::format("the {} has {} {}{}", is_string ? "string" : "array", length,
                       is_string ? "byte" : "element", length == 1 ? "" : "s");
}

std::string out_of_memory(const Limits& limits) {
    return fmt::format("out of memory: a value of more than {} bytes", limits.value_bytes_max);
}

std::string too_deep(const Limits& limits) {
    return fmt::format("out of memory: a value that nests more than {} levels deep",
                       limits.value_nesting_max);
}

// Whether an array of these elements would.
bool nests_too_deeply(const Program& program, const Limits& limits, program::TypeId element,
                      const Slot* slots, std::uint32_t count) {
    const program::Layout& layout = program.layout(element);
    Nested nested;
    for (std::uint32_t n = 0; n < count; ++n) {
        for (const std::uint32_t slot : layout.references) {
            nested.add(slots[n * layout.slots + slot].block);
        }
    }
    return nested.nesting >= limits.value_nesting_max;
}

std::string bad_shift(const Instruction& instruction, std::uint64_t count) {
    if (is_negative(instruction.kind2, count)) return "shift by a negative count";
    return fmt::format("shift by {}, but '{}' has {} bits", count, program::name(instruction.kind),
                       width_of(instruction.kind).bits);
}

std::string bad_index(const Program& program, const Instruction& instruction, std::uint64_t index,
                      const Block* block) {
    return fmt::format("index {} is out of bounds: {}", show_number(instruction.kind, index),
                       show_length(program, instruction.d, block));
}

// The one of the outer array, or else the one of the inner array.
std::string bad_nested_index(const Program& program, const Limits& limits,
                             const Instruction& instruction, const Slot* slots, const Block* outer,
                             std::uint64_t index) {
    if (index >= length_of(outer)) return bad_index(program, instruction, index, outer);
    const Block* inner = slots_at(outer, index)->block;
    const std::uint64_t inner_index = slots[instruction.e].bits;
    if (inner_index < length_of(inner)) return out_of_memory(limits);
    Instruction within = instruction;
    within.kind = instruction.kind2;
    within.d = program.types[instruction.d].element;
    return bad_index(program, within, inner_index, inner);
}

std::string bad_slice(const Program& program, const Limits& limits, const Instruction& instruction,
                      const Block* block, std::uint64_t low, std::uint64_t high) {
    const bool has_negative =
        is_negative(instruction.kind, low) || is_negative(instruction.kind2, high);
    if (!has_negative && low > high && low <= length_of(block)) {
        return fmt::format("slice {}..{} is out of bounds: it ends before it begins", low, high);
    }
    if (has_negative || low > length_of(block) || high > length_of(block)) {
        return fmt::format("slice {}..{} is out of bounds: {}", show_number(instruction.kind, low),
                           show_number(instruction.kind2, high),
                           show_length(program, instruction.d, block));
    }
    if (slice_fails(program, instruction, block, low, high)) {
        return "slice cuts a UTF-8 character in two";
    }
    return out_of_memory(limits);
}

// "0 to 255"
std::string show_range(TypeKind kind) {
    if (kind == TypeKind::boolean) return "0 or 1";
    const Width width = width_of(kind);
    if (!width.is_signed) return fmt::format("0 to {}", ~std::uint64_t{0} >> (64 - width.bits));
    const std::uint64_t largest = ~std::uint64_t{0} >> (65 - width.bits);
    return fmt::format("-{} to {}", largest + 1, largest);
}

std::string bad_cast(const Instruction& instruction, std::uint64_t bits) {
    return fmt::format("cannot cast {} to '{}' ({})", show_number(instruction.kind2, bits),
                       program::name(instruction.kind), show_range(instruction.kind));
}

}  // namespace

bool slice_fails(const Program& program, const Instruction& instruction, const Block* block,
                 std::uint64_t low, std::uint64_t high) {
    const std::uint64_t length = length_of(block);
    // Negative numbers are beyond every length.
    if (low > high || high > length) return true;
    if (program.types[instruction.d].kind != TypeKind::string) return false;
    const auto cuts = [&](std::uint64_t at) {
        return at < length && is_utf8_continuation(block->data()[at]);
    };
    return cuts(low) || cuts(high);
}

std::string explain_frames_overflow(const Limits& limits) {
    return fmt::format("stack overflow: frames of more than {} bytes", limits.frame_bytes_max);
}

std::string explain_failure(const Program& program, const Limits& limits,
                            const Instruction& instruction, const Slot* slots,
                            std::size_t call_depth) {
    const Instruction& i = instruction;
    switch (i.opcode) {
        case Opcode::div:
            return "division by zero";
        case Opcode::rem:
            return "remainder by zero";
        case Opcode::shl:
        case Opcode::shr:
            return bad_shift(i, slots[i.c].bits);
        case Opcode::cast:
            return bad_cast(i, slots[i.b].bits);
        case Opcode::float_cast:
            return fmt::format("cannot cast {} to '{}' ({})",
                               float_literal(i.kind2, slots[i.b].bits), program::name(i.kind),
                               show_range(i.kind));
        case Opcode::zeros:
            if (is_negative(i.kind, slots[i.b].bits)) {
                return fmt::format("cannot create {} bytes", show_number(i.kind, slots[i.b].bits));
            }
            return out_of_memory(limits);
        case Opcode::index:
        case Opcode::take_index:
            if (slots[i.c].bits < length_of(slots[i.b].block)) return out_of_memory(limits);
            return bad_index(program, i, slots[i.c].bits, slots[i.b].block);
        case Opcode::set_index:
            if (slots[i.b].bits < length_of(slots[i.a].block)) {
                const bool deep =
                    nests_too_deeply(program, limits, program.types[i.d].element, slots + i.c, 1);
                return deep ? too_deep(limits) : out_of_memory(limits);
            }
            return bad_index(program, i, slots[i.b].bits, slots[i.a].block);
        case Opcode::unbox:
        case Opcode::take_unbox:
            if (slots[i.b].block) return out_of_memory(limits);
            return "an empty box";
        case Opcode::index_part:
            return bad_index(program, i, slots[i.c].bits, slots[i.b].block);
        case Opcode::set_index_part:
            if (slots[i.b].bits < length_of(slots[i.a].block)) return out_of_memory(limits);
            return bad_index(program, i, slots[i.b].bits, slots[i.a].block);
        case Opcode::index_nested:
            return bad_nested_index(program, limits, i, slots, slots[i.b].block, slots[i.c].bits);
        case Opcode::set_index_nested:
            return bad_nested_index(program, limits, i, slots, slots[i.a].block, slots[i.b].bits);
        case Opcode::slice:
            return bad_slice(program, limits, i, slots[i.b].block, slots[i.c].bits,
                             slots[i.c + 1].bits);
        case Opcode::array:
            if (nests_too_deeply(program, limits, program.types[i.d].element, slots + i.b, i.c)) {
                return too_deep(limits);
            }
            return out_of_memory(limits);
        case Opcode::concat:
            return out_of_memory(limits);
        case Opcode::call:
            if (call_depth > limits.call_depth_max) {
                return fmt::format("stack overflow: more than {} calls", limits.call_depth_max);
            }
            return explain_frames_overflow(limits);
        case Opcode::assert:
            return "assertion failed";
        case Opcode::print:
            return fmt::format("out of memory: a line of more than {} bytes",
                               limits.value_bytes_max);
        default:
            return explain_frames_overflow(limits);
    }
}

}  // namespace reowolf::machine
