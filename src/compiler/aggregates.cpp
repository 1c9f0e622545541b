// SPDX-License-Identifier: MIT
// Tuples, structs and variants, built slot by slot where their value goes; but beside it if that is
// a variable, which the parts may still read.
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

void Generator::construct_variant(const check::Construct& of, const check::Expression& whole,
                                  Slot to) {
    const program::TypeId built = type(whole.type);
    // Types of the values first: what they add may move the union's.
    for (const check::ExpressionPtr& each : of.values) type(each->type);
    const std::vector<program::Field> fields = pool_[built].variants[*of.variant].fields;
    std::vector<bool> references;
    for (const program::Field& field : fields) {
        const std::vector<bool> part = pattern(field.type);
        references.insert(references.end(), part.begin(), part.end());
    }
    const Slot payload = frame_.take_block(references);
    Slot next = payload;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].boxed) {
            const Operand inside = owned(*of.values[i]);
            emit(whole.span, {.opcode = Opcode::array,
                              .a = next,
                              .b = inside.slot,
                              .c = 1,
                              .d = fields[i].type});
            give_back(inside.slot, inside.type);
        } else {
            into(*of.values[i], next);
        }
        next += pool_.layout(fields[i].type).slots;
    }
    emit(whole.span, {.opcode = Opcode::variant,
                      .a = to,
                      .b = references.empty() ? 0 : payload,
                      .c = *of.variant,
                      .d = built});
    frame_.give_back_block(payload, references);
}

}  // namespace reowolf::compiler
