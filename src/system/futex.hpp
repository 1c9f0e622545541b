// SPDX-License-Identifier: MIT
// Sleeping until another thread changes a word, with a limit in time, which std::atomic::wait does
// not have.
#pragma once

#include <atomic>
#include <cstdint>

namespace reowolf::system {

// Sleeps while the word is `value`; also returns early without a reason. No limit if negative.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                std::int64_t limit_ns = -1);

// Wakes one thread that sleeps on the word. The word may be gone already.
void futex_wake(const std::atomic<std::uint32_t>& word);

}  // namespace reowolf::system
