// SPDX-License-Identifier: MIT
// Something that is waited for, with a generous limit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

class Gate {
  public:
    void open() {
        const std::scoped_lock lock(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }
    bool wait() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(30), [this] { return is_open_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_open_ = false;
};
