// SPDX-License-Identifier: MIT
#include "tasks/simulated.hpp"

#include <algorithm>

namespace reowolf::tasks {

bool Simulated::run_one() {
    if (ready_.empty()) return false;
    const auto at = static_cast<std::size_t>(random_.below(ready_.size()));
    Job* job = ready_[at];
    ready_[at] = ready_.back();
    ready_.pop_back();
    job->run(*job);
    return true;
}

std::int64_t Simulated::next_due_ns() const {
    return timers_.empty() ? never_ns : (*timers_.begin())->due_ns;
}

void Simulated::advance_to(std::int64_t now_ns) {
    now_ns_ = std::max(now_ns_, now_ns);
    while (!timers_.empty() && (*timers_.begin())->due_ns <= now_ns_) {
        Timer* due = *timers_.begin();
        timers_.erase(timers_.begin());
        due->place = Timer::idle;
        start(*due);
    }
}

bool Simulated::step() {
    if (run_one()) return true;
    if (timers_.empty()) return false;
    advance_to(next_due_ns());
    return true;
}

void Simulated::forget() {
    ready_.clear();
    for (Timer* timer : timers_) timer->place = Timer::idle;
    timers_.clear();
}

void Simulated::set(Timer& timer, std::int64_t due_ns) {
    timer.due_ns = due_ns;
    timer.number = ++numbers_;
    timer.place = 0;
    timers_.insert(&timer);
}

bool Simulated::cancel(Timer& timer) {
    if (timer.place == Timer::idle) return false;
    timers_.erase(&timer);
    timer.place = Timer::idle;
    return true;
}

bool Simulated::wait(Signal& signal, std::int64_t due_ns) {
    while (!signal.is_set()) {
        if (now_ns_ >= due_ns) return false;
        if (!(drive_ ? drive_() : step())) return false;
    }
    return true;
}

}  // namespace reowolf::tasks
