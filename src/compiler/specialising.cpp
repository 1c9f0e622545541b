// SPDX-License-Identifier: MIT
// Where an instruction does more than one thing: it compares and jumps, holds a number that the
// text gives, or reaches into an array.
#include <limits>

#include "compiler/generator.hpp"

namespace reowolf::compiler {

using check::BinaryOperator;
using check::Expression;
using check::UnaryOperator;

namespace {

bool is_discrete(TypeKind kind) {
    return program::is_integer(kind) || kind == TypeKind::boolean || kind == TypeKind::character;
}

bool is_scalar(TypeKind kind) {
    return !program::is_reference(kind) && !program::is_aggregate(kind);
}

// What holds of (b, a) when `op` holds of (a, b).
BinaryOperator mirrored(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::less:
            return BinaryOperator::greater;
        case BinaryOperator::greater:
            return BinaryOperator::less;
        case BinaryOperator::less_equal:
            return BinaryOperator::greater_equal;
        case BinaryOperator::greater_equal:
            return BinaryOperator::less_equal;
        default:
            return op;
    }
}

// What holds of whole numbers when `op` does not.
BinaryOperator opposite(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::less:
            return BinaryOperator::greater_equal;
        case BinaryOperator::greater:
            return BinaryOperator::less_equal;
        case BinaryOperator::less_equal:
            return BinaryOperator::greater;
        case BinaryOperator::greater_equal:
            return BinaryOperator::less;
        case BinaryOperator::equal:
            return BinaryOperator::not_equal;
        default:
            return BinaryOperator::equal;
    }
}

bool compares(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::less:
        case BinaryOperator::greater:
        case BinaryOperator::less_equal:
        case BinaryOperator::greater_equal:
        case BinaryOperator::equal:
        case BinaryOperator::not_equal:
            return true;
        default:
            return false;
    }
}

bool tests_equality(BinaryOperator op) {
    return op == BinaryOperator::equal || op == BinaryOperator::not_equal;
}

// A jump that compares with a number.
struct ByNumber {
    Opcode opcode = Opcode::jump_eq_number;
    std::int32_t number = 0;
};

std::optional<ByNumber> by_number(BinaryOperator op, TypeKind kind, std::int32_t number) {
    if (number < 0 && !program::is_signed(kind)) return std::nullopt;
    const bool is_last = number == std::numeric_limits<std::int32_t>::max();
    switch (op) {
        case BinaryOperator::less:
            return ByNumber{Opcode::jump_lt_number, number};
        case BinaryOperator::greater_equal:
            return ByNumber{Opcode::jump_ge_number, number};
        // The next number need not be one of the kind: what is compared has 64 bits.
        case BinaryOperator::less_equal:
            if (is_last) return std::nullopt;
            return ByNumber{Opcode::jump_lt_number, number + 1};
        case BinaryOperator::greater:
            if (is_last) return std::nullopt;
            return ByNumber{Opcode::jump_ge_number, number + 1};
        case BinaryOperator::equal:
            return ByNumber{Opcode::jump_eq_number, number};
        default:
            return ByNumber{Opcode::jump_ne_number, number};
    }
}

}  // namespace

std::optional<std::int32_t> Generator::small_number(const Expression& of) {
    if (!is_discrete(kind(of.type))) return std::nullopt;
    if (const auto* number = std::get_if<check::Number>(&of.node)) {
        const auto value = static_cast<std::int64_t>(number->bits);
        if (value < std::numeric_limits<std::int32_t>::min() ||
            value > std::numeric_limits<std::int32_t>::max()) {
            return std::nullopt;
        }
        return static_cast<std::int32_t>(value);
    }
    if (const auto* unary = std::get_if<check::Unary>(&of.node)) {
        const bool negates = unary->op == UnaryOperator::minus && program::is_signed(kind(of.type));
        const auto value = negates ? small_number(*unary->of) : std::nullopt;
        // What is above 0 has its negative in the same kind.
        if (value && *value > 0) return -*value;
        return std::nullopt;
    }
    if (const auto* call = std::get_if<check::Call>(&of.node)) {
        const check::Routine& called = module_.routines[check::RoutineId{call->routine}];
        if (!called.constant) return std::nullopt;
        const auto& initial = std::get<check::Return>(called.body.statements[0]->node).value;
        if (std::holds_alternative<check::Number>(initial->node)) return small_number(*initial);
    }
    return std::nullopt;
}

