// SPDX-License-Identifier: MIT
#include "post/driver.hpp"

#include <chrono>
#include <utility>

namespace reowolf::post {

namespace {

// How long a loop is left alone after somebody ran it who may come back.
constexpr std::chrono::milliseconds absence_max{1};
constexpr std::int64_t wait_ms = 60'000;

}  // namespace

Driver::Driver(RealLoop& loop) : loop_(loop), thread_([this] { work(); }) {}

Driver::~Driver() {
    {
        const std::lock_guard lock(mutex_);
        stops_ = true;
        yields_ = true;
        loop_.post([] {});
    }
    changed_.notify_all();
    thread_.join();
    loop_.stop();
    loop_.run();
}

void Driver::run_until(const std::function<bool()>& is_done, const std::function<void()>& first) {
    calls_.store(calls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    attends_.store(false, std::memory_order_relaxed);
    Who nobody = Who::nobody;
    if (!who_.compare_exchange_strong(nobody, Who::caller)) take_over();
    if (first) loop_.run_now(first);
    while (!is_done()) loop_.run_one(wait_ms, true);
    // The own thread says that it rests, and then looks who runs the loop: one of the two sees what
    // the other has done.
    who_ = Who::nobody;
    if (!is_resting_) return;
    {
        const std::lock_guard lock(mutex_);
    }
    changed_.notify_all();
}

void Driver::take_over() {
    std::unique_lock lock(mutex_);
    is_awaited_ = true;
    yields_ = true;
    loop_.post([] {});
    changed_.wait(lock, [this] {
        Who nobody = Who::nobody;
        return who_.compare_exchange_strong(nobody, Who::caller);
    });
    is_awaited_ = false;
}

void Driver::attend() {
    {
        const std::lock_guard lock(mutex_);
        attends_ = true;
    }
    changed_.notify_all();
}

void Driver::work() {
    std::unique_lock lock(mutex_);
    std::uint64_t calls_seen = 0;
    while (!stops_) {
        const std::uint64_t calls = calls_;
        const bool is_new = std::exchange(calls_seen, calls) != calls;
        const bool is_called = is_awaited_ || who_ == Who::caller;
        if (is_called && !is_new) {
            // A long one.
            is_resting_ = true;
            changed_.wait(lock, [this] { return (!is_awaited_ && who_ != Who::caller) || stops_; });
            is_resting_ = false;
            calls_seen = calls - 1;
            continue;
        }
        if (is_called || (is_new && !attends_)) {
            changed_.wait_for(lock, absence_max, [this] { return attends_ || stops_; });
            continue;
        }
        yields_ = false;
        Who nobody = Who::nobody;
        if (!who_.compare_exchange_strong(nobody, Who::own_thread)) continue;
        lock.unlock();
        while (!yields_) loop_.run_one(wait_ms);
        lock.lock();
        who_ = Who::nobody;
        changed_.notify_all();
    }
}

}  // namespace reowolf::post
