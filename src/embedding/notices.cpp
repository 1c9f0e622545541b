// SPDX-License-Identifier: MIT
#include "embedding/notices.hpp"

#include <utility>

namespace reowolf::embedding {

void Notices::add(Notice notice) {
    bool is_first = false;
    {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [this] {
            return waiting_.size() < room || !is_bounded_ || taker_ == std::this_thread::get_id();
        });
        is_first = waiting_.empty();
        waiting_.push_back(std::move(notice));
        is_any_.store(true, std::memory_order_release);
    }
    if (is_first) bell_->nudge();
}

void Notices::belong_here() {
    const std::lock_guard lock(mutex_);
    taker_ = std::this_thread::get_id();
}

void Notices::unbound() {
    {
        const std::lock_guard lock(mutex_);
        is_bounded_ = false;
    }
    has_room_.notify_all();
}

void Notices::bound() {
    const std::lock_guard lock(mutex_);
    is_bounded_ = true;
}

std::optional<Notices::Notice> Notices::take() {
    if (!is_any()) return std::nullopt;
    std::optional<Notice> first;
    {
        const std::lock_guard lock(mutex_);
        first = std::move(waiting_.front());
        waiting_.pop_front();
        is_any_.store(!waiting_.empty(), std::memory_order_release);
    }
    has_room_.notify_all();
    return first;
}

}  // namespace reowolf::embedding
