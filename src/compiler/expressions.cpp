// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>

#include "compiler/generator.hpp"

namespace reowolf::compiler {

using check::BinaryOperator;
using check::Expression;
using check::UnaryOperator;

namespace {

// So many slots a literal array takes at most, however long it is.
constexpr std::size_t elements_at_once = 64;

}  // namespace

std::optional<Generator::Operand> Generator::view(const Expression& of) {
    if (const auto* use = std::get_if<check::Use>(&of.node)) {
        return Operand{local_slots_[use->local], false, type(of.type)};
    }
    const auto* field = std::get_if<check::Field>(&of.node);
    if (field == nullptr) return std::nullopt;
    auto whole = view(*field->of);
    if (!whole) return std::nullopt;
    return Operand{whole->slot + field_offset(field->of->type, field->field), false, type(of.type)};
}

Generator::Operand Generator::value(const Expression& of) {
    if (const auto seen = view(of)) return *seen;
    return owned(of);
}

Generator::Operand Generator::owned(const Expression& of) {
    const program::TypeId of_type = type(of.type);
    const Slot slot = take(of_type);
    into(of, slot);
    return {slot, true, of_type};
}

void Generator::into(const Expression& of, Slot to) {
    std::visit([&](const auto& node) { put_into(node, of, to); }, of.node);
}

Generator::Block Generator::block(const std::vector<check::ExpressionPtr>& of, std::size_t begin,
                                  std::size_t end) {
    Block block;
    for (std::size_t i = begin; i < end; ++i) {
        const std::vector<bool> part = pattern(type(of[i]->type));
        block.references.insert(block.references.end(), part.begin(), part.end());
    }
    block.first = frame_.take_block(block.references);
    Slot next = block.first;
    for (std::size_t i = begin; i < end; ++i) {
        into(*of[i], next);
        next += pool_.layout(type(of[i]->type)).slots;
    }
    return block;
}

void Generator::put_into(const check::Invalid&, const Expression&, Slot) {}

void Generator::put_into(const check::Number& of, const Expression& whole, Slot to) {
    constant(whole.span, to, of.bits);
}

void Generator::put_into(const check::EnumValue& of, const Expression& whole, Slot to) {
    const check::DefinitionId definition = module_.terms.definition(whole.type);
    if (const auto computed = pool_.constant(definition, of.variant)) {
        return load(whole, *computed, to);
    }
    const check::Shape& shape = module_.types[definition].shapes.begin()->second;
    constant(whole.span, to, shape.variants[of.variant].value);
}

void Generator::load(const Expression& whole, std::uint32_t number, Slot to) {
    emit(whole.span, {.opcode = Opcode::load, .a = to, .b = number, .d = type(whole.type)});
}

void Generator::put_into(const check::Text& of, const Expression& whole, Slot to) {
    emit(whole.span, {.opcode = Opcode::text, .a = to, .b = pool_.text(of.bytes)});
}

void Generator::put_into(const check::Array& of, const Expression& whole, Slot to) {
    const program::TypeId array_type = type(whole.type);
    const std::size_t count = of.elements.size();
    const auto part = [&](std::size_t begin, Slot target) {
        const std::size_t end = std::min(count, begin + elements_at_once);
        const Block elements = block(of.elements, begin, end);
        emit(whole.span, {.opcode = Opcode::array,
                          .a = target,
                          .b = elements.references.empty() ? 0 : elements.first,
                          .c = static_cast<std::uint32_t>(end - begin),
                          .d = array_type});
        frame_.give_back_block(elements.first, elements.references);
    };
    if (count <= elements_at_once) return part(0, to);
    const Slot all = take(array_type);
    const Slot next = take(array_type);
    part(0, all);
    for (std::size_t begin = elements_at_once; begin < count; begin += elements_at_once) {
        part(begin, next);
        emit(whole.span,
             {.opcode = Opcode::concat, .a = all, .b = all, .c = next, .d = array_type});
    }
    emit(whole.span, {.opcode = Opcode::take_ref, .a = to, .b = all});
    give_back(all, array_type);
    release(whole.span, {next, true, array_type});
}

void Generator::put_into(const check::Use& of, const Expression& whole, Slot to) {
    move(whole.span, to, local_slots_[of.local], type(whole.type));
}

void Generator::put_into(const check::Field& of, const Expression& whole, Slot to) {
    if (put_part_into(of, whole, to)) return;
    const Operand container = value(*of.of);
    const Slot at = container.slot + field_offset(of.of->type, of.field);
    move(whole.span, to, at, type(whole.type));
    release(whole.span, container);
}

void Generator::put_into(const check::Float& of, const Expression& whole, Slot to) {
    if (kind(whole.type) == TypeKind::f32) {
        constant(whole.span, to, std::bit_cast<std::uint32_t>(static_cast<float>(of.value)));
    } else {
        constant(whole.span, to, std::bit_cast<std::uint64_t>(of.value));
    }
}

void Generator::put_into(const check::Index& of, const Expression& whole, Slot to) {
    if (put_nested_into(of, whole, to)) return;
    const Operand container = value(*of.of);
    const Operand index = value(*of.index);
    emit(whole.span, {.opcode = Opcode::index,
                      .kind = kind(of.index->type),
                      .a = to,
                      .b = container.slot,
                      .c = index.slot,
                      .d = type(of.of->type)});
    release(whole.span, index);
    release(whole.span, container);
}

void Generator::put_into(const check::Slice& of, const Expression& whole, Slot to) {
    const Operand container = value(*of.of);
    const std::vector<bool> scalars = {false, false};
    const Slot bounds = frame_.take_block(scalars);
    if (of.low) {
        into(*of.low, bounds);
    } else {
        constant(whole.span, bounds, 0);
    }
    if (of.high) {
        into(*of.high, bounds + 1);
    } else {
        emit(whole.span, {.opcode = Opcode::length, .a = bounds + 1, .b = container.slot});
    }
    emit(whole.span, {.opcode = Opcode::slice,
                      .kind = of.low ? kind(of.low->type) : TypeKind::u32,
                      .kind2 = of.high ? kind(of.high->type) : TypeKind::u32,
                      .a = to,
                      .b = container.slot,
                      .c = bounds,
                      .d = type(of.of->type)});
    frame_.give_back_block(bounds, scalars);
    release(whole.span, container);
}

void Generator::put_into(const check::Length& of, const Expression& whole, Slot to) {
    const Operand container = value(*of.of);
    emit(whole.span, {.opcode = Opcode::length, .a = to, .b = container.slot});
    release(whole.span, container);
}

void Generator::put_into(const check::Create& of, const Expression& whole, Slot to) {
    const Operand count = value(*of.count);
    emit(whole.span, {.opcode = Opcode::zeros,
                      .kind = kind(of.count->type),
                      .a = to,
                      .b = count.slot,
                      .d = type(whole.type)});
    release(whole.span, count);
}

void Generator::put_into(const check::Cast& of, const Expression& whole, Slot to) {
    const Operand from = value(*of.of);
    const bool floats = program::is_float(kind(whole.type)) || program::is_float(kind(of.of->type));
    // An enum's value is a number as in a u32.
    const bool of_enum = kind(of.of->type) == TypeKind::enumeration;
    emit(whole.span, {.opcode = floats ? Opcode::float_cast : Opcode::cast,
                      .kind = kind(whole.type),
                      .kind2 = of_enum ? TypeKind::u32 : kind(of.of->type),
                      .a = to,
                      .b = from.slot});
    release(whole.span, from);
}

void Generator::put_into(const check::Unary& of, const Expression& whole, Slot to) {
    if (of.op == UnaryOperator::plus) return into(*of.of, to);
    const Operand operand = value(*of.of);
    const bool is_float = program::is_float(kind(whole.type));
    const Opcode opcode = of.op == UnaryOperator::minus ? is_float ? Opcode::float_neg : Opcode::neg
                          : of.op == UnaryOperator::bit_not ? Opcode::bit_not
                                                            : Opcode::logical_not;
    const TypeKind worked_on =
        opcode == Opcode::logical_not ? TypeKind::boolean : kind(of.of->type);
    emit(whole.span, {.opcode = opcode, .kind = worked_on, .a = to, .b = operand.slot});
    release(whole.span, operand);
}

void Generator::operation(Span span, BinaryOperator op, check::Term left_type,
                          check::Term right_type, Slot to, Slot left, Slot right) {
    TypeKind worked_on = kind(left_type);
    const bool text = worked_on == TypeKind::string;
    const bool is_float = program::is_float(worked_on);
    Opcode opcode = Opcode::add;
    bool negated = false;
    switch (op) {
        case BinaryOperator::multiply:
            opcode = is_float ? Opcode::float_mul : Opcode::mul;
            break;
        case BinaryOperator::divide:
            opcode = is_float ? Opcode::float_div : Opcode::div;
            break;
        case BinaryOperator::remainder:
            opcode = is_float ? Opcode::float_rem : Opcode::rem;
            break;
        case BinaryOperator::add:
            opcode = is_float ? Opcode::float_add : Opcode::add;
            break;
        case BinaryOperator::subtract:
            opcode = is_float ? Opcode::float_sub : Opcode::sub;
            break;
        case BinaryOperator::shift_left:
            opcode = Opcode::shl;
            break;
        case BinaryOperator::shift_right:
            opcode = Opcode::shr;
            break;
        case BinaryOperator::bit_and:
            opcode = Opcode::bit_and;
            break;
        case BinaryOperator::bit_xor:
            opcode = Opcode::bit_xor;
            break;
        case BinaryOperator::bit_or:
            opcode = Opcode::bit_or;
            break;
        case BinaryOperator::less:
            opcode = text ? Opcode::before : is_float ? Opcode::float_lt : Opcode::lt;
            break;
        case BinaryOperator::greater:
            opcode = text ? Opcode::before : is_float ? Opcode::float_lt : Opcode::lt;
            std::swap(left, right);
            break;
        case BinaryOperator::less_equal:
            opcode = text ? Opcode::before : is_float ? Opcode::float_le : Opcode::le;
            negated = text;
            if (text) std::swap(left, right);
            break;
        case BinaryOperator::greater_equal:
            opcode = text ? Opcode::before : is_float ? Opcode::float_le : Opcode::le;
            negated = text;
            if (!text) std::swap(left, right);
            break;
        case BinaryOperator::equal:
        case BinaryOperator::not_equal:
            return equality(span, op == BinaryOperator::equal, type(left_type), to, left, right);
        case BinaryOperator::concatenate: {
            // In place only if the right side is not the same variable.
            const bool itself = to == right;
            const program::TypeId of_type = type(left_type);
            const Slot other = itself ? take(of_type) : right;
            if (itself) move(span, other, right);
            emit(span,
                 {.opcode = Opcode::concat, .a = to, .b = left, .c = other, .d = type(left_type)});
            if (itself) release(span, {other, true, of_type});
            return;
        }
        case BinaryOperator::logical_and:
        case BinaryOperator::logical_or:
            return;  // see logical()
    }
    // The values 0 and 1 of a bool are worked on as the bytes they are.
    const bool bits =
        opcode == Opcode::bit_and || opcode == Opcode::bit_or || opcode == Opcode::bit_xor;
    if (bits && worked_on == TypeKind::boolean) worked_on = TypeKind::u8;
    const bool shifts = opcode == Opcode::shl || opcode == Opcode::shr;
    emit(span, {.opcode = opcode,
                .kind = worked_on,
                .kind2 = shifts ? kind(right_type) : TypeKind::boolean,
                .a = to,
                .b = left,
                .c = right});
    if (negated) emit(span, {.opcode = Opcode::logical_not, .a = to, .b = to});
}

void Generator::equality(Span span, bool equal, program::TypeId of, Slot to, Slot left,
                         Slot right) {
    const TypeKind worked_on = pool_[of].kind;
    Opcode opcode = equal ? Opcode::eq : Opcode::ne;
    bool negated = false;
    if (program::is_float(worked_on)) {
        opcode = Opcode::float_eq;
        negated = !equal;
    } else if (program::is_aggregate(worked_on) ||
               (worked_on == TypeKind::array && pool_.contains_float(of))) {
        opcode = Opcode::same_value;
        negated = !equal;
    } else if (program::is_reference(worked_on)) {
        opcode = equal ? Opcode::same : Opcode::differ;
    }
    emit(span, {.opcode = opcode,
                .kind = worked_on,
                .a = to,
                .b = left,
                .c = right,
                .d = opcode == Opcode::same_value ? of : 0});
    if (negated) emit(span, {.opcode = Opcode::logical_not, .a = to, .b = to});
}

void Generator::put_into(const check::Binary& of, const Expression& whole, Slot to) {
    if (of.op == BinaryOperator::logical_and || of.op == BinaryOperator::logical_or) {
        return logical(whole, to);
    }
    if (of.op == BinaryOperator::concatenate) return concatenate(of, whole, to);
    const bool commutes = of.op == BinaryOperator::add || of.op == BinaryOperator::multiply ||
                          of.op == BinaryOperator::bit_and;
    const bool swaps = commutes && small_number(*of.left) && program::is_integer(kind(whole.type));
    const Expression& first = swaps ? *of.right : *of.left;
    const Expression& second = swaps ? *of.left : *of.right;
    const Operand left = value(first);
    operation_with(whole.span, of.op, first.type, to, left.slot, second);
    release(whole.span, left);
}

void Generator::concatenate(const check::Binary& of, const Expression& whole, Slot to) {
    // A temporary on the left grows in place.
    Operand left{to, false, type(of.left->type)};
    if (is_local(to) || view(*of.left)) {
        left = value(*of.left);
    } else {
        into(*of.left, to);
    }
    const Operand right = value(*of.right);
    if (left.owned) {
        operation(whole.span, of.op, of.left->type, of.right->type, left.slot, left.slot,
                  right.slot);
        emit(whole.span, {.opcode = Opcode::take_ref, .a = to, .b = left.slot});
        give_back(left.slot, left.type);
    } else {
        operation(whole.span, of.op, of.left->type, of.right->type, to, left.slot, right.slot);
    }
    release(whole.span, right);
}

void Generator::logical(const Expression& whole, Slot to) {
    Label no;
    Label done;
    branch(whole, no, false);
    constant(whole.span, to, 1);
    jump(whole.span, done);
    bind(no);
    constant(whole.span, to, 0);
    bind(done);
}

void Generator::branch(const Expression& of, Label& to, bool when) {
    if (const auto* number = std::get_if<check::Number>(&of.node)) {
        if ((number->bits != 0) == when) jump(of.span, to);
        return;
    }
    const auto* unary = std::get_if<check::Unary>(&of.node);
    if (unary != nullptr && unary->op == UnaryOperator::logical_not) {
        return branch(*unary->of, to, !when);
    }
    const auto* binary = std::get_if<check::Binary>(&of.node);
    const bool conjunction = binary != nullptr && binary->op == BinaryOperator::logical_and;
    const bool disjunction = binary != nullptr && binary->op == BinaryOperator::logical_or;
    if (conjunction || disjunction) {
        // One operand decides alone for a jump that a false '&&' or a true '||' makes.
        if (when == disjunction) {
            branch(*binary->left, to, when);
            branch(*binary->right, to, when);
        } else {
            Label past;
            branch(*binary->left, past, !when);
            branch(*binary->right, to, when);
            bind(past);
        }
        return;
    }
    if (const auto* let = std::get_if<check::Let>(&of.node)) {
        Label otherwise;
        match(*let, of.span, when ? otherwise : to, when ? otherwise : to);
        if (when) jump(of.span, to);
        if (when) bind(otherwise);
        return;
    }
    if (binary != nullptr && branch_comparing(*binary, of.span, to, when)) return;
    const Operand decides = value(of);
    branch_slot(of.span, decides.slot, to, when);
    release(of.span, decides);
}

void Generator::branch_binding(const Expression& of, Label& no, Label& unbound) {
    if (const auto* let = std::get_if<check::Let>(&of.node)) {
        return match(*let, of.span, no, unbound);
    }
    const auto* binary = std::get_if<check::Binary>(&of.node);
    if (binary == nullptr || binary->op != BinaryOperator::logical_and) {
        return branch(of, unbound, false);
    }
    branch_binding(*binary->left, no, unbound);
    branch(*binary->right, no, false);
}

void Generator::branch_slot(Span span, Slot decides, Label& to, bool when) {
    jump(span, {.opcode = when ? Opcode::jump_if : Opcode::jump_unless, .b = decides}, to);
}

void Generator::put_into(const check::Conditional& of, const Expression& whole, Slot to) {
    Label no;
    Label done;
    branch(*of.condition, no, false);
    into(*of.yes, to);
    jump(whole.span, done);
    bind(no);
    into(*of.no, to);
    bind(done);
}

void Generator::put_into(const check::Call& of, const Expression& whole, Slot to) {
    const check::Routine& called = module_.routines[check::RoutineId{of.routine}];
    if (called.constant) {
        // What is cheaper to write than to call.
        const auto& initial = std::get<check::Return>(called.body.statements[0]->node).value;
        if (std::holds_alternative<check::Number>(initial->node) ||
            std::holds_alternative<check::Float>(initial->node) ||
            std::holds_alternative<check::Text>(initial->node)) {
            return into(*initial, to);
        }
        return load(whole, pool_.constant(of.routine), to);
    }
    const Block arguments = block(of.arguments, 0, of.arguments.size());
    emit(whole.span, {.opcode = Opcode::call,
                      .a = numbers_[of.routine],
                      .b = arguments.references.empty() ? 0 : arguments.first,
                      .c = to});
    frame_.give_back_block(arguments.first, arguments.references);
}

void Generator::put_into(const check::Get& of, const Expression& whole, Slot to) {
    const Operand port = value(*of.port);
    emit(whole.span, {.opcode = Opcode::get, .a = to, .b = port.slot, .d = type(whole.type)});
    release(whole.span, port);
}

void Generator::put_into(const check::Put& of, const Expression& whole, Slot) {
    const Operand port = value(*of.port);
    const Operand message = value(*of.value);
    emit(whole.span,
         {.opcode = Opcode::put, .a = port.slot, .b = message.slot, .d = type(of.value->type)});
    release(whole.span, message);
    release(whole.span, port);
}

void Generator::put_into(const check::Fires& of, const Expression& whole, Slot to) {
    const Operand port = value(*of.port);
    emit(whole.span, {.opcode = Opcode::fires, .a = to, .b = port.slot});
    release(whole.span, port);
}

void Generator::put_into(const check::Print& of, const Expression& whole, Slot) {
    std::vector<program::TypeId> types;
    for (const check::ExpressionPtr& each : of.values) types.push_back(type(each->type));
    const Block shown = block(of.values, 0, of.values.size());
    emit(whole.span, {.opcode = Opcode::print,
                      .b = shown.references.empty() ? 0 : shown.first,
                      .c = static_cast<std::uint32_t>(of.values.size()),
                      .d = pool_.type_list(types)});
    for (std::size_t i = 0; i < shown.references.size(); ++i) {
        if (shown.references[i]) drop(whole.span, shown.first + static_cast<Slot>(i));
    }
    frame_.give_back_block(shown.first, shown.references);
}

}  // namespace reowolf::compiler
