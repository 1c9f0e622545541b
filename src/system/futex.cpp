// SPDX-License-Identifier: MIT
#include "system/futex.hpp"

#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace reowolf::system {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                std::int64_t limit_ns) {
    constexpr std::int64_t second_ns = 1'000'000'000;
    const timespec limit{.tv_sec = limit_ns / second_ns, .tv_nsec = limit_ns % second_ns};
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, limit_ns < 0 ? nullptr : &limit, nullptr,
              0);
}

void futex_wake(const std::atomic<std::uint32_t>& word) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace reowolf::system
