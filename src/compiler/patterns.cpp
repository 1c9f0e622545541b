// SPDX-License-Identifier: MIT
// let P = e in conditions. What a pattern binds has its slots from before the match until the end
// of the statement, so that what only some ways have bound can be released on all of them.
#include <algorithm>
#include <functional>
#include <span>

#include "compiler/generator.hpp"

namespace reowolf::compiler {

using check::Pattern;

// Only for a 'let' that stands where it may not, which has been reported.
void Generator::put_into(const check::Let&, const check::Expression&, Slot) {}

void Generator::open_bound(const Pattern& of) {
    if (of.kind == Pattern::Kind::bind) open_local(of.local);
    for (const Pattern& each : of.inside) open_bound(each);
}

void Generator::match(const check::Let& of, Span span, Label& otherwise, Label& unbound) {
    // In a variable of its own, or where it is: what is bound is copied from there.
    const Operand matched = value(*of.value);
    open_bound(*of.pattern);
    if (!matched.owned) return match(*of.pattern, matched.slot, otherwise, unbound);
    Label failed;
    Label past;
    match(*of.pattern, matched.slot, failed, failed);
    drop(span, matched.slot, matched.type);
    jump(span, past);
    bind(failed);
    drop(span, matched.slot, matched.type);
    jump(span, otherwise);
    bind(past);
    give_back(matched.slot, matched.type);
}

void Generator::match(const Pattern& of, Slot slot, Label& otherwise, Label& unbound) {
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
            branch_slot(of.span, same, unbound, false);
            frame_.give_back(same);
            return;
        }
        case Pattern::Kind::fields:
            for (std::size_t i = 0; i < of.inside.size(); ++i) {
                match(of.inside[i], slot + field_offset(of.type, of.numbers[i]), otherwise,
                      i == 0 ? unbound : otherwise);
            }
            return;
        case Pattern::Kind::variant:
            return match_variant(of, slot, otherwise, unbound);
        case Pattern::Kind::array:
            return match_array(of, slot, otherwise, unbound);
    }
}

void Generator::match_within(const Pattern& of, program::TypeId of_type, Label& otherwise,
                             const std::function<void(Slot)>& fetch) {
    if (of.kind == Pattern::Kind::anything) return;
    if (of.kind == Pattern::Kind::bind) return fetch(local_slots_[of.local]);
    const Slot at = take(of_type);
    fetch(at);
    Label failed;
    Label past;
    match(of, at, failed, failed);
    drop(of.span, at, of_type);
    jump(of.span, past);
    bind(failed);
    drop(of.span, at, of_type);
    jump(of.span, otherwise);
    bind(past);
    give_back(at, of_type);
}

void Generator::match_variant(const Pattern& of, Slot slot, Label& otherwise, Label& unbound) {
    // Types of the fields first: what they add may move the union's.
    for (const Pattern& each : of.inside) type(each.type);
    jump(of.span, {.opcode = Opcode::jump_ne_number, .b = slot, .c = of.variant}, unbound);
    const program::Variant variant = pool_[type(of.type)].variants[of.variant];
    std::size_t next = 0;
    for (std::size_t i = 0; i < variant.fields.size(); ++i) {
        const program::Field& field = variant.fields[i];
        const std::span<const Slot> places(variant.slots.data() + next,
                                           pool_.layout(field.type).slots);
        next += places.size();
        const Pattern& inside = of.inside[i];
        if (field.boxed) {
            match_within(inside, type(inside.type), otherwise, [&](Slot to) {
                emit(of.span,
                     {.opcode = Opcode::unbox, .a = to, .b = slot + places[0], .d = field.type});
            });
        } else if (lies_together(places)) {
            match(inside, slot + places[0], otherwise, otherwise);
        } else {
            match_within(inside, field.type, otherwise, [&](Slot to) {
                for (std::size_t n = 0; n < places.size(); ++n) {
                    move(of.span, to + static_cast<Slot>(n), slot + places[n]);
                }
            });
        }
    }
}

void Generator::match_array(const Pattern& of, Slot slot, Label& otherwise, Label& unbound) {
    const Slot number = frame_.take(false);
    emit(of.span, {.opcode = Opcode::length, .a = number, .b = slot});
    jump(of.span,
         {.opcode = Opcode::jump_ne_number,
          .b = number,
          .c = static_cast<std::uint32_t>(of.inside.size())},
         unbound);
    for (std::size_t i = 0; i < of.inside.size(); ++i) {
        const Pattern& inside = of.inside[i];
        match_within(inside, type(inside.type), otherwise, [&](Slot to) {
            constant(of.span, number, i);
            emit(of.span, {.opcode = Opcode::index,
                           .kind = TypeKind::u32,
                           .a = to,
                           .b = slot,
                           .c = number,
                           .d = type(of.type)});
        });
    }
    frame_.give_back(number);
}

}  // namespace reowolf::compiler
