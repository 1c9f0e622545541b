// SPDX-License-Identifier: MIT
// Against arithmetic in 128 bits, where nothing of at most 64 bits overflows.
#include "machine/arithmetic.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "machine/numbers.test.hpp"

namespace reowolf::machine {
namespace {

using program::TypeKind;

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
