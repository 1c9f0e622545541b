// SPDX-License-Identifier: MIT
// How time passes. Whatever measures it gets a clock handed in, so that a test can have its own.
#pragma once

#include <chrono>
#include <functional>

namespace reowolf {

// The time since some moment in the past; never runs backwards. From any thread.
using Clock = std::function<std::chrono::nanoseconds()>;

inline std::chrono::nanoseconds steady_time() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace reowolf
