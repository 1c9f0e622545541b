// SPDX-License-Identifier: MIT
#include "machine/bulk.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "machine/arithmetic.hpp"
#include "machine/arrays.hpp"
#include "machine/failure.hpp"

namespace reowolf::machine {
namespace {

using program::Instruction;
using program::Opcode;
using program::Program;
using program::Type;
using program::TypeKind;

void set_reference(Slot& slot, Block* block) {
    release(std::exchange(slot.block, block));
}

// Of the elements of a string or array.
TypeKind element_kind(const Program& program, program::TypeId id) {
    const Type& type = program.types[id];
    return type.kind == TypeKind::string ? TypeKind::character : program.types[type.element].kind;
}

bool text_before(const Block* left, const Block* right) {
    const std::uint32_t shared = std::min(length_of(left), length_of(right));
    if (shared > 0) {
        const int order = std::memcmp(left->data(), right->data(), shared);
        if (order != 0) return order < 0;
    }
    return length_of(left) < length_of(right);
}

// Takes the elements from the slots, or leaves all as it is and returns null.
Block* gather(const Program& program, program::TypeId element, Slot* slots, std::uint32_t count,
              const Limits& limits) {
    const ElementShape shape = ElementShape::of(program, element);
    Nested nested;
    if (shape.layout) {
        for (std::uint32_t i = 0; i < count; ++i) {
            for (const std::uint32_t slot : shape.layout->references) {
                nested.add(slots[i * shape.layout->slots + slot].block);
            }
        }
    }
    if (nested.bytes + std::uint64_t{count} * shape.bytes > limits.value_bytes_max ||
        nested.nesting >= limits.value_nesting_max) {
        return nullptr;
    }
    Block* block = make_block(shape, count, limits.value_bytes_max);
    if (!block) return nullptr;
    if (!shape.layout) {
        for (std::uint32_t i = 0; i < count; ++i) store(block, i, slots[i]);
        return block;
    }
    block->nested_bytes = nested.bytes;
    block->nesting = nested.nesting + 1;
    std::memcpy(block->data(), slots, std::size_t{count} * shape.bytes);
    for (std::uint32_t i = 0; i < count; ++i) {
        for (const std::uint32_t slot : shape.layout->references) {
            slots[i * shape.layout->slots + slot] = Slot{};
        }
    }
    return block;
}

// Moves references within a block's element out of it, or new ones into it. False if the block
// would become too large or nest too deeply; it is as before then.
bool exchange_element(const program::Layout& layout, Block* block, std::uint64_t index, Slot* with,
                      const Limits& limits) {
    Slot* element = slots_at(block, index);
    Nested removed;
    Nested added;
    for (const std::uint32_t slot : layout.references) {
        removed.add(element[slot].block);
        added.add(with[slot].block);
    }
    if (total_bytes(block) - removed.bytes + added.bytes > limits.value_bytes_max ||
        added.nesting >= limits.value_nesting_max) {
        return false;
    }
    block->nested_bytes += added.bytes - removed.bytes;
    block->nesting = std::max(block->nesting, added.nesting + 1);
    move_slots(layout, with, element);
    return true;
}

// Bytes that append() moves.
std::uint64_t append_cost(const Block* left, const Block* right, bool in_place) {
    const std::uint64_t added = std::uint64_t{right->length} * right->element_bytes;
    const bool has_room = left->capacity - left->length >= right->length;
    if (in_place && has_room && is_unique(left)) return added;
    return added + std::uint64_t{left->length} * left->element_bytes;
}

}  // namespace

Bulk::Bulk(const Program& program, const Limits& limits) : program_(&program), limits_(limits) {
    texts_.reserve(program.texts.size());
    for (const std::string& text : program.texts) texts_.push_back(Value::text(text));
    constants_.reserve(program.constants.size());
    for (const program::Constant& each : program.constants) {
        const std::span<const char> bytes(each.bytes);
        // Nothing is there yet while they are being computed.
        auto value = decode(program, each.type, std::as_bytes(bytes), limits);
        constants_.push_back(value ? std::move(*value) : Value());
    }
    has_floats_.resize(program.types.size());
    std::vector<bool> known(program.types.size());
    for (const program::Routine& routine : program.routines) {
        for (const Instruction& i : routine.code) {
            if (i.opcode != Opcode::same_value || known[i.d]) continue;
            known[i.d] = true;
            has_floats_[i.d] = program::contains_float(program, i.d);
        }
    }
}

void Bulk::aggregate(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    const Program& program = *program_;
    const program::Layout& layout = program.layout(i.d);
    charge(budget, std::uint64_t{layout.slots} * sizeof(Slot));
    switch (i.opcode) {
        case Opcode::copy_value:
            copy_slots(layout, slots + i.b, slots + i.a);
            break;
        case Opcode::take_value:
            move_slots(layout, slots + i.b, slots + i.a);
            break;
        default:
            clear_slots(layout, slots + i.a);
            break;
    }
}

void Bulk::compare_aggregates(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    const program::Layout& layout = program_->layout(i.d);
    Nested nested;
    for (const std::uint32_t slot : layout.references) nested.add(slots[i.b + slot].block);
    charge(budget, nested.bytes + std::uint64_t{layout.slots} * sizeof(Slot));
    slots[i.a].bits = has_floats_[i.d] ? equal(*program_, i.d, slots + i.b, slots + i.c)
                                       : same(layout, slots + i.b, slots + i.c);
}

bool Bulk::make_array(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block* made = nullptr;
    if (i.c > 0) {
        made = gather(*program_, program_->types[i.d].element, slots + i.b, i.c, limits_);
        if (!made) return false;
        charge(budget, std::uint64_t{i.c} * made->element_bytes);
    }
    set_reference(slots[i.a], made);
    return true;
}

bool Bulk::make_zeros(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    const std::uint64_t count = slots[i.b].bits;
    if (is_negative(i.kind, count)) return false;
    Block* made = nullptr;
    if (count > 0) {
        made = make_block(element_kind(*program_, i.d), count, limits_.value_bytes_max);
        if (!made) return false;
        std::memset(made->data(), 0, count);
        charge(budget, count);
    }
    set_reference(slots[i.a], made);
    return true;
}

bool Bulk::index(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    const Block* block = slots[i.b].block;
    const std::uint64_t index = slots[i.c].bits;
    if (index >= length_of(block)) return false;
    const TypeKind kind = element_kind(*program_, i.d);
    if (is_aggregate(kind)) {
        charge(budget, block->element_bytes);
        // The slots that are overwritten may hold all that keeps the block.
        Block* kept = slots[i.b].block;
        retain(kept);
        copy_slots(program_->layout(program_->types[i.d].element), slots_at(block, index),
                   slots + i.a);
        release(kept);
        return true;
    }
    const Slot element = load(block, kind, index);
    if (is_reference(kind)) {
        retain(element.block);
        set_reference(slots[i.a], element.block);
    } else {
        slots[i.a] = element;
    }
    return true;
}

bool Bulk::unbox(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block* box = slots[i.b].block;
    if (!box) return false;
    // The slots that are overwritten may hold all that keeps it.
    if (i.opcode == Opcode::take_unbox) {
        slots[i.b].block = nullptr;
    } else {
        retain(box);
    }
    charge(budget, box->element_bytes);
    copy_slots(program_->layout(program_->types[i.d].element), slots_at(box, 0), slots + i.a);
    release(box);
    return true;
}

bool Bulk::take_index(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block*& block = slots[i.b].block;
    const std::uint64_t index = slots[i.c].bits;
    if (index >= length_of(block)) return false;
    if (!is_unique(block)) charge(budget, std::uint64_t{block->length} * block->element_bytes);
    if (!make_unique(block)) return false;
    if (!holds_references(block)) {
        const TypeKind kind = element_kind(*program_, i.d);
        if (is_aggregate(kind)) {
            std::memcpy(slots + i.a, slots_at(block, index), block->element_bytes);
        } else {
            slots[i.a] = load(block, kind, index);
        }
        return true;
    }
    const program::Layout& layout = program_->layout(program_->types[i.d].element);
    Slot* element = slots_at(block, index);
    Nested nested;
    for (const std::uint32_t slot : layout.references) nested.add(element[slot].block);
    block->nested_bytes -= nested.bytes;
    move_slots(layout, element, slots + i.a);
    return true;
}

bool Bulk::set_index(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block*& block = slots[i.a].block;
    const std::uint64_t index = slots[i.b].bits;
    if (index >= length_of(block)) return false;
    if (!is_unique(block)) {
        charge(budget, std::uint64_t{block->length} * block->element_bytes);
        if (!make_unique(block)) return false;
    }
    if (!holds_references(block)) {
        if (block->element_bytes <= sizeof(Slot)) {
            store(block, index, slots[i.c]);
        } else {
            charge(budget, block->element_bytes);
            std::memcpy(slots_at(block, index), slots + i.c, block->element_bytes);
        }
        return true;
    }
    charge(budget, block->element_bytes);
    return exchange_element(program_->layout(program_->types[i.d].element), block, index,
                            slots + i.c, limits_);
}

bool Bulk::index_part(const Instruction& i, Slot* slots) const {
    const Block* block = slots[i.b].block;
    const std::uint64_t index = slots[i.c].bits;
    if (index >= length_of(block)) return false;
    slots[i.a] = slots_at(block, index)[i.e];
    return true;
}

bool Bulk::set_index_part(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block*& block = slots[i.a].block;
    const std::uint64_t index = slots[i.b].bits;
    if (index >= length_of(block)) return false;
    if (!is_unique(block)) {
        charge(budget, std::uint64_t{block->length} * block->element_bytes);
        if (!make_unique(block)) return false;
    }
    slots_at(block, index)[i.e] = slots[i.c];
    return true;
}

bool Bulk::index_nested(const Instruction& i, Slot* slots) const {
    const Block* outer = slots[i.b].block;
    const std::uint64_t index = slots[i.c].bits;
    if (index >= length_of(outer)) return false;
    const Block* inner = slots_at(outer, index)->block;
    const std::uint64_t inner_index = slots[i.e].bits;
    if (inner_index >= length_of(inner)) return false;
    slots[i.a] = load(inner, element_kind(*program_, program_->types[i.d].element), inner_index);
    return true;
}

Block* Bulk::unshare_inner(Block*& outer, std::uint64_t index, std::int64_t& budget) const {
    if (!is_unique(outer)) {
        charge(budget, std::uint64_t{outer->length} * outer->element_bytes);
        if (!make_unique(outer)) return nullptr;
    }
    Block*& inner = slots_at(outer, index)->block;
    if (!is_unique(inner)) {
        charge(budget, std::uint64_t{inner->length} * inner->element_bytes);
        if (!make_unique(inner)) return nullptr;
    }
    return inner;
}

bool Bulk::set_index_nested(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block*& outer = slots[i.a].block;
    const std::uint64_t index = slots[i.b].bits;
    const std::uint64_t inner_index = slots[i.e].bits;
    if (index >= length_of(outer) || inner_index >= length_of(slots_at(outer, index)->block)) {
        return false;
    }
    Block* inner = unshare_inner(outer, index, budget);
    if (!inner) return false;
    store(inner, inner_index, slots[i.c]);
    return true;
}

bool Bulk::cut(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block* block = slots[i.b].block;
    const std::uint64_t low = slots[i.c].bits;
    const std::uint64_t high = slots[i.c + 1].bits;
    if (slice_fails(*program_, i, block, low, high)) return false;
    Block* part = nullptr;
    if (low < high) {
        part = slice(block, low, high);
        if (!part) return false;
        if (part != block) charge(budget, (high - low) * part->element_bytes);
    }
    set_reference(slots[i.a], part);
    return true;
}

bool Bulk::concatenate(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    Block* left_side = slots[i.b].block;
    Block* right_side = slots[i.c].block;
    // Where one side is empty, the other is the result, shared.
    if (length_of(left_side) == 0 || length_of(right_side) == 0) {
        Block* other = length_of(left_side) == 0 ? right_side : left_side;
        retain(other);
        set_reference(slots[i.a], other);
        return true;
    }
    charge(budget, append_cost(left_side, right_side, i.a == i.b));
    if (i.a == i.b) return append(slots[i.a].block, right_side, limits_.value_bytes_max);
    retain(left_side);
    if (!append(left_side, right_side, limits_.value_bytes_max)) {
        release(left_side);
        return false;
    }
    set_reference(slots[i.a], left_side);
    return true;
}

bool Bulk::perform(const Instruction& i, Slot* slots, std::int64_t& budget) const {
    switch (i.opcode) {
        case Opcode::copy_value:
        case Opcode::take_value:
        case Opcode::clear_value:
            aggregate(i, slots, budget);
            return true;
        case Opcode::load:
            charge(budget, std::uint64_t{program_->layout(i.d).slots} * sizeof(Slot));
            Value(constants_[i.b]).place(*program_, i.d, slots + i.a);
            return true;
        case Opcode::text:
            set_reference(slots[i.a], Value(texts_[i.b]).hand_over());
            return true;
        case Opcode::same:
        case Opcode::differ: {
            const Block* one = slots[i.b].block;
            const Block* other = slots[i.c].block;
            charge(budget, std::min(total_bytes(one), total_bytes(other)));
            slots[i.a].bits = same(one, other) == (i.opcode == Opcode::same);
            return true;
        }
        case Opcode::before: {
            const Block* one = slots[i.b].block;
            const Block* other = slots[i.c].block;
            charge(budget, std::min(length_of(one), length_of(other)));
            slots[i.a].bits = text_before(one, other);
            return true;
        }
        case Opcode::same_value:
            compare_aggregates(i, slots, budget);
            return true;
        case Opcode::float_rem:
            slots[i.a].bits = float_bits(i.kind, std::fmod(float_value(i.kind, slots[i.b].bits),
                                                           float_value(i.kind, slots[i.c].bits)));
            return true;
        case Opcode::float_cast:
            return convert_float(i.kind, i.kind2, slots[i.b].bits, slots[i.a].bits);
        case Opcode::array:
            return make_array(i, slots, budget);
        case Opcode::zeros:
            return make_zeros(i, slots, budget);
        case Opcode::unbox:
        case Opcode::take_unbox:
            return unbox(i, slots, budget);
        case Opcode::index:
            return index(i, slots, budget);
        case Opcode::take_index:
            return take_index(i, slots, budget);
        case Opcode::set_index:
            return set_index(i, slots, budget);
        case Opcode::index_part:
            return index_part(i, slots);
        case Opcode::set_index_part:
            return set_index_part(i, slots, budget);
        case Opcode::index_nested:
            return index_nested(i, slots);
        case Opcode::set_index_nested:
            return set_index_nested(i, slots, budget);
        case Opcode::slice:
            return cut(i, slots, budget);
        case Opcode::concat:
            return concatenate(i, slots, budget);
        default:
            return false;
    }
}

}  // namespace reowolf::machine
