// SPDX-License-Identifier: MIT
#include "machine/arrays.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

#include "machine/arithmetic.hpp"
#include "machine/large_blocks.hpp"
#include "machine/lodging.hpp"

namespace reowolf::machine {
namespace {

constexpr std::uint64_t length_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t first_capacity_bytes = 16;

constexpr std::uint32_t slots_in_mask = 64;

// Of the masks before the block; keeps its alignment.
std::size_t prefix_bytes(std::uint32_t element_bytes) {
    const std::size_t slots = element_bytes / 8;
    if (slots <= slots_in_mask) return 0;
    const std::size_t words = (slots - 1) / slots_in_mask;
    return (words * 8 + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) *
           alignof(std::max_align_t);
}

}  // namespace

Block* allocate(std::uint32_t element_bytes, std::uint64_t capacity) {
    const std::size_t prefix = prefix_bytes(element_bytes);
    const std::size_t bytes = prefix + sizeof(Block) + capacity * element_bytes;
    void* memory = bytes < large_bytes_min ? std::malloc(bytes) : take_large(bytes);
    if (!memory) return nullptr;
    if (prefix > 0) std::memset(memory, 0, prefix);
    Block* block = new (static_cast<std::byte*>(memory) + prefix) Block;
    block->capacity = static_cast<std::uint32_t>(capacity);
    block->element_bytes = element_bytes;
    return block;
}

void free_block(Block* block) {
    if (block->is_lodged) return leave_lodging(block);
    const std::size_t prefix = prefix_bytes(block->element_bytes);
    block->~Block();
    std::free(reinterpret_cast<std::byte*>(block) - prefix);
}

namespace {

// As free_block(), but another one as large may come. Not of those that an array has grown out of.
void give_back_block(Block* block) {
    const std::size_t prefix = prefix_bytes(block->element_bytes);
    const std::size_t bytes =
        prefix + sizeof(Block) + std::size_t{block->capacity} * block->element_bytes;
    if (bytes < large_bytes_min || block->is_lodged) return free_block(block);
    block->~Block();
    give_back_large(reinterpret_cast<std::byte*>(block) - prefix, bytes);
}

Block* allocate_like(const Block* model, std::uint64_t capacity) {
    Block* block = allocate(model->element_bytes, capacity);
    if (!block) return nullptr;
    block->reference_mask = model->reference_mask;
    const std::size_t prefix = prefix_bytes(model->element_bytes);
    if (prefix > 0) {
        std::memcpy(reinterpret_cast<std::byte*>(block) - prefix,
                    reinterpret_cast<const std::byte*>(model) - prefix, prefix);
    }
    return block;
}

void set_reference_slot(Block* block, std::uint32_t slot) {
    const std::uint64_t bit = std::uint64_t{1} << (slot % slots_in_mask);
    const std::uint32_t word = slot / slots_in_mask;
    if (word == 0) {
        block->reference_mask |= bit;
        return;
    }
    std::byte* at = reinterpret_cast<std::byte*>(block) - std::size_t{word} * 8;
    std::uint64_t mask = 0;
    std::memcpy(&mask, at, 8);
    mask |= bit;
    std::memcpy(at, &mask, 8);
}

// Every reference of elements [low, high).
template <typename Visit>
void for_each_reference(const Block* block, std::uint64_t low, std::uint64_t high, Visit visit) {
    if (!holds_references(block)) return;
    const std::uint32_t slots = block->element_bytes / 8;
    if (slots == 1) {
        for (std::uint64_t i = low; i < high; ++i) visit(slots_at(block, i)->block);
        return;
    }
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        if (!is_reference_slot(block, slot)) continue;
        for (std::uint64_t i = low; i < high; ++i) visit(slots_at(block, i)[slot].block);
    }
}

std::size_t own_bytes(const Block* block) {
    return std::size_t{block->length} * block->element_bytes;
}

// Copies elements [low, high) of `from` to the end of `to`, which has room.
void copy_elements(Block* to, const Block* from, std::uint64_t low, std::uint64_t high) {
    const std::size_t bytes = (high - low) * from->element_bytes;
    std::memcpy(to->data() + own_bytes(to), from->data() + low * from->element_bytes, bytes);
    to->length += static_cast<std::uint32_t>(high - low);
    if (!holds_references(from)) return;
    to->nesting = std::max(to->nesting, from->nesting);
    if (high - low == from->length) {
        to->nested_bytes += from->nested_bytes;
        for_each_reference(from, low, high, [](Block* element) { retain(element); });
        return;
    }
    for_each_reference(from, low, high, [&](Block* element) {
        retain(element);
        to->nested_bytes += total_bytes(element);
    });
}

}  // namespace

