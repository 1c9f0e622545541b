// SPDX-License-Identifier: MIT
// let P = e in conditions. What a pattern binds has its slots from before the match until the end
// of the statement, so that what only some ways have bound can be released on all of them.
#include "compiler/generator.hpp"

namespace reowolf::compiler {

using check::Pattern;

// Only for a 'let' that stands where it may not, which has been reported.
void Generator::put_into(const check::Let&, const check::Expression&, Slot) {}

void Generator::open_bound(const Pattern& of) {
    if (of.kind == Pattern::Kind::bind) open_local(of.local);
    for (const Pattern& each : of.inside) open_bound(each);
}

void Generator::match(const check::Let& of, Span span, Label& otherwise) {
    // In a variable of its own, or where it is: what is bound is copied from there.
    const Operand matched = value(*of.value);
    open_bound(*of.pattern);
    if (!matched.owned) return match(*of.pattern, matched.slot, otherwise);
    Label failed;
    Label past;
    match(*of.pattern, matched.slot, failed);
    drop(span, matched.slot, matched.type);
    jump(span, past);
    bind(failed);
    drop(span, matched.slot, matched.type);
    jump(span, otherwise);
    bind(past);
    give_back(matched.slot, matched.type);
}

void Generator::match(const Pattern& of, Slot slot, Label& otherwise) {
    const program::TypeId of_type = type(of.type);
    switch (of.kind) {
        case Pattern::Kind::anything:
            return;
        case Pattern::Kind::bind:
            return move(of.span, local_slots_[of.local], slot, of_type);
        case Pattern::Kind::equal: {
            const Operand wanted = value(*of.value);
            const Slot same = frame_.take(false);
            equality(of.span, true, of_type, same, slot, wanted.slot);
            release(of.span, wanted);
            branch_slot(of.span, same, otherwise, false);
            frame_.give_back(same);
            return;
        }
        case Pattern::Kind::fields:
            for (std::size_t i = 0; i < of.inside.size(); ++i) {
                match(of.inside[i], slot + field_offset(of.type, of.numbers[i]), otherwise);
            }
            return;
        case Pattern::Kind::variant:
            return match_variant(of, slot, otherwise);
        case Pattern::Kind::array:
            return match_array(of, slot, otherwise);
    }
}

void Generator::match_variant(const Pattern& of, Slot slot, Label& otherwise) {
    const program::TypeId union_type = type(of.type);
    for (const Pattern& each : of.inside) type(each.type);
    const Slot number = frame_.take(false);
    constant(of.span, number, of.variant);
    emit(of.span, {.opcode = Opcode::eq, .a = number, .b = slot, .c = number});
    branch_slot(of.span, number, otherwise, false);
    frame_.give_back(number);
    const std::vector<program::Field> fields = pool_[union_type].variants[of.variant].fields;
    if (fields.empty()) return;
    std::vector<bool> references;
    for (const program::Field& field : fields) {
        const std::vector<bool> part = pattern(field.type);
        references.insert(references.end(), part.begin(), part.end());
    }
    const Slot payload = frame_.take_block(references);
    emit(of.span,
         {.opcode = Opcode::payload, .a = payload, .b = slot, .c = of.variant, .d = union_type});
    const auto release_payload = [&] {
        for (std::size_t i = 0; i < references.size(); ++i) {
            if (references[i]) drop(of.span, payload + static_cast<Slot>(i));
        }
    };
    Label failed;
    Label past;
    Slot next = payload;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].boxed) {
            const Pattern& inside = of.inside[i];
            const program::TypeId element = type(inside.type);
            const Slot unboxed = take(element);
            const Slot zero = frame_.take(false);
            constant(of.span, zero, 0);
            emit(of.span, {.opcode = Opcode::index,
                           .kind = TypeKind::u32,
                           .a = unboxed,
                           .b = next,
                           .c = zero,
                           .d = fields[i].type});
            frame_.give_back(zero);
            Label failed_inside;
            Label past_inside;
            match(inside, unboxed, failed_inside);
            drop(of.span, unboxed, element);
            jump(of.span, past_inside);
            bind(failed_inside);
            drop(of.span, unboxed, element);
            jump(of.span, failed);
            bind(past_inside);
            give_back(unboxed, element);
        } else {
            match(of.inside[i], next, failed);
        }
        next += pool_.layout(fields[i].type).slots;
    }
    release_payload();
    jump(of.span, past);
    bind(failed);
    release_payload();
    jump(of.span, otherwise);
    bind(past);
    frame_.give_back_block(payload, references);
}

void Generator::match_array(const Pattern& of, Slot slot, Label& otherwise) {
    const Slot length = frame_.take(false);
    const Slot wanted = frame_.take(false);
    emit(of.span, {.opcode = Opcode::length, .a = length, .b = slot});
    constant(of.span, wanted, of.inside.size());
    emit(of.span, {.opcode = Opcode::eq, .a = length, .b = length, .c = wanted});
    branch_slot(of.span, length, otherwise, false);
    frame_.give_back(length);
    frame_.give_back(wanted);
    for (std::size_t i = 0; i < of.inside.size(); ++i) {
        const Pattern& inside = of.inside[i];
        if (inside.kind == Pattern::Kind::anything) continue;
        const program::TypeId element = type(inside.type);
        const Slot at = take(element);
        const Slot number = frame_.take(false);
        constant(of.span, number, i);
        emit(of.span, {.opcode = Opcode::index,
                       .kind = TypeKind::u32,
                       .a = at,
                       .b = slot,
                       .c = number,
                       .d = type(of.type)});
        frame_.give_back(number);
        Label failed;
        Label past;
        match(inside, at, failed);
        drop(of.span, at, element);
        jump(of.span, past);
        bind(failed);
        drop(of.span, at, element);
        jump(of.span, otherwise);
        bind(past);
        give_back(at, element);
    }
}

}  // namespace reowolf::compiler
