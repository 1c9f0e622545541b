// SPDX-License-Identifier: MIT
#include "machine/few.hpp"

#include <cstring>
#include <utility>

#include "machine/arrays.hpp"

namespace reowolf::machine {

void copy_few(Few few, const Slot* from, Slot* to) {
    for (std::uint32_t n = 0, held = few.held; n < few.count; ++n, held >>= 1) {
        const Slot value = from[n];
        if ((held & 1) != 0) {
            retain(value.block);
            release(std::exchange(to[n].block, value.block));
        } else {
            to[n] = value;
        }
    }
}

void take_few(Few few, Slot* from, Slot* to) {
    if (from == to) return;
    for (std::uint32_t n = 0, held = few.held; n < few.count; ++n, held >>= 1) {
        if ((held & 1) != 0) {
            Block* taken = std::exchange(from[n].block, nullptr);
            release(std::exchange(to[n].block, taken));
        } else {
            to[n] = from[n];
        }
    }
}

void clear_few(Few few, Slot* slots) {
    for (std::uint32_t n = 0, held = few.held; n < few.count; ++n, held >>= 1) {
        const Slot value = std::exchange(slots[n], Slot{});
        if ((held & 1) != 0) release(value.block);
    }
}

bool box_few(Few few, Slot* from, Slot& box, const Limits& limits) {
    Nested nested;
    for (std::uint32_t n = 0, held = few.held; held != 0; ++n, held >>= 1) {
        if ((held & 1) != 0) nested.add(from[n].block);
    }
    const std::uint32_t bytes = few.count * sizeof(Slot);
    if (nested.bytes + bytes > limits.value_bytes_max ||
        nested.nesting >= limits.value_nesting_max) {
        return false;
    }
    Block* made = allocate(bytes, 1);
    if (!made) return false;
    made->length = 1;
    made->reference_mask = few.held;
    made->nested_bytes = nested.bytes;
    made->nesting = nested.nesting + 1;
    std::memcpy(made->data(), from, bytes);
    for (std::uint32_t n = 0, held = few.held; held != 0; ++n, held >>= 1) {
        if ((held & 1) != 0) from[n] = Slot{};
    }
    release(std::exchange(box.block, made));
    return true;
}

bool unbox_few(Few few, const Slot& box, Slot* to) {
    Block* block = box.block;
    if (!block) return false;
    // The slots that are overwritten may hold all that keeps it.
    const bool overlaps = &box >= to && &box < to + few.count;
    if (overlaps) retain(block);
    copy_few(few, slots_at(block, 0), to);
    if (overlaps) release(block);
    return true;
}

bool take_unbox_few(Few few, Slot& box, Slot* to) {
    Block* block = std::exchange(box.block, nullptr);
    if (!block) return false;
    if (is_unique(block) && block->length == 1) {
        take_few(few, slots_at(block, 0), to);
        free_block(block);
    } else {
        copy_few(few, slots_at(block, 0), to);
        release(block);
    }
    return true;
}

}  // namespace reowolf::machine