// Values may nest deeply: the dead wait in a chain, not on the stack.
void destroy(Block* block) {
    block->nested_bytes = 0;
    for (Block* chain = block; chain;) {
        Block* dead = chain;
        // It was made of a pointer, below. NOLINTNEXTLINE(performance-no-int-to-ptr)
        chain = reinterpret_cast<Block*>(static_cast<std::uintptr_t>(dead->nested_bytes));
        for_each_reference(dead, 0, dead->length, [&](Block* element) {
            if (!element) return;
            if (element->references.load(std::memory_order_acquire) != 1 &&
                element->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
                return;
            }
            element->nested_bytes = reinterpret_cast<std::uintptr_t>(chain);
            chain = element;
        });
        give_back_block(dead);
    }
}

Block* make_block(const ElementShape& element, std::uint64_t length, std::size_t bytes_max) {
    if (length > length_max || length > bytes_max / element.bytes) return nullptr;
    Block* block = allocate(element.bytes, length);
    if (!block) return nullptr;
    block->length = static_cast<std::uint32_t>(length);
    if (element.layout) {
        for (const std::uint32_t slot : element.layout->references) set_reference_slot(block, slot);
        if (holds_references(block)) std::memset(block->data(), 0, own_bytes(block));
    }
    return block;
}

Block* make_block(program::TypeKind element, std::uint64_t length, std::size_t bytes_max) {
    static const program::Layout reference{1, {0}};
    return make_block(
        {program::element_size(element), program::is_reference(element) ? &reference : nullptr},
        length, bytes_max);
}

Block* box(const program::Layout& layout, const Slot* slots) {
    Block* block = allocate(layout.slots * 8, 1);
    if (!block) return nullptr;
    block->length = 1;
    std::memcpy(block->data(), slots, std::size_t{layout.slots} * 8);
    Nested nested;
    for (const std::uint32_t slot : layout.references) {
        set_reference_slot(block, slot);
        nested.add(slots[slot].block);
    }
    block->nested_bytes = nested.bytes;
    block->nesting = nested.nesting + 1;
    return block;
}

void copy_slots(const program::Layout& layout, const Slot* from, Slot* to) {
    for (const std::uint32_t slot : layout.references) {
        retain(from[slot].block);
        release(to[slot].block);
    }
    std::memmove(to, from, std::size_t{layout.slots} * sizeof(Slot));
}

void move_slots(const program::Layout& layout, Slot* from, Slot* to) {
    if (from == to) return;
    for (const std::uint32_t slot : layout.references) release(to[slot].block);
    std::memmove(to, from, std::size_t{layout.slots} * sizeof(Slot));
    for (const std::uint32_t slot : layout.references) from[slot] = Slot{};
}

void clear_slots(const program::Layout& layout, Slot* slots) {
    for (const std::uint32_t slot : layout.references) release(slots[slot].block);
    std::fill_n(slots, layout.slots, Slot{});
}

