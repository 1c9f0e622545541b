// SPDX-License-Identifier: MIT
// A component that has been silent waits until something changes at its ports, and whoever comes to
// one of them meanwhile is a change.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "told.hpp"

namespace reowolf {
namespace {

using u64 = std::uint64_t;

// Its first block says nothing of the port; after each it computes for longer than one slice.
constexpr const char* text = R"(
    func compute(u64 steps) -> u64 {
        u64 sum = 0;
        u64 n = 0;
        while (n < steps) { sum = sum * 31 + n; n += 1; }
        return sum;
    }
    primitive poller(in<u64> from) {
        bool has = false;
        u64 value = 0;
        while (!has) {
            sync { value = 0; }
            u64 first = compute(30000);
            sync { fork {} or { value = get(from); has = true; } }
            first = 0;
            u64 second = compute(30000);
            second = 0;
        }
        print(value);
    }
    primitive source(out<u64> to) { sync put(to, 7); }
)";

TEST(Silence, WhoComesAtAnyTimeIsNoticed) {
    const Program program(text);
    constexpr u64 slices_of_both_turns = 100;
    for (u64 slices = 0; slices < slices_of_both_turns; ++slices) {
        Told told;
        Runtime runtime(program, told.options());
        auto [out, in] = runtime.channel<u64>();
        runtime.start("poller", in);
        for (u64 i = 0; i < slices; ++i) runtime.run_one();
        runtime.start("source", out);
        while (runtime.run_one()) {  // and nobody asks why it is stuck, which would help it on
        }
        EXPECT_EQ(told.lines, std::vector<std::string>{"7"}) << "after " << slices << " slices";
    }
}

}  // namespace
}  // namespace reowolf
