// SPDX-License-Identifier: MIT
#include "native/numbers.hpp"

#include <bit>

namespace reowolf::native {

using machine::Request;

std::optional<Request> Numbers::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::begin:
            if (draw_ == draw_below && parameter_ == 0) {
                return Request::failed("no number is below 0");
            }
            next_ = Next::put;
            return Request::of(Request::Kind::sync_begin);
        case Next::put:
            next_ = Next::end;
            return Request::put(to_.handle, to_.type,
                                machine::Value::scalar(draw_(random_, parameter_)));
        case Next::end:
            break;
    }
    next_ = Next::begin;
    return Request::of(Request::Kind::sync_end);
}

std::uint64_t draw_bits(Random& random, std::uint64_t) {
    return random.next();
}

std::uint64_t draw_below(Random& random, std::uint64_t n) {
    // The first 2^64 mod n numbers would make some results likelier than others.
    const std::uint64_t surplus = (0 - n) % n;
    for (;;) {
        const std::uint64_t number = random.next();
        if (number >= surplus) return number % n;
    }
}

namespace {

double unit(Random& random) {
    constexpr int bits_of_double = 53;
    return static_cast<double>(random.next() >> (64 - bits_of_double)) /
           static_cast<double>(std::uint64_t{1} << bits_of_double);
}

}  // namespace

std::uint64_t draw_unit(Random& random, std::uint64_t) {
    return std::bit_cast<std::uint64_t>(unit(random));
}

std::uint64_t draw_chance(Random& random, std::uint64_t p) {
    return unit(random) < std::bit_cast<double>(p) ? 1 : 0;
}

}  // namespace reowolf::native
