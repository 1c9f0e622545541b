// SPDX-License-Identifier: MIT
// Tuples, structs and variants, built slot by slot where their value goes; but beside it if that is
// a variable, which the parts may still read.
#include <algorithm>
#include <span>

#include "compiler/generator.hpp"

namespace reowolf::compiler {

void Generator::put_into(const check::Tuple& of, const check::Expression& whole, Slot to) {
    const program::TypeId built = type(whole.type);
    const Slot at = is_local(to) ? take(built) : to;
    Slot next = at;
    for (const check::ExpressionPtr& each : of.elements) {
        into(*each, next);
        next += pool_.layout(type(each->type)).slots;
    }
    if (at == to) return;
    take_value(whole.span, to, at, built);
    give_back(at, built);
}

void Generator::put_into(const check::Construct& of, const check::Expression& whole, Slot to) {
    if (of.variant) return construct_variant(of, whole, to);
    const program::TypeId built = type(whole.type);
    const Slot at = is_local(to) ? take(built) : to;
    if (of.values.empty()) emit(whole.span, {.opcode = Opcode::clear_value, .a = at, .d = built});
    for (std::size_t i = 0; i < of.values.size(); ++i) {
        into(*of.values[i], at + field_offset(whole.type, of.fields[i]));
    }
    if (at == to) return;
    take_value(whole.span, to, at, built);
    give_back(at, built);
}

bool Generator::lies_together(std::span<const Slot> places) {
    for (std::size_t n = 1; n < places.size(); ++n) {
        if (places[n] != places[0] + n) return false;
    }
    return true;
}

void Generator::construct_variant(const check::Construct& of, const check::Expression& whole,
                                  Slot to) {
    const program::TypeId built = type(whole.type);
    // Types of the values first: what they add may move the union's.
    for (const check::ExpressionPtr& each : of.values) type(each->type);
    const program::Variant variant = pool_[built].variants[*of.variant];
    const Slot at = is_local(to) ? take(built) : to;
    // The references of what is no variable are null.
    const program::Layout& layout = pool_.layout(built);
    const auto words = [&](std::span<const Slot> slots) {
        return std::ranges::count_if(
            slots, [&](Slot slot) { return !std::ranges::binary_search(layout.references, slot); });
    };
    const bool fills = words(variant.slots) + layout.references.size() + 1 == layout.slots;
    if (!fills) emit(whole.span, {.opcode = Opcode::clear_value, .a = at, .d = built});
    if (fills || *of.variant > 0) constant(whole.span, at, *of.variant);
    std::size_t next = 0;
    for (std::size_t i = 0; i < variant.fields.size(); ++i) {
        const program::Field& field = variant.fields[i];
        const std::span<const Slot> places(variant.slots.data() + next,
                                           pool_.layout(field.type).slots);
        next += places.size();
        if (field.boxed) {
            const Operand inside = owned(*of.values[i]);
            emit(whole.span, {.opcode = Opcode::array,
                              .a = at + places[0],
                              .b = inside.slot,
                              .c = 1,
                              .d = field.type});
            give_back(inside.slot, inside.type);
        } else if (lies_together(places)) {
            into(*of.values[i], at + places[0]);
        } else {
            const Operand apart = owned(*of.values[i]);
            for (std::size_t n = 0; n < places.size(); ++n) {
                const Slot from = apart.slot + static_cast<Slot>(n);
                const bool held = frame_.is_reference(from);
                emit(whole.span, {.opcode = held ? Opcode::take_ref : Opcode::move,
                                  .a = at + places[n],
                                  .b = from});
            }
            give_back(apart.slot, apart.type);
        }
    }
    if (at == to) return;
    take_value(whole.span, to, at, built);
    give_back(at, built);
}

}  // namespace reowolf::compiler
