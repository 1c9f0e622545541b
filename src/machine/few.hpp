// SPDX-License-Identifier: MIT
// Values of few slots, which is what most structs, unions and tuples are: a word says which of the
// slots hold references, so that no type has to be looked at.
#pragma once

#include <cstdint>

#include "base/limits.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

struct Few {
    static constexpr std::uint32_t slots_max = 16;

    std::uint32_t count = 0;
    std::uint32_t held = 0;  // bit n: slot n holds a reference

    // Only of a layout with no more slots.
    static Few of(const program::Layout& layout) {
        Few few{layout.slots, 0};
        for (const std::uint32_t slot : layout.references) few.held |= 1u << slot;
        return few;
    }
};

// As copy_slots, move_slots and clear_slots do.
void copy_few(Few few, const Slot* from, Slot* to);
void take_few(Few few, Slot* from, Slot* to);
void clear_few(Few few, Slot* slots);

// Arrays of one element. The elements are taken, or counted; `box` releases what it held. False,
// with all as it was, if it would be too large or is empty.
bool box_few(Few few, Slot* from, Slot& box, const Limits& limits);
bool unbox_few(Few few, const Slot& box, Slot* to);
bool take_unbox_few(Few few, Slot& box, Slot* to);

}  // namespace reowolf::machine
