// SPDX-License-Identifier: MIT
#include "machine/prepared.hpp"

#include <limits>

#include "machine/arithmetic.hpp"
#include "machine/few.hpp"
#include "program/harm.hpp"

namespace reowolf::machine {
namespace {

using program::Instruction;
using program::Opcode;
using program::Program;
using program::Routine;
using program::Type;
using program::TypeKind;

constexpr std::uint32_t extra_max = std::numeric_limits<std::uint16_t>::max();

// The integer kind whose bits are extended alike.
TypeKind as_integer(TypeKind kind) {
    if (program::is_integer(kind)) return kind;
    switch (width_of(kind).bits) {
        case 8:
            return TypeKind::u8;
        case 16:
            return TypeKind::u16;
        case 32:
            return TypeKind::u32;
        default:
            return TypeKind::u64;
    }
}

// The one for this kind, of those that begin with the one for u8.
Code of_kind(Code for_u8, TypeKind kind) {
    const int distance = static_cast<int>(as_integer(kind)) - static_cast<int>(TypeKind::u8);
    return static_cast<Code>(static_cast<int>(for_u8) + distance);
}

// The same for floats.
Code of_float(Code for_f32, TypeKind kind) {
    return static_cast<Code>(static_cast<int>(for_f32) + (kind == TypeKind::f64 ? 1 : 0));
}

class Translation {
  public:
    Translation(const Program& program, const Routine& routine)
        : program_(program), routine_(routine) {}

