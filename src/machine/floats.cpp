// SPDX-License-Identifier: MIT
#include <cmath>

#include "machine/arithmetic.hpp"

namespace reowolf::machine {

using program::TypeKind;

bool convert_float(TypeKind to, TypeKind from, std::uint64_t bits, std::uint64_t& result) {
    if (program::is_float(from) && program::is_float(to)) {
        result = float_bits(to, float_value(from, bits));
        return true;
    }
    if (program::is_float(to)) {
        // From the integer at once, so that it is rounded once.
        const bool negative = is_negative(from, bits);
        if (to == TypeKind::f32) {
            const float value = negative ? static_cast<float>(static_cast<std::int64_t>(bits))
                                         : static_cast<float>(bits);
            result = std::bit_cast<std::uint32_t>(value);
        } else {
            const double value = negative ? static_cast<double>(static_cast<std::int64_t>(bits))
                                          : static_cast<double>(bits);
            result = std::bit_cast<std::uint64_t>(value);
        }
        return true;
    }
    const double whole = std::trunc(float_value(from, bits));
    const Width width = width_of(to);
    const int magnitude_bits = width.is_signed ? width.bits - 1 : width.bits;
    // Powers of two are exact, the largest value of a type is not.
    const double above = std::ldexp(1.0, to == TypeKind::boolean ? 1 : magnitude_bits);
    const double least = width.is_signed ? -above : 0.0;
    if (!(whole >= least && whole < above)) return false;
    result = whole < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(whole))
                       : static_cast<std::uint64_t>(whole);
    return true;
}

}  // namespace reowolf::machine
