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

// Uninitialised, but for references, which are null. `length` is not 0.
Block* make_block(program::TypeKind element, std::uint64_t length, std::size_t bytes_max);

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

// Structural equality of two values of one type.
bool same(const Block* left, const Block* right);

}  // namespace reowolf::machine
