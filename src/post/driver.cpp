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
    {
        std::unique_lock lock(mutex_);
        ++calls_;
        is_called_ = true;
        attends_ = false;
        if (is_working_) {
            yields_ = true;
            loop_.post([] {});
            changed_.wait(lock, [this] { return !is_working_; });
        }
    }
    if (first) loop_.run_now(first);
    while (!is_done()) loop_.run_one(wait_ms, true);
    bool is_waited_for = false;
    {
        const std::lock_guard lock(mutex_);
        is_called_ = false;
        is_waited_for = is_resting_;
    }
    if (is_waited_for) changed_.notify_all();
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
        const bool is_new = std::exchange(calls_seen, calls_) != calls_;
        if (is_called_ && !is_new) {
            // A long one.
            is_resting_ = true;
            changed_.wait(lock, [this] { return !is_called_ || stops_; });
            is_resting_ = false;
            calls_seen = calls_ - 1;
            continue;
        }
        if (is_called_ || (is_new && !attends_)) {
            changed_.wait_for(lock, absence_max, [this] { return attends_ || stops_; });
            continue;
        }
        is_working_ = true;
        yields_ = false;
        lock.unlock();
        while (!yields_) loop_.run_one(wait_ms);
        lock.lock();
        is_working_ = false;
        changed_.notify_all();
    }
}

}  // namespace reowolf::post
