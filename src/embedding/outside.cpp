// SPDX-License-Identifier: MIT
#include "embedding/outside.hpp"

#include <algorithm>

namespace reowolf::embedding {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// ---- Bell --------------------------------------------------------------------------------------

void Bell::wake(std::uint32_t component) {
    {
        const std::lock_guard lock(mutex_);
        if (std::ranges::find(woken_, component) == woken_.end()) woken_.push_back(component);
        has_woken_.store(true, std::memory_order_release);
    }
    ring();
}

void Bell::on_wake(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    callback_ = std::move(callback);
}

void Bell::ring() {
    std::function<void()> callback;
    {
        const std::lock_guard lock(mutex_);
        rung_ = true;
        callback = callback_;
    }
    changed_.notify_all();
    if (callback) callback();
}

void Bell::nudge() {
    {
        const std::lock_guard lock(mutex_);
        rung_ = true;
    }
    changed_.notify_all();
}

void Bell::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    ring();
}

bool Bell::is_stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
}

bool Bell::take_stop() {
    const std::lock_guard lock(mutex_);
    return std::exchange(stopped_, false);
}

std::vector<std::uint32_t> Bell::take_woken() {
    const std::lock_guard lock(mutex_);
    has_woken_.store(false, std::memory_order_relaxed);
    return std::exchange(woken_, {});
}

void Bell::wait(std::optional<steady_clock::time_point> until) {
    std::unique_lock lock(mutex_);
    const auto is_rung = [&] { return rung_; };
    if (until) {
        changed_.wait_until(lock, *until, is_rung);
    } else {
        changed_.wait(lock, is_rung);
    }
    rung_ = false;
}

// ---- Outside -----------------------------------------------------------------------------------

Outside::Outside(std::uint64_t seed, bool virtual_time)
    : is_virtual_(virtual_time), started_(steady_clock::now()), random_(seed) {}

std::int64_t Outside::now_ms() const {
    if (is_virtual_) return virtual_ms_;
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_).count();
}

void Outside::wake_at(std::int64_t time_ms, runtime::ComponentIndex component) {
    alarms_.set(component, time_ms);
}

std::optional<native::Outside::Line> Outside::next_line(runtime::ComponentIndex) {
    return Line{Line::Kind::refused, "standard input belongs to the program"};
}

// In virtual time there is nobody to speak with.
post::Internet* Outside::internet() {
    if (!internet_ && !is_virtual_) internet_ = std::make_unique<post::RealInternet>();
    return internet_.get();
}

post::Socket::Later Outside::later(runtime::ComponentIndex component) {
    return [bell = bell_, component] { bell->wake(component); };
}

void Outside::deliver() {
    if (!alarms_.empty()) {
        for (const auto component : alarms_.take_due(now_ms())) runtime_->resume(component);
    }
    if (!bell_->has_woken()) return;
    for (const std::uint32_t component : bell_->take_woken()) runtime_->resume(component);
}

bool Outside::has_news() const {
    if (bell_->has_woken() || bell_->is_stopped()) return true;
    if (is_asked_ && is_asked_()) return true;
    const auto next = alarms_.next_ms();
    return next && *next <= now_ms();
}

bool Outside::wait(bool do_others_run) {
    auto next = alarms_.next_ms();
    if (is_virtual_ && next == never) next.reset();  // it does not come
    if (!next && !do_others_run && !runtime_->awaits_outside()) return false;
    if (next && is_virtual_ && !do_others_run && runtime_->is_idle()) {
        virtual_ms_ = std::max(virtual_ms_, *next);
        return true;
    }
    // A sum of times must not overflow; who waits for longer is woken once a year.
    constexpr std::int64_t longest_ms = std::int64_t{365} * 24 * 60 * 60 * 1000;
    std::optional<steady_clock::time_point> until;
    if (next && !is_virtual_)
        until = started_ + milliseconds(std::min(*next, now_ms() + longest_ms));
    bell_->wait(until);
    return true;
}

}  // namespace reowolf::embedding
