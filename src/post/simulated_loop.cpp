// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>

#include "post/simulated.hpp"

namespace reowolf::post {

bool SimulatedLoop::step() {
    if (due_.empty()) return false;
    auto next = due_.extract(due_.begin());
    auto [time_ms, id] = next.key();
    time_of_.erase(id);
    now_ms_ = std::max(now_ms_, time_ms);
    next.mapped()();
    return true;
}

bool SimulatedLoop::run_until_idle(std::uint64_t steps_max) {
    for (std::uint64_t steps = 0; steps < steps_max; ++steps) {
        if (!step()) return true;
    }
    return due_.empty();
}

void SimulatedLoop::run_for(std::int64_t duration_ms) {
    std::int64_t until_ms = now_ms_ + duration_ms;
    while (!due_.empty() && due_.begin()->first.first <= until_ms) step();
    now_ms_ = std::max(now_ms_, until_ms);
}

TimerId SimulatedLoop::after(std::int64_t delay_ms, std::function<void()> action) {
    TimerId id = ++last_timer_;
    std::int64_t time_ms = now_ms_ + std::clamp<std::int64_t>(delay_ms, 0, delay_max_ms);
    due_.emplace(Due{time_ms, id}, std::move(action));
    time_of_.emplace(id, time_ms);
    return id;
}

void SimulatedLoop::cancel(TimerId timer) {
    auto entry = time_of_.find(timer);
    if (entry == time_of_.end()) return;
    Due due{entry->second, timer};
    time_of_.erase(entry);
    // Kept until the tables are in order again: its end may cancel other timers.
    auto cancelled = due_.extract(due);
}

void SimulatedLoop::post(std::function<void()> action) {
    after(0, std::move(action));
}

}  // namespace reowolf::post
