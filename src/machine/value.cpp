// SPDX-License-Identifier: MIT
#include "machine/value.hpp"

#include <cassert>
#include <cstring>
#include <limits>
#include <utility>

#include "machine/arrays.hpp"

namespace reowolf::machine {

Value Value::bytes(std::span<const std::byte> bytes) {
    if (bytes.empty()) return adopt(nullptr);
    Block* block =
        make_block(program::TypeKind::u8, bytes.size(), std::numeric_limits<std::size_t>::max());
    assert(block && "out of memory");
    std::memcpy(block->data(), bytes.data(), bytes.size());
    return adopt(block);
}

Value Value::text(std::string_view text) {
    return bytes(std::as_bytes(std::span(text)));
}

Block* Value::hand_over() {
    if (!is_reference_) return nullptr;
    is_reference_ = false;
    return std::exchange(slot_, Slot{}).block;
}

Value Value::copy(const program::Program& program, program::TypeId type, const Slot* slots) {
    const program::Type& of = program.types[type];
    if (is_aggregate(of.kind)) {
        const program::Layout& layout = of.layout;
        for (const std::uint32_t slot : layout.references) retain(slots[slot].block);
        Block* block = box(layout, slots);
        assert(block && "out of memory");
        return adopt(block);
    }
    if (!program::is_reference(of.kind)) return scalar(slots->bits);
    retain(slots->block);
    return adopt(slots->block);
}

Value Value::take(const program::Program& program, program::TypeId type, Slot* slots) {
    const program::Type& of = program.types[type];
    if (is_aggregate(of.kind)) {
        Block* block = box(of.layout, slots);
        assert(block && "out of memory");
        for (const std::uint32_t slot : of.layout.references) slots[slot] = Slot{};
        return adopt(block);
    }
    if (!program::is_reference(of.kind)) return scalar(slots->bits);
    return adopt(std::exchange(slots->block, nullptr));
}

void Value::place(const program::Program& program, program::TypeId type, Slot* slots) && {
    const program::Type& of = program.types[type];
    if (is_aggregate(of.kind)) {
        copy_slots(of.layout, reinterpret_cast<const Slot*>(slot_.block->data()), slots);
    } else if (program::is_reference(of.kind)) {
        release(std::exchange(slots->block, hand_over()));
    } else {
        *slots = slot_;
    }
}

const Slot* Value::slots(const program::Program& program, program::TypeId type) const {
    if (!is_aggregate(program.types[type].kind)) return &slot_;
    return reinterpret_cast<const Slot*>(slot_.block->data());
}

std::span<const std::byte> Value::byte_view() const {
    const Block* held = block();
    if (!held) return {};
    assert(held->element_bytes == 1);
    return {held->data(), held->length};
}

bool operator==(const Value& a, const Value& b) {
    if (a.is_reference_ != b.is_reference_) return false;
    return a.is_reference_ ? same(a.slot_.block, b.slot_.block) : a.slot_.bits == b.slot_.bits;
}

}  // namespace reowolf::machine
