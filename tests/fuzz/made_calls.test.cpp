// SPDX-License-Identifier: MIT
// The same trials without libFuzzer, so that every build makes some. FUZZ_SEED repeats one.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "calls.hpp"

namespace reowolf::fuzz {
namespace {

TEST(MadeCalls, ComeBackAndKeepTheirPromises) {
    constexpr std::uint64_t count = 50;
    constexpr std::size_t choices_max = 600;
    const char* asked = std::getenv("FUZZ_SEED");
    const std::uint64_t first = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 1;
    for (std::uint64_t seed = first; seed < first + (asked != nullptr ? 1 : count); ++seed) {
        // Said before, as what goes wrong ends the process.
        std::fprintf(stderr, "FUZZ_SEED=%llu\n", static_cast<unsigned long long>(seed));
        std::mt19937_64 random(seed);
        std::vector<std::uint8_t> choices(choices_max);
        for (std::uint8_t& choice : choices) choice = static_cast<std::uint8_t>(random());
        try_calls(choices);
    }
}

}  // namespace
}  // namespace reowolf::fuzz
