// SPDX-License-Identifier: MIT
// Numbers to test arithmetic with, and arithmetic in 128 bits, where nothing of at most 64 bits
// overflows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "machine/arithmetic.hpp"

namespace reowolf::machine {

__extension__ using Wide = __int128;

inline constexpr program::TypeKind integer_kinds[] = {
    program::TypeKind::u8, program::TypeKind::u16, program::TypeKind::u32, program::TypeKind::u64,
    program::TypeKind::s8, program::TypeKind::s16, program::TypeKind::s32, program::TypeKind::s64};

inline Wide number(program::TypeKind kind, std::uint64_t bits) {
    return width_of(kind).is_signed ? static_cast<Wide>(static_cast<std::int64_t>(bits))
                                    : static_cast<Wide>(bits);
}

inline Wide modulus(program::TypeKind kind) {
    return static_cast<Wide>(1) << width_of(kind).bits;
}
inline Wide smallest(program::TypeKind kind) {
    return width_of(kind).is_signed ? -(modulus(kind) / 2) : 0;
}
inline Wide largest(program::TypeKind kind) {
    return smallest(kind) + modulus(kind) - 1;
}

// The slot that holds a number of any size, wrapped.
inline std::uint64_t wrapped(program::TypeKind kind, Wide value) {
    const Wide size = modulus(kind);
    Wide inside = (value - smallest(kind)) % size;
    if (inside < 0) inside += size;
    return static_cast<std::uint64_t>(inside + smallest(kind));
}

inline std::vector<std::uint64_t> samples(program::TypeKind kind) {
    std::vector<std::uint64_t> slots;
    for (int near = -2; near <= 2; ++near) {
        slots.push_back(wrapped(kind, near));
        slots.push_back(wrapped(kind, smallest(kind) + near));
        slots.push_back(wrapped(kind, largest(kind) + near));
        slots.push_back(wrapped(kind, largest(kind) / 2 + near));
    }
    Random random(1);
    for (int i = 0; i < 40; ++i) slots.push_back(wrap(kind, random.next()));
    return slots;
}

}  // namespace reowolf::machine
