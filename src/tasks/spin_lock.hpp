// SPDX-License-Identifier: MIT
// A lock for a few instructions. Who holds it may lose the processor, so waiting gives it away
// soon.
#pragma once

#include <atomic>

#include <sched.h>

namespace reowolf::tasks {

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

class SpinLock {
  public:
    void lock() {
        while (taken_.exchange(true, std::memory_order_acquire)) {
            for (unsigned turns = 0; taken_.load(std::memory_order_relaxed); ++turns) {
                if (turns < 100)
                    pause();
                else
                    ::sched_yield();
            }
        }
    }
    void unlock() { taken_.store(false, std::memory_order_release); }

  private:
    std::atomic<bool> taken_ = false;
};

}  // namespace reowolf::tasks