bool Generator::branch_comparing(const check::Binary& of, Span span, Label& to, bool when) {
    const TypeKind compared = kind(of.left->type);
    if (!compares(of.op) || !is_scalar(compared)) return false;
    if (program::is_float(compared)) {
        branch_floats(of, span, to, when);
        return true;
    }
    if (!tests_equality(of.op) && !is_discrete(compared)) return false;
    const BinaryOperator op = when ? of.op : opposite(of.op);
    for (const bool mirrors : {false, true}) {
        const auto number = small_number(mirrors ? *of.left : *of.right);
        if (!number) continue;
        const auto with = by_number(mirrors ? mirrored(op) : op, compared, *number);
        if (!with) continue;
        const Operand operand = value(mirrors ? *of.right : *of.left);
        jump(span,
             {.opcode = with->opcode,
              .kind = compared,
              .b = operand.slot,
              .c = static_cast<std::uint32_t>(with->number)},
             to);
        release(span, operand);
        return true;
    }
    const Operand left = value(*of.left);
    const Operand right = value(*of.right);
    const auto emit_jump = [&](Opcode opcode, Slot b, Slot c) {
        jump(span, {.opcode = opcode, .kind = compared, .b = b, .c = c}, to);
    };
    switch (op) {
        case BinaryOperator::less:
            emit_jump(Opcode::jump_lt, left.slot, right.slot);
            break;
        case BinaryOperator::greater:
            emit_jump(Opcode::jump_lt, right.slot, left.slot);
            break;
        case BinaryOperator::less_equal:
            emit_jump(Opcode::jump_le, left.slot, right.slot);
            break;
        case BinaryOperator::greater_equal:
            emit_jump(Opcode::jump_le, right.slot, left.slot);
            break;
        case BinaryOperator::equal:
            emit_jump(Opcode::jump_eq, left.slot, right.slot);
            break;
        default:
            emit_jump(Opcode::jump_ne, left.slot, right.slot);
            break;
    }
    release(span, right);
    release(span, left);
    return true;
}

// Their comparisons have no opposite: of a nan and a number neither '<' nor '>=' is true.
void Generator::branch_floats(const check::Binary& of, Span span, Label& to, bool when) {
    Operand left = value(*of.left);
    Operand right = value(*of.right);
    Opcode opcode = Opcode::jump_float_eq;
    bool wanted = when;
    bool swaps = false;
    switch (of.op) {
        case BinaryOperator::less:
            opcode = Opcode::jump_float_lt;
            break;
        case BinaryOperator::greater:
            opcode = Opcode::jump_float_lt;
            swaps = true;
            break;
        case BinaryOperator::less_equal:
            opcode = Opcode::jump_float_le;
            break;
        case BinaryOperator::greater_equal:
            opcode = Opcode::jump_float_le;
            swaps = true;
            break;
        case BinaryOperator::not_equal:
            wanted = !when;
            break;
        default:
            break;
    }
    jump(span,
         {.opcode = opcode,
          .kind = kind(of.left->type),
          .b = swaps ? right.slot : left.slot,
          .c = swaps ? left.slot : right.slot,
          .d = wanted ? 1u : 0u},
         to);
    release(span, right);
    release(span, left);
}

bool Generator::operation_with_number(Span span, BinaryOperator op, TypeKind of, Slot to, Slot left,
                                      std::int32_t right) {
    if (!program::is_integer(of)) return false;
    const auto width = static_cast<std::int32_t>(program::element_size(of) * 8);
    Opcode opcode = Opcode::add_number;
    switch (op) {
        case BinaryOperator::add:
            break;
        case BinaryOperator::subtract:
            if (right == std::numeric_limits<std::int32_t>::min()) return false;
            right = -right;
            break;
        case BinaryOperator::multiply:
            opcode = Opcode::mul_number;
            break;
        case BinaryOperator::divide:
            if (right <= 0) return false;
            opcode = Opcode::div_number;
            break;
        case BinaryOperator::remainder:
            if (right <= 0) return false;
            opcode = Opcode::rem_number;
            break;
        case BinaryOperator::bit_and:
            if (right < 0 && !program::is_signed(of)) return false;
            opcode = Opcode::and_number;
            break;
        case BinaryOperator::shift_left:
        case BinaryOperator::shift_right:
            if (right < 0 || right >= width) return false;
            opcode = op == BinaryOperator::shift_left ? Opcode::shl_number : Opcode::shr_number;
            break;
        default:
            return false;
    }
    emit(
        span,
        {.opcode = opcode, .kind = of, .a = to, .b = left, .c = static_cast<std::uint32_t>(right)});
    return true;
}

void Generator::operation_with(Span span, BinaryOperator op, check::Term left_type, Slot to,
                               Slot left, const Expression& right) {
    const auto number = small_number(right);
    if (number && operation_with_number(span, op, kind(left_type), to, left, *number)) return;
    const Operand operand = value(right);
    operation(span, op, left_type, right.type, to, left, operand.slot);
    release(span, operand);
}

bool Generator::is_word(program::TypeId type) const {
    return is_scalar(pool_[type].kind);
}

// A field of an element of an array, read without the rest of the element.
bool Generator::put_part_into(const check::Field& of, const Expression& whole, Slot to) {
    if (!is_word(type(whole.type))) return false;
    std::uint32_t offset = field_offset(of.of->type, of.field);
    const Expression* within = of.of.get();
    while (const auto* field = std::get_if<check::Field>(&within->node)) {
        offset += field_offset(field->of->type, field->field);
        within = field->of.get();
    }
    const auto* index = std::get_if<check::Index>(&within->node);
    if (index == nullptr) return false;
    const Operand container = value(*index->of);
    const Operand number = value(*index->index);
    emit(whole.span, {.opcode = Opcode::index_part,
                      .kind = kind(index->index->type),
                      .a = to,
                      .b = container.slot,
                      .c = number.slot,
                      .d = type(index->of->type),
                      .e = offset});
    release(whole.span, number);
    release(whole.span, container);
    return true;
}

