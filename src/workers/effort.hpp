// SPDX-License-Identifier: MIT
// What threads beside a program's own have done for it.
#pragma once

#include <chrono>
#include <cstdint>

namespace reowolf::workers {

struct Effort {
    std::uint64_t steals = 0;         // what one of them has taken over from another
    std::chrono::nanoseconds idle{};  // how long they have slept, all together

    Effort& operator+=(const Effort& other) {
        steals += other.steals;
        idle += other.idle;
        return *this;
    }
};

}  // namespace reowolf::workers