bool make_unique(Block*& block) {
    if (!block || is_unique(block)) return true;
    Block* copy = allocate_like(block, block->length);
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
        Block* grown = allocate_like(right, capacity);
        if (!grown) return false;
        if (left && is_unique(left)) {
            // The references move with their bytes.
            std::memcpy(grown->data(), left->data(), own_bytes(left));
            grown->length = left->length;
            grown->nested_bytes = left->nested_bytes;
            grown->nesting = left->nesting;
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
    Block* part = allocate_like(block, high - low);
    if (part) copy_elements(part, block, low, high);
    return part;
}

bool same(const Block* left, const Block* right) {
    // Without recursion, as values may nest deeply.
    std::vector<std::pair<const Block*, const Block*>> waiting;
    for (;;) {
        if (left != right) {
            if (length_of(left) != length_of(right)) return false;
            if (length_of(left) > 0) {
                if (!holds_references(left)) {
                    if (std::memcmp(left->data(), right->data(), own_bytes(left)) != 0)
                        return false;
                } else {
                    if (left->nested_bytes != right->nested_bytes) return false;
                    const std::uint32_t slots = left->element_bytes / 8;
                    for (std::uint32_t slot = 0; slot < slots; ++slot) {
                        const bool reference = is_reference_slot(left, slot);
                        for (std::uint32_t i = 0; i < left->length; ++i) {
                            const Slot& one = slots_at(left, i)[slot];
                            const Slot& other = slots_at(right, i)[slot];
                            if (one.bits == other.bits) continue;
                            if (!reference) return false;
                            if (length_of(one.block) != length_of(other.block)) return false;
                            waiting.emplace_back(one.block, other.block);
                        }
                    }
                }
            }
        }
        if (waiting.empty()) return true;
        std::tie(left, right) = waiting.back();
        waiting.pop_back();
    }
}

bool same(const program::Layout& layout, const Slot* left, const Slot* right) {
    auto reference = layout.references.begin();
    for (std::uint32_t slot = 0; slot < layout.slots; ++slot) {
        const bool held = reference != layout.references.end() && *reference == slot;
        if (held) ++reference;
        if (left[slot].bits == right[slot].bits) continue;
        if (!held || !same(left[slot].block, right[slot].block)) return false;
    }
    return true;
}

namespace {

// How many blocks deep a value nests is bounded when it is made, and with it this recursion.
bool fields_equal(const program::Program& program, const std::vector<program::Field>& fields,
                  const Slot* left, const Slot* right) {
    for (const program::Field& field : fields) {
        if (!equal(program, field.type, left, right)) return false;
        const std::uint32_t slots = program.layout(field.type).slots;
        left += slots;
        right += slots;
    }
    return true;
}

bool payloads_equal(const program::Program& program, const program::Variant& variant,
                    const Slot* left, const Slot* right) {
    std::vector<Slot> one;
    std::vector<Slot> other;
    for (const std::uint32_t slot : variant.slots) {
        one.push_back(left[slot]);
        other.push_back(right[slot]);
    }
    return fields_equal(program, variant.fields, one.data(), other.data());
}

}  // namespace

bool equal(const program::Program& program, program::TypeId type, const Slot* left,
           const Slot* right) {
    using program::TypeKind;
    const program::Type& of = program.types[type];
    switch (of.kind) {
        case TypeKind::f32:
        case TypeKind::f64:
            return float_value(of.kind, left->bits) == float_value(of.kind, right->bits);
        case TypeKind::string:
            return same(left->block, right->block);
        case TypeKind::array: {
            if (length_of(left->block) != length_of(right->block)) return false;
            if (length_of(left->block) == 0) return true;
            const TypeKind element = program.types[of.element].kind;
            for (std::uint32_t i = 0; i < left->block->length; ++i) {
                if (is_aggregate(element)) {
                    if (!equal(program, of.element, slots_at(left->block, i),
                               slots_at(right->block, i))) {
                        return false;
                    }
                    continue;
                }
                const Slot one = load(left->block, element, i);
                const Slot other = load(right->block, element, i);
                if (!equal(program, of.element, &one, &other)) return false;
            }
            return true;
        }
        case TypeKind::tuple:
        case TypeKind::structure:
            return fields_equal(program, of.fields, left, right);
        case TypeKind::union_of:
            return left->bits == right->bits && left->bits < of.variants.size() &&
                   payloads_equal(program, of.variants[left->bits], left, right);
        default:
            return left->bits == right->bits;
    }
}

}  // namespace reowolf::machine