    Operation operation(std::uint32_t pc) const {
        const Instruction& i = routine_.code[pc];
        switch (i.opcode) {
            case Opcode::copy_ref:
                return plain(Code::copy_ref, i);
            case Opcode::take_ref:
                return plain(Code::take_ref, i);
            case Opcode::drop_ref:
                return plain(Code::drop_ref, i);
            case Opcode::move:
                return plain(Code::move, i);
            case Opcode::constant:
                return {Code::constant, 0, i.a, i.c, i.d};
            case Opcode::copy_value:
            case Opcode::take_value:
            case Opcode::clear_value:
                return aggregate(i);
            case Opcode::array:
                if (i.c != 1 || !program::is_aggregate(element_kind(i.d))) return elsewhere();
                return few(Code::box_few, i, element_of(i.d));
            case Opcode::unbox:
                return few(Code::unbox_few, i, element_of(i.d));
            case Opcode::take_unbox:
                return few(Code::take_unbox_few, i, element_of(i.d));

            case Opcode::add:
                return plain(of_kind(Code::add_u8, i.kind), i);
            case Opcode::sub:
                return plain(of_kind(Code::sub_u8, i.kind), i);
            case Opcode::mul:
                return plain(of_kind(Code::mul_u8, i.kind), i);
            case Opcode::div:
                return plain(of_kind(Code::div_u8, i.kind), i);
            case Opcode::rem:
                return plain(of_kind(Code::rem_u8, i.kind), i);
            case Opcode::shl:
                return plain(of_kind(Code::shl_u8, i.kind), i);
            case Opcode::shr:
                return plain(of_kind(Code::shr_u8, i.kind), i);
            case Opcode::neg:
                return plain(of_kind(Code::neg_u8, i.kind), i);
            case Opcode::bit_not:
                return plain(of_kind(Code::bit_not_u8, i.kind), i);
            case Opcode::bit_and:
                return plain(Code::bit_and, i);
            case Opcode::bit_or:
                return plain(Code::bit_or, i);
            case Opcode::bit_xor:
                return plain(Code::bit_xor, i);
            case Opcode::logical_not:
                return plain(Code::logical_not, i);
            case Opcode::add_number:
                return plain(of_kind(Code::add_number_u8, i.kind), i);
            case Opcode::mul_number:
                return plain(of_kind(Code::mul_number_u8, i.kind), i);
            case Opcode::div_number:
                return plain(of_kind(Code::div_number_u8, i.kind), i);
            case Opcode::rem_number:
                return plain(of_kind(Code::rem_number_u8, i.kind), i);
            case Opcode::shl_number:
                return plain(of_kind(Code::shl_number_u8, i.kind), i);
            case Opcode::shr_number:
                return plain(of_kind(Code::shr_number_u8, i.kind), i);
            case Opcode::and_number:
                return plain(Code::and_number, i);
            case Opcode::eq:
                return plain(Code::eq, i);
            case Opcode::ne:
                return plain(Code::ne, i);
            case Opcode::lt:
                return plain(of_kind(Code::lt_u8, i.kind), i);
            case Opcode::le:
                return plain(of_kind(Code::le_u8, i.kind), i);

            case Opcode::float_add:
                return plain(of_float(Code::float_add_f32, i.kind), i);
            case Opcode::float_sub:
                return plain(of_float(Code::float_sub_f32, i.kind), i);
            case Opcode::float_mul:
                return plain(of_float(Code::float_mul_f32, i.kind), i);
            case Opcode::float_div:
                return plain(of_float(Code::float_div_f32, i.kind), i);
            case Opcode::float_neg:
                return plain(of_float(Code::float_neg_f32, i.kind), i);
            case Opcode::float_eq:
                return plain(of_float(Code::float_eq_f32, i.kind), i);
            case Opcode::float_lt:
                return plain(of_float(Code::float_lt_f32, i.kind), i);
            case Opcode::float_le:
                return plain(of_float(Code::float_le_f32, i.kind), i);
            case Opcode::float_cast:
                // A number of any kind but u64 is one of 64 bits with a sign.
                if (i.kind == TypeKind::f64 && !program::is_float(i.kind2) &&
                    i.kind2 != TypeKind::u64) {
                    return plain(Code::signed_to_f64, i);
                }
                return elsewhere();
            case Opcode::cast:
                return cast(i);

            case Opcode::jump:
                if (i.a > pc) return jump(Code::jump, i, pc);
                return {Code::jump_back, 0, i.a - pc, 0, pc - i.a + 1};
            case Opcode::jump_if:
                return jump(Code::jump_if, i, pc);
            case Opcode::jump_unless:
                return jump(Code::jump_unless, i, pc);
            case Opcode::jump_eq:
                return jump(Code::jump_eq, i, pc);
            case Opcode::jump_ne:
                return jump(Code::jump_ne, i, pc);
            case Opcode::jump_lt:
                return jump(of_kind(Code::jump_lt_u8, i.kind), i, pc);
            case Opcode::jump_le:
                return jump(of_kind(Code::jump_le_u8, i.kind), i, pc);
            case Opcode::jump_eq_number:
                return jump(Code::jump_eq_number, i, pc);
            case Opcode::jump_ne_number:
                return jump(Code::jump_ne_number, i, pc);
            case Opcode::jump_lt_number:
                return jump(of_kind(Code::jump_lt_number_u8, i.kind), i, pc);
            case Opcode::jump_ge_number:
                return jump(of_kind(Code::jump_ge_number_u8, i.kind), i, pc);
            case Opcode::jump_float_eq:
                return jump(of_float(Code::jump_float_eq_f32, i.kind), i, pc);
            case Opcode::jump_float_lt:
                return jump(of_float(Code::jump_float_lt_f32, i.kind), i, pc);
            case Opcode::jump_float_le:
                return jump(of_float(Code::jump_float_le_f32, i.kind), i, pc);
            case Opcode::count_up:
                return jump(of_kind(Code::count_up_u8, i.kind), i, pc);

            case Opcode::index: {
                const TypeKind element = element_kind(i.d);
                if (program::is_aggregate(element)) return elsewhere();
                if (program::is_reference(element)) return plain(Code::index_ref, i);
                return plain(of_kind(Code::index_u8, element), i);
            }
            case Opcode::set_index: {
                const TypeKind element = element_kind(i.d);
                if (program::is_aggregate(element) || program::is_reference(element)) {
                    return elsewhere();
                }
                return plain(of_kind(Code::set_index_u8, element), i);
            }
            case Opcode::index_part:
                return with_extra(Code::index_part, i, i.e);
            case Opcode::set_index_part:
                return with_extra(Code::set_index_part, i, i.e);
            case Opcode::index_nested:
                return with_extra(of_kind(Code::index_nested_u8, inner_kind(i.d)), i, i.e);
            case Opcode::set_index_nested:
                return with_extra(of_kind(Code::set_index_nested_u8, inner_kind(i.d)), i, i.e);
            case Opcode::length:
                return plain(Code::length, i);

            case Opcode::call:
                return plain(Code::call, i);
            case Opcode::ret: {
                const bool simple =
                    is_word(kind_of(*routine_.result)) && routine_.references.empty();
                if (simple) return plain(Code::ret_word, i);
                return few(Code::ret_few, i, *routine_.result, plain(Code::ret, i));
            }
            case Opcode::assert:
                return plain(Code::assert, i);
            case Opcode::get:
            case Opcode::put:
                return message(i, pc);
            case Opcode::sync_begin:
                return {sync(operation(pc + 1).code), 0, pc, 0, 0};
            case Opcode::sync_end:
                return {Code::sync_end, 1, 0, 0, pc};
            case Opcode::fork:
                return {Code::fork, 0, 0, 0, pc};
            case Opcode::fires:
            case Opcode::channel:
            case Opcode::spawn:
            case Opcode::print:
            case Opcode::end:
                return plain(Code::request, i);
            default:
                return elsewhere();
        }
    }

