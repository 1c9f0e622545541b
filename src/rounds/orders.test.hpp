// SPDX-License-Identifier: MIT
// Runs an assembly under every order of events, or under random ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "rounds/assembly.test.hpp"

namespace reowolf::rounds {

// Runs to rest. What is wrong, or nothing.
inline std::string run(Assembly& assembly, const std::function<std::size_t(std::size_t)>& choose) {
    constexpr int steps_max = 20'000;
    for (int step = 0; step < steps_max; ++step) {
        const std::size_t options = assembly.options();
        if (options == 0) return assembly.problem_at_rest();
        assembly.take(choose(options));
        if (!assembly.problem().empty()) return assembly.problem();
    }
    return "it never comes to rest";
}

// Every order of events, up to so many.
inline void run_all_orders(
    const Situation& situation, std::size_t orders_max,
    const std::function<void(const Assembly&)>& check = [](const Assembly&) {}) {
    struct Choice {
        std::size_t taken;
        std::size_t options;
    };
    std::vector<Choice> choices;
    for (std::size_t order = 0; order < orders_max; ++order) {
        Assembly assembly(situation);
        std::size_t at = 0;
        const std::string problem = run(assembly, [&](std::size_t options) {
            if (at == choices.size()) choices.push_back({0, options});
            return choices[at++].taken;
        });
        ASSERT_EQ(problem, "") << "order " << order;
        check(assembly);
        if (testing::Test::HasFailure()) return;
        while (!choices.empty() && choices.back().taken + 1 == choices.back().options) {
            choices.pop_back();
        }
        if (choices.empty()) return;
        ++choices.back().taken;
    }
}

inline void run_random_orders(
    const Situation& situation, std::uint64_t seeds,
    const std::function<void(const Assembly&)>& check = [](const Assembly&) {}) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Random random(seed);
        Assembly assembly(situation);
        const std::string problem =
            run(assembly, [&](std::size_t options) { return random.below(options); });
        ASSERT_EQ(problem, "") << "seed " << seed;
        check(assembly);
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    }
}

}  // namespace reowolf::rounds
