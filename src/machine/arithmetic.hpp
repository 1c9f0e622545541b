// SPDX-License-Identifier: MIT
// Arithmetic on slots. A scalar lives in 64 bits, sign- or zero-extended from its kind; everything
// is computed modulo 2^64 in unsigned numbers, which wraps as two's complement does, and then
// extended anew.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "program/program.hpp"

namespace reowolf::machine {

struct Width {
    std::uint8_t bits = 64;
    bool is_signed = false;
};

// Indexed by TypeKind.
inline constexpr Width widths[] = {
    {8, false},                                          // boolean
    {8, false},  {16, false}, {32, false}, {64, false},  // u8 to u64
    {8, true},   {16, true},  {32, true},  {64, true},   // s8 to s64
    {32, false}, {64, false},                            // f32, f64
    {8, false},                                          // character
    {64, false}, {64, false}, {64, false}, {64, false},  // references and ports
    {64, false}, {64, false}, {32, false}, {64, false},  // tuple, struct, enum, union
};
static_assert(std::size(widths) == static_cast<std::size_t>(program::TypeKind::union_of) + 1);

constexpr Width width_of(program::TypeKind kind) {
    return widths[static_cast<std::size_t>(kind)];
}

constexpr std::uint64_t wrap(program::TypeKind kind, std::uint64_t bits) {
    const Width width = width_of(kind);
    const int unused = 64 - width.bits;
    const std::uint64_t top = bits << unused;
    if (width.is_signed) {
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(top) >> unused);
    }
    return top >> unused;
}

// The divisor is not 0. The smallest number divided by -1 wraps to itself.
constexpr std::uint64_t divide(program::TypeKind kind, std::uint64_t left, std::uint64_t right) {
    if (!width_of(kind).is_signed) return left / right;
    if (static_cast<std::int64_t>(right) == -1) return wrap(kind, 0 - left);
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(left) /
                                      static_cast<std::int64_t>(right));
}

constexpr std::uint64_t remainder(program::TypeKind kind, std::uint64_t left, std::uint64_t right) {
    if (!width_of(kind).is_signed) return left % right;
    if (static_cast<std::int64_t>(right) == -1) return 0;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(left) %
                                      static_cast<std::int64_t>(right));
}

// The count is less than the width.
constexpr std::uint64_t shift_left(program::TypeKind kind, std::uint64_t bits,
                                   std::uint64_t count) {
    return wrap(kind, bits << count);
}

constexpr std::uint64_t shift_right(program::TypeKind kind, std::uint64_t bits,
                                    std::uint64_t count) {
    if (!width_of(kind).is_signed) return bits >> count;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> count);
}

constexpr bool less(program::TypeKind kind, std::uint64_t left, std::uint64_t right) {
    if (!width_of(kind).is_signed) return left < right;
    return static_cast<std::int64_t>(left) < static_cast<std::int64_t>(right);
}

constexpr bool is_negative(program::TypeKind kind, std::uint64_t bits) {
    return width_of(kind).is_signed && static_cast<std::int64_t>(bits) < 0;
}

// Whether the number that `bits` are in kind `from` exists in kind `to`; its bits are the same.
constexpr bool fits(program::TypeKind to, program::TypeKind from, std::uint64_t bits) {
    if (to == program::TypeKind::boolean) return bits <= 1;
    if (wrap(to, bits) != bits) return false;
    // Only between the 64-bit kinds can equal bits be different numbers.
    return width_of(to).is_signed == width_of(from).is_signed ||
           static_cast<std::int64_t>(bits) >= 0;
}

// A float lives in a slot as the bits it has in memory.
inline double float_value(program::TypeKind kind, std::uint64_t bits) {
    if (kind == program::TypeKind::f32) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    }
    return std::bit_cast<double>(bits);
}

// Rounded to the kind: arithmetic on two f32 in f64, rounded once more, is exact for + - * / (and
// what is left of a division needs no rounding).
inline std::uint64_t float_bits(program::TypeKind kind, double value) {
    if (kind == program::TypeKind::f32) {
        return std::bit_cast<std::uint32_t>(static_cast<float>(value));
    }
    return std::bit_cast<std::uint64_t>(value);
}

// Between floats, and between a float and an integer, bool or char; false if it does not fit.
bool convert_float(program::TypeKind to, program::TypeKind from, std::uint64_t bits,
                   std::uint64_t& result);

}  // namespace reowolf::machine