  private:
    static Operation plain(Code code, const Instruction& i) { return {code, 0, i.a, i.b, i.c}; }
    static Operation elsewhere() { return {Code::elsewhere, 0, 0, 0, 0}; }
    static Operation with_extra(Code code, const Instruction& i, std::uint32_t extra) {
        if (extra > extra_max) return elsewhere();
        return {code, static_cast<std::uint16_t>(extra), i.a, i.b, i.c};
    }
    static Operation jump(Code code, const Instruction& i, std::uint32_t pc) {
        return {code, static_cast<std::uint16_t>(i.d), i.a - pc, i.b, i.c};
    }

    // Of a block that begins so.
    static Code sync(Code first) {
        if (first == Code::get_last) return Code::sync_get_last;
        if (first == Code::put_last) return Code::sync_put_last;
        return Code::sync_begin;
    }

    // With the slots of a value of that type in the operation, if they are few.
    Operation few(Code code, const Instruction& i, program::TypeId type,
                  Operation otherwise = elsewhere()) const {
        const program::Layout& layout = program_.layout(type);
        if (layout.slots > Few::slots_max) return otherwise;
        const Few few = Few::of(layout);
        return {code, static_cast<std::uint16_t>(few.held), i.a, i.b, few.count};
    }

    program::TypeId element_of(program::TypeId array) const {
        return program_.types[array].element;
    }
    static bool is_word(TypeKind kind) {
        return !program::is_aggregate(kind) && !program::is_reference(kind);
    }
    TypeKind kind_of(program::TypeId type) const { return program_.types[type].kind; }
    // Of a string or array.
    TypeKind element_kind(program::TypeId container) const {
        const Type& type = program_.types[container];
        return type.kind == TypeKind::string ? TypeKind::character : kind_of(type.element);
    }
    TypeKind inner_kind(program::TypeId container) const {
        return element_kind(program_.types[container].element);
    }

    Operation message(const Instruction& i, std::uint32_t pc) const {
        const bool closes = program::closes_block(routine_, pc);
        if (!is_word(kind_of(i.d))) return with_extra(Code::request, i, closes ? 1 : 0);
        const bool gets = i.opcode == Opcode::get;
        if (!closes) return {gets ? Code::get_word : Code::put_word, 0, i.a, i.b, pc};
        return {gets ? Code::get_last : Code::put_last, after_block(pc), i.a, i.b, pc};
    }

    // How far it is from a message that closes its block to what is to be done next. Where nothing
    // but jumps comes in between, that is what follows the block.
    std::uint16_t after_block(std::uint32_t pc) const {
        std::uint32_t next = pc + 1;
        while (routine_.code[next].opcode == Opcode::jump && routine_.code[next].a > next) {
            next = routine_.code[next].a;
        }
        if (routine_.code[next].opcode == Opcode::sync_end) ++next;
        const std::uint32_t distance = next - pc;
        return static_cast<std::uint16_t>(distance <= extra_max ? distance : 1);
    }

    Operation aggregate(const Instruction& i) const {
        const program::Layout& layout = program_.layout(i.d);
        if (!layout.references.empty()) {
            return few(i.opcode == Opcode::copy_value   ? Code::copy_few
                       : i.opcode == Opcode::take_value ? Code::take_few
                                                        : Code::clear_few,
                       i, i.d);
        }
        return {i.opcode == Opcode::clear_value ? Code::clear_words : Code::move_words, 0, i.a, i.b,
                layout.slots};
    }

    static Operation cast(const Instruction& i) {
        const TypeKind to = i.kind;
        const TypeKind from = i.kind2;
        // Whose bits, extended to 64, are no number of the other: only these can be mistaken.
        const bool mistaken = (width_of(to).is_signed && from == TypeKind::u64) ||
                              (to == TypeKind::u64 && width_of(from).is_signed);
        if (to == TypeKind::boolean || mistaken) {
            return {Code::cast,
                    static_cast<std::uint16_t>(static_cast<unsigned>(to) |
                                               (static_cast<unsigned>(from) << 8)),
                    i.a, i.b, 0};
        }
        return plain(of_kind(Code::cast_same_u8, to), i);
    }

    const Program& program_;
    const Routine& routine_;
};

}  // namespace

PreparedProgram::PreparedProgram(const Program& program) {
    std::size_t size = 0;
    for (const Routine& routine : program.routines) size += routine.code.size();
    operations_.reserve(size);
    routines_.reserve(program.routines.size());
    for (const Routine& routine : program.routines) {
        PreparedRoutine prepared{.code = operations_.data() + operations_.size(),
                                 .routine = &routine,
                                 .frame_slots = routine.frame_slots,
                                 .parameter_slots = routine.parameter_slots,
                                 .parameter_references = 0};
        while (prepared.parameter_references < routine.references.size() &&
               routine.references[prepared.parameter_references] < routine.parameter_slots) {
            ++prepared.parameter_references;
        }
        routines_.push_back(prepared);
        const Translation translation(program, routine);
        for (std::uint32_t pc = 0; pc < routine.code.size(); ++pc) {
            operations_.push_back(translation.operation(pc));
        }
    }
}

}  // namespace reowolf::machine
