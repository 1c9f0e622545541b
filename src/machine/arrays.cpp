// SPDX-License-Identifier: MIT
#include "machine/arrays.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "machine/arithmetic.hpp"

namespace reowolf::machine {
namespace {

constexpr std::uint64_t length_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t first_capacity_bytes = 16;

Block* allocate(std::uint8_t element_bytes, bool elements_are_references, std::uint64_t capacity) {
    void* memory = std::malloc(sizeof(Block) + capacity * element_bytes);
    if (!memory) return nullptr;
    Block* block = new (memory) Block;
    block->capacity = static_cast<std::uint32_t>(capacity);
    block->element_bytes = element_bytes;
    block->elements_are_references = elements_are_references;
    return block;
}

void free_block(Block* block) {
    block->~Block();
    std::free(block);
}

Block** elements_of(Block* block) {
    return reinterpret_cast<Block**>(block->data());
}
Block* const* elements_of(const Block* block) {
    return reinterpret_cast<Block* const*>(block->data());
}

std::size_t own_bytes(const Block* block) {
    return std::size_t{block->length} * block->element_bytes;
}

// Copies elements [low, high) of `from` to the end of `to`, which has room.
void copy_elements(Block* to, const Block* from, std::uint64_t low, std::uint64_t high) {
    const std::size_t bytes = (high - low) * from->element_bytes;
    std::memcpy(to->data() + own_bytes(to), from->data() + low * from->element_bytes, bytes);
    to->length += static_cast<std::uint32_t>(high - low);
    if (!from->elements_are_references) return;
    if (high - low == from->length) {
        to->nested_bytes += from->nested_bytes;
        for (std::uint64_t i = low; i < high; ++i) retain(elements_of(from)[i]);
        return;
    }
    for (std::uint64_t i = low; i < high; ++i) {
        retain(elements_of(from)[i]);
        to->nested_bytes += total_bytes(elements_of(from)[i]);
    }
}

}  // namespace

// The depth of the recursion is that of the value's type, which verify() bounds.
void destroy(Block* block) {
    if (block->elements_are_references) {
        for (std::uint32_t i = 0; i < block->length; ++i) release(elements_of(block)[i]);
    }
    free_block(block);
}

Block* make_block(program::TypeKind element, std::uint64_t length, std::size_t bytes_max) {
    const std::uint32_t size = program::element_size(element);
    if (length > length_max || length > bytes_max / size) return nullptr;
    Block* block =
        allocate(static_cast<std::uint8_t>(size), program::is_reference(element), length);
    if (!block) return nullptr;
    block->length = static_cast<std::uint32_t>(length);
    if (block->elements_are_references) std::memset(block->data(), 0, own_bytes(block));
    return block;
}

bool make_unique(Block*& block) {
    if (!block || is_unique(block)) return true;
    Block* copy = allocate(block->element_bytes, block->elements_are_references, block->length);
    if (!copy) return false;
    copy_elements(copy, block, 0, block->length);
    release(block);
    block = copy;
    return true;
}

bool append(Block*& left, const Block* right, std::size_t bytes_max) {
    if (length_of(right) == 0) return true;
    const std::uint64_t added = right->length;
    const std::uint64_t length = length_of(left) + added;
    if (length > length_max || total_bytes(left) + total_bytes(right) > bytes_max) return false;
    // `right` may be `left` itself, which then moves, but keeps its elements.
    const bool onto_itself = left == right;
    if (!left || !is_unique(left) || left->capacity < length) {
        // Room for more only where it grows: what is appended to once will be again.
        std::uint64_t capacity = length;
        if (left) {
            const std::uint64_t least = first_capacity_bytes / right->element_bytes;
            const std::uint64_t most =
                std::min<std::uint64_t>(length_max, bytes_max / right->element_bytes);
            capacity = std::max(length, std::min(std::max(2 * length, least), most));
        }
        Block* grown = allocate(right->element_bytes, right->elements_are_references, capacity);
        if (!grown) return false;
        if (left && is_unique(left)) {
            // The references move with their bytes.
            std::memcpy(grown->data(), left->data(), own_bytes(left));
            grown->length = left->length;
            grown->nested_bytes = left->nested_bytes;
            free_block(left);
        } else if (left) {
            copy_elements(grown, left, 0, left->length);
            release(left);
        }
        left = grown;
    }
    copy_elements(left, onto_itself ? left : right, 0, added);
    return true;
}

Block* slice(Block* block, std::uint64_t low, std::uint64_t high) {
    if (low == 0 && high == block->length) {
        retain(block);
        return block;
    }
    Block* part = allocate(block->element_bytes, block->elements_are_references, high - low);
    if (part) copy_elements(part, block, low, high);
    return part;
}

bool same(const Block* left, const Block* right) {
    if (left == right) return true;
    if (length_of(left) != length_of(right)) return false;
    if (length_of(left) == 0) return true;
    if (!left->elements_are_references) {
        return std::memcmp(left->data(), right->data(), own_bytes(left)) == 0;
    }
    if (left->nested_bytes != right->nested_bytes) return false;
    for (std::uint32_t i = 0; i < left->length; ++i) {
        if (!same(elements_of(left)[i], elements_of(right)[i])) return false;
    }
    return true;
}

}  // namespace reowolf::machine