// So that what is evaluated earlier than it stands in the text fails no earlier.
bool Generator::cannot_fail(const Expression& of) {
    if (std::holds_alternative<check::Number>(of.node) ||
        std::holds_alternative<check::Use>(of.node)) {
        return true;
    }
    if (const auto* field = std::get_if<check::Field>(&of.node)) return cannot_fail(*field->of);
    if (const auto* unary = std::get_if<check::Unary>(&of.node)) return cannot_fail(*unary->of);
    const auto* binary = std::get_if<check::Binary>(&of.node);
    if (binary == nullptr) return false;
    switch (binary->op) {
        case BinaryOperator::add:
        case BinaryOperator::subtract:
        case BinaryOperator::multiply:
        case BinaryOperator::bit_and:
        case BinaryOperator::bit_or:
        case BinaryOperator::bit_xor:
            return cannot_fail(*binary->left) && cannot_fail(*binary->right);
        default:
            return false;
    }
}

// An element of an array in an array, read without the array that it is in.
bool Generator::put_nested_into(const check::Index& of, const Expression& whole, Slot to) {
    const auto* outer = std::get_if<check::Index>(&of.of->node);
    if (outer == nullptr || !is_word(type(whole.type)) || !cannot_fail(*of.index)) return false;
    if (kind(of.of->type) != TypeKind::array) return false;
    // Ports stand for more than their bits.
    if (program::is_port(kind(whole.type))) return false;
    const Operand container = value(*outer->of);
    const Operand number = value(*outer->index);
    const Operand inner = value(*of.index);
    emit(whole.span, {.opcode = Opcode::index_nested,
                      .kind = kind(outer->index->type),
                      .kind2 = kind(of.index->type),
                      .a = to,
                      .b = container.slot,
                      .c = number.slot,
                      .d = type(outer->of->type),
                      .e = inner.slot});
    release(whole.span, inner);
    release(whole.span, number);
    release(whole.span, container);
    return true;
}

std::optional<Generator::DirectPlace> Generator::direct_place(const check::Place& place) {
    const program::TypeId stored = type(place.type);
    if (!is_word(stored) || program::is_port(pool_[stored].kind)) return std::nullopt;
    DirectPlace direct;
    while (!place.steps[direct.first].index) ++direct.first;
    std::size_t next = direct.first + 1;
    if (next == place.steps.size()) return direct;
    if (place.steps[next].index) {
        if (next + 1 != place.steps.size()) return std::nullopt;
        direct.read = Opcode::index_nested;
        direct.write = Opcode::set_index_nested;
        direct.last = static_cast<std::uint32_t>(next);
        return direct;
    }
    direct.read = Opcode::index_part;
    direct.write = Opcode::set_index_part;
    for (; next < place.steps.size(); ++next) {
        if (place.steps[next].index) return std::nullopt;
        direct.last += field_offset(place.steps[next].container, place.steps[next].field);
    }
    return direct;
}

void Generator::assign_directly(const check::Assign& of, Span span, DirectPlace direct, Slot array,
                                const std::vector<Operand>& indices) {
    const check::Place& place = of.place;
    program::Instruction instruction{.kind = kind(place.steps[direct.first].index->type),
                                     .d = type(place.steps[direct.first].container)};
    if (direct.read == Opcode::index_part) {
        instruction.e = direct.last;
    } else if (direct.read == Opcode::index_nested) {
        instruction.kind2 = kind(place.steps[direct.last].index->type);
        instruction.e = indices[direct.last].slot;
    }
    const Slot number = indices[direct.first].slot;
    const auto write = [&](Slot from) {
        instruction.opcode = direct.write;
        instruction.a = array;
        instruction.b = number;
        instruction.c = from;
        emit(span, instruction);
    };
    const program::TypeId stored = type(place.type);
    if (!of.op) {
        const Operand right = value(*of.value);
        write(right.slot);
        release(span, right);
    } else {
        // The right side first: it may fail, or read what is changed.
        const bool is_number = small_number(*of.value).has_value();
        const Operand right = is_number ? Operand{} : value(*of.value);
        const Slot changed = take(stored);
        instruction.opcode = direct.read;
        instruction.a = changed;
        instruction.b = array;
        instruction.c = number;
        emit(span, instruction);
        if (is_number) {
            operation_with(span, *of.op, place.type, changed, changed, *of.value);
        } else {
            operation(span, *of.op, place.type, of.value->type, changed, changed, right.slot);
            release(span, right);
        }
        write(changed);
        give_back(changed, stored);
    }
    for (std::size_t i = 0; i < indices.size(); ++i) {
        if (place.steps[i].index) release(span, indices[i]);
    }
}

}  // namespace reowolf::compiler
