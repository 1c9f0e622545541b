// SPDX-License-Identifier: MIT
// What can be done with blocks: making, growing, cutting and changing them. A null block is the
// empty string or array, here as everywhere. Functions that make something take `bytes_max` and
// report with null or false that the value would be larger, or that there is no memory for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "machine/arithmetic.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

constexpr std::uint32_t length_of(const Block* block) {
    return block ? block->length : 0;
}

// Of the whole value as it would be written out, without headers.
constexpr std::uint64_t total_bytes(const Block* block) {
    return block ? std::uint64_t{block->length} * block->element_bytes + block->nested_bytes : 0;
}

// How an element lies in a block.
struct ElementShape {
    std::uint32_t bytes = 1;
    const program::Layout* layout = nullptr;  // of one that is slots

    static ElementShape of(const program::Program& program, program::TypeId type) {
        const program::Type& element = program.types[type];
        if (is_aggregate(element.kind)) return {element.layout.slots * 8, &element.layout};
        if (is_reference(element.kind)) return {8, &program.layout(type)};
        return {program::element_size(element.kind), nullptr};
    }
};

// Uninitialised, but for slots of elements that hold references, which are null. `length` is not 0.
Block* make_block(program::TypeKind element, std::uint64_t length, std::size_t bytes_max);
Block* make_block(const ElementShape& element, std::uint64_t length, std::size_t bytes_max);

// The same with no elements yet, and nothing said of references. Null if there is no memory.
Block* allocate(std::uint32_t element_bytes, std::uint64_t capacity);
// Leaves what it refers to alone.
void free_block(Block* block);

// A block of one element, these slots. Takes over the references; null if there is no memory.
Block* box(const program::Layout& layout, const Slot* slots);

// Copies the slots of a value over those of another, counting and releasing references.
void copy_slots(const program::Layout& layout, const Slot* from, Slot* to);
// The same, but the references move and leave null.
void move_slots(const program::Layout& layout, Slot* from, Slot* to);
void clear_slots(const program::Layout& layout, Slot* slots);

// What a block needs to know about what its references lead to.
struct Nested {
    std::uint64_t bytes = 0;
    std::uint32_t nesting = 0;

    void add(const Block* block) {
        if (!block) return;
        bytes += std::uint64_t{block->length} * block->element_bytes + block->nested_bytes;
        nesting = block->nesting > nesting ? block->nesting : nesting;
    }
};

inline Slot* slots_at(Block* block, std::uint64_t index) {
    return reinterpret_cast<Slot*>(block->data() + index * block->element_bytes);
}
inline const Slot* slots_at(const Block* block, std::uint64_t index) {
    return reinterpret_cast<const Slot*>(block->data() + index * block->element_bytes);
}

// The masks of the slots after the first 64 lie before the block.
inline bool is_reference_slot(const Block* block, std::uint32_t slot) {
    const std::uint32_t word = slot / 64;
    std::uint64_t mask = block->reference_mask;
    if (word > 0) {
        std::memcpy(&mask, reinterpret_cast<const std::byte*>(block) - std::size_t{word} * 8, 8);
    }
    return ((mask >> (slot % 64)) & 1) != 0;
}
inline bool holds_references(const Block* block) {
    return block->reference_mask != 0 || block->element_bytes > 64 * 8;
}

// Whether nobody else holds it.
inline bool is_unique(const Block* block) {
    return block->references.load(std::memory_order_acquire) == 1;
}

// Replaces a block that is shared by a copy. On failure it stays as it was.
[[nodiscard]] bool make_unique(Block*& block);

// Elements as slots. References are neither counted nor released by these.
inline Slot load(const Block* block, program::TypeKind element, std::uint64_t index) {
    Slot slot;
    switch (block->element_bytes) {
        case 1:
            slot.bits = static_cast<std::uint8_t>(block->data()[index]);
            break;
        case 2: {
            std::uint16_t bits = 0;
            std::memcpy(&bits, block->data() + index * 2, 2);
            slot.bits = bits;
            break;
        }
        case 4: {
            std::uint32_t bits = 0;
            std::memcpy(&bits, block->data() + index * 4, 4);
            slot.bits = bits;
            break;
        }
        default:
            std::memcpy(&slot, block->data() + index * 8, 8);
            return slot;
    }
    slot.bits = wrap(element, slot.bits);
    return slot;
}

inline void store(Block* block, std::uint64_t index, Slot value) {
    switch (block->element_bytes) {
        case 1:
            block->data()[index] = static_cast<std::byte>(value.bits);
            break;
        case 2: {
            const auto bits = static_cast<std::uint16_t>(value.bits);
            std::memcpy(block->data() + index * 2, &bits, 2);
            break;
        }
        case 4: {
            const auto bits = static_cast<std::uint32_t>(value.bits);
            std::memcpy(block->data() + index * 4, &bits, 4);
            break;
        }
        default:
            std::memcpy(block->data() + index * 8, &value, 8);
            break;
    }
}

// Adds the elements of `right` at the end of `left`, in place if nobody else holds it: in constant
// time per element over a series of such calls.
[[nodiscard]] bool append(Block*& left, const Block* right, std::size_t bytes_max);

// Elements [low, high) of a block, low < high. The caller owns the result.
Block* slice(Block* block, std::uint64_t low, std::uint64_t high);

// Whether two values of one type are the same, bit by bit: for floats not quite what '==' says.
bool same(const Block* left, const Block* right);
bool same(const program::Layout& layout, const Slot* left, const Slot* right);
// What '==' says.
bool equal(const program::Program& program, program::TypeId type, const Slot* left,
           const Slot* right);

}  // namespace reowolf::machine
