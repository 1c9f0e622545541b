// SPDX-License-Identifier: MIT
// Against arithmetic in 128 bits, where nothing of at most 64 bits overflows.
#include "machine/arithmetic.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace reowolf::machine {
namespace {

using program::TypeKind;

__extension__ using Wide = __int128;

constexpr TypeKind integer_kinds[] = {TypeKind::u8, TypeKind::u16, TypeKind::u32, TypeKind::u64,
                                      TypeKind::s8, TypeKind::s16, TypeKind::s32, TypeKind::s64};

Wide number(TypeKind kind, std::uint64_t bits) {
    return width_of(kind).is_signed ? static_cast<Wide>(static_cast<std::int64_t>(bits))
                                    : static_cast<Wide>(bits);
}

Wide modulus(TypeKind kind) {
    return static_cast<Wide>(1) << width_of(kind).bits;
}
Wide smallest(TypeKind kind) {
    return width_of(kind).is_signed ? -(modulus(kind) / 2) : 0;
}
Wide largest(TypeKind kind) {
    return smallest(kind) + modulus(kind) - 1;
}

// The slot that holds a number of any size, wrapped.
std::uint64_t wrapped(TypeKind kind, Wide value) {
    const Wide size = modulus(kind);
    Wide inside = (value - smallest(kind)) % size;
    if (inside < 0) inside += size;
    return static_cast<std::uint64_t>(inside + smallest(kind));
}

std::vector<std::uint64_t> samples(TypeKind kind) {
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

TEST(Arithmetic, WrapsAsNumbersModuloTheWidth) {
    for (const TypeKind kind : integer_kinds) {
        for (const std::uint64_t a : samples(kind)) {
            for (const std::uint64_t b : samples(kind)) {
                const Wide x = number(kind, a);
                const Wide y = number(kind, b);
                ASSERT_EQ(wrap(kind, a + b), wrapped(kind, x + y));
                ASSERT_EQ(wrap(kind, a - b), wrapped(kind, x - y));
                // The product of two unsigned 64-bit numbers does not fit a signed 128-bit one.
                __extension__ using UnsignedWide = unsigned __int128;
                const auto product = static_cast<UnsignedWide>(x) * static_cast<UnsignedWide>(y);
                ASSERT_EQ(wrap(kind, a * b), wrap(kind, static_cast<std::uint64_t>(product)));
                ASSERT_EQ(less(kind, a, b), x < y);
                if (y == 0) continue;
                ASSERT_EQ(divide(kind, a, b), wrapped(kind, x / y));
                ASSERT_EQ(remainder(kind, a, b), wrapped(kind, x % y));
            }
        }
    }
}

TEST(Arithmetic, ProductsOfSmallKindsAgreeInFull) {
    for (const TypeKind kind : {TypeKind::u8, TypeKind::s8, TypeKind::u32, TypeKind::s32}) {
        for (const std::uint64_t a : samples(kind)) {
            for (const std::uint64_t b : samples(kind)) {
                ASSERT_EQ(wrap(kind, a * b), wrapped(kind, number(kind, a) * number(kind, b)));
            }
        }
    }
}

TEST(Arithmetic, SmallestByMinusOneWraps) {
    for (const TypeKind kind : {TypeKind::s8, TypeKind::s16, TypeKind::s32, TypeKind::s64}) {
        const std::uint64_t least = wrapped(kind, smallest(kind));
        EXPECT_EQ(divide(kind, least, ~std::uint64_t{0}), least);
        EXPECT_EQ(remainder(kind, least, ~std::uint64_t{0}), 0u);
    }
}

TEST(Arithmetic, Shifts) {
    for (const TypeKind kind : integer_kinds) {
        for (const std::uint64_t a : samples(kind)) {
            for (unsigned count = 0; count < width_of(kind).bits; ++count) {
                const Wide factor = static_cast<Wide>(1) << count;
                ASSERT_EQ(shift_left(kind, a, count), wrapped(kind, static_cast<Wide>(a << count)));
                const Wide x = number(kind, a);
                // Towards minus infinity, as an arithmetic shift goes.
                const Wide quotient = x / factor - (x % factor < 0 ? 1 : 0);
                ASSERT_EQ(shift_right(kind, a, count), wrapped(kind, quotient));
            }
        }
    }
}

TEST(Arithmetic, CastsFitIfTheNumberExists) {
    for (const TypeKind from : integer_kinds) {
        for (const std::uint64_t a : samples(from)) {
            const Wide x = number(from, a);
            for (const TypeKind to : integer_kinds) {
                ASSERT_EQ(fits(to, from, a), x >= smallest(to) && x <= largest(to));
            }
            EXPECT_EQ(fits(TypeKind::boolean, from, a), x == 0 || x == 1);
            EXPECT_EQ(fits(TypeKind::character, from, a), x >= 0 && x <= 255);
        }
    }
    EXPECT_TRUE(fits(TypeKind::s8, TypeKind::boolean, 1));
    EXPECT_FALSE(fits(TypeKind::s8, TypeKind::character, 200));
}

}  // namespace
}  // namespace reowolf::machine
