// SPDX-License-Identifier: MIT
// std.random
#pragma once

#include "base/random.hpp"
#include "native/component.hpp"

namespace reowolf::native {

// The next number of its sequence in each round, made into what its author wants of it.
class Numbers final : public Component {
  public:
    // Gives the next result as the bits of a value.
    using Draw = std::uint64_t (*)(Random& random, std::uint64_t parameter);

    Numbers(const Self& self, Port to, Draw draw, std::uint64_t parameter, Random random)
        : Component(self), to_(to), draw_(draw), parameter_(parameter), random_(random) {}

    std::unique_ptr<Body> clone() const override { return std::make_unique<Numbers>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;

  private:
    enum class Next { begin, put, end };
    Port to_;
    Draw draw_;
    std::uint64_t parameter_;
    Random random_;
    Next next_ = Next::begin;
};

std::uint64_t draw_bits(Random& random, std::uint64_t);
// From 0 to n - 1. n must not be 0.
std::uint64_t draw_below(Random& random, std::uint64_t n);
// An f64 from 0 up to, but not including, 1.
std::uint64_t draw_unit(Random& random, std::uint64_t);
// A bool; true with the probability p, which are the bits of an f64.
std::uint64_t draw_chance(Random& random, std::uint64_t p);

}  // namespace reowolf::native
