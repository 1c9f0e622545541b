// SPDX-License-Identifier: MIT
#include "workers/threads.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "tasks/spin_lock.hpp"

namespace reowolf::workers {

using runtime::Errand;
using Where = Errand::Where;

namespace {

// Before somebody who runs an errand looks whether he is wanted: some microseconds.
constexpr std::uint32_t instructions_each = 10'000;

// About as long as it takes to wake somebody.
template <class Found>
bool look(Found found) {
    constexpr auto patience = std::chrono::microseconds(50);
    constexpr int looks_between_times = 64;

    const auto end = std::chrono::steady_clock::now() + patience;
    do {
        for (int looks = 0; looks < looks_between_times; ++looks) {
            if (found()) return true;
            tasks::pause();
        }
    } while (std::chrono::steady_clock::now() < end);
    return false;
}

}  // namespace

unsigned usual_count() {
    constexpr unsigned count_max = 16;
    return std::clamp(std::thread::hardware_concurrency(), 1u, count_max);
}

// ---- Lists -------------------------------------------------------------------------------------

void ErrandList::push(Errand& errand) {
    errand.before = last_;
    errand.after = nullptr;
    (last_ ? last_->after : first_) = &errand;
    last_ = &errand;
}

Errand* ErrandList::pop() {
    Errand* const errand = first_;
    if (errand) remove(*errand);
    return errand;
}

void ErrandList::remove(Errand& errand) {
    (errand.before ? errand.before->after : first_) = errand.after;
    (errand.after ? errand.after->before : last_) = errand.before;
}

// ---- The runtime's thread ----------------------------------------------------------------------

Threads::Threads(unsigned count, Clock clock)
    : count_(count),
      clock_(std::move(clock)),
      spins_(std::thread::hardware_concurrency() > count) {}

Threads::~Threads() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        is_interrupted_ = true;
    }
    has_work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

// As many as the system allows. Without any, the runtime runs all in help().
void Threads::begin() {
    try {
        for (unsigned i = 0; i < count_; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        return;
    }
}

void Threads::give(Errand& errand) {
    if (!std::exchange(have_begun_, true)) begin();
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        errand.where = Where::waiting;
        waiting_.push(errand);
        const std::uint32_t waiting = waiting_count_.fetch_add(1) + 1;
        wakes = asleep_ > 0 && waiting > looking_;
    }
    if (wakes) has_work_.notify_one();
}

Errand* Threads::take_returned() {
    if (returned_count_ == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    Errand* const errand = returned_.pop();
    errand->where = Where::nowhere;
    --returned_count_;
    return errand;
}

void Threads::take_back(Errand& errand) {
    std::unique_lock lock(mutex_);
    if (errand.where == Where::running) {
        // Nobody may take it up again before this thread has it.
        is_paused_ = true;
        is_interrupted_ = true;
        is_put_down_.wait(lock, [&] { return errand.where != Where::running; });
        is_interrupted_ = false;
        is_paused_ = false;
        has_work_.notify_all();
    }
    if (errand.where == Where::waiting) {
        waiting_.remove(errand);
        --waiting_count_;
    } else if (errand.where == Where::returned) {
        returned_.remove(errand);
        --returned_count_;
    }
    errand.where = Where::nowhere;
}

void Threads::pause() {
    std::unique_lock lock(mutex_);
    is_paused_ = true;
    is_interrupted_ = true;
    is_put_down_.wait(lock, [this] { return running_ == 0; });
    is_interrupted_ = false;
}

void Threads::go_on() {
    {
        const std::lock_guard lock(mutex_);
        is_paused_ = false;
    }
    has_work_.notify_all();
}

Effort Threads::effort() {
    const std::lock_guard lock(mutex_);
    return {.steals = steals_, .idle = slept_ + asleep_ * clock_()};
}

bool Threads::help() {
    if (returned_count_ > 0) return true;
    // One that somebody is about to take is left to him.
    if (waiting_count_ > looking_) {
        std::unique_lock lock(mutex_);
        Errand* const errand = waiting_.pop();
        if (!errand) return true;
        --waiting_count_;
        errand->where = Where::running;
        lock.unlock();
        const bool is_over = errand->run(instructions_each);
        lock.lock();
        errand->where = is_over ? Where::returned : Where::waiting;
        (is_over ? returned_ : waiting_).push(*errand);
        ++(is_over ? returned_count_ : waiting_count_);
        return true;
    }
    if (spins_ && look([this] { return returned_count_ > 0; })) return true;
    if (waiting_count_ > 0) return true;
    is_runtime_asleep_ = true;
    if (returned_count_ == 0) return false;
    is_runtime_asleep_ = false;
    return true;
}

// ---- The other threads -------------------------------------------------------------------------

void Threads::work() {
    std::unique_lock lock(mutex_);
    while (Errand* const errand = next(lock)) {
        errand->where = Where::running;
        ++running_;
        lock.unlock();
        const bool is_over = run(*errand);
        lock.lock();
        --running_;
        if (is_over) ++steals_;
        errand->where = is_over ? Where::returned : Where::waiting;
        (is_over ? returned_ : waiting_).push(*errand);
        ++(is_over ? returned_count_ : waiting_count_);
        if (is_interrupted_) is_put_down_.notify_all();
        if (is_over && is_runtime_asleep_.exchange(false)) {
            lock.unlock();
            wake_();
            lock.lock();
        }
    }
}

template <class CanGoOn>
void Threads::sleep(std::unique_lock<std::mutex>& lock, CanGoOn can_go_on) {
    ++asleep_;
    slept_ -= clock_();
    has_work_.wait(lock, can_go_on);
    slept_ += clock_();
    --asleep_;
}

// One that waits; null: it is over.
Errand* Threads::next(std::unique_lock<std::mutex>& lock) {
    const auto can_go_on = [this] { return is_over_ || (!is_paused_ && waiting_count_ > 0); };
    if (spins_ && !can_go_on()) {
        lock.unlock();
        ++looking_;
        look([this] { return waiting_count_ > 0 || is_over_; });
        --looking_;
        lock.lock();
    }
    if (!can_go_on()) sleep(lock, can_go_on);
    if (is_over_) return nullptr;
    --waiting_count_;
    return waiting_.pop();
}

// True: it is over.
bool Threads::run(Errand& errand) {
    // Then others who wait have their turn.
    constexpr int turns_max = 64;

    for (int turn = 0; turn < turns_max || waiting_count_ == 0; ++turn) {
        if (errand.run(instructions_each)) return true;
        if (is_interrupted_.load(std::memory_order_relaxed)) return false;
    }
    return false;
}

}  // namespace reowolf::workers
