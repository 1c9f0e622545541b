// SPDX-License-Identifier: MIT
#include "tasks/timers.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "system/futex.hpp"

namespace reowolf::tasks {

namespace {

constexpr std::int64_t watch_ns = 5'000'000;

}  // namespace

void TimerHeap::push(Timer& timer) {
    heap_.push_back(&timer);
    rise(heap_.size() - 1);
}

void TimerHeap::erase(Timer& timer) {
    const std::size_t at = std::exchange(timer.place, Timer::idle);
    Timer* last = heap_.back();
    heap_.pop_back();
    if (last == &timer) return;
    place(*last, at);
    rise(at);
    sink(last->place);
}

void TimerHeap::place(Timer& timer, std::size_t at) {
    heap_[at] = &timer;
    timer.place = static_cast<std::uint32_t>(at);
}

void TimerHeap::rise(std::size_t at) {
    Timer& timer = *heap_[at];
    while (at > 0 && before(timer, *heap_[(at - 1) / 2])) {
        place(*heap_[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    place(timer, at);
}

void TimerHeap::sink(std::size_t at) {
    Timer& timer = *heap_[at];
    for (;;) {
        std::size_t child = 2 * at + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
        if (!before(*heap_[child], timer)) break;
        place(*heap_[child], at);
        at = child;
    }
    place(timer, at);
}

Timers::Timers(unsigned shards, std::function<void(Job&)> fire, std::function<bool()> watch)
    : shards_(shards),
      fire_(std::move(fire)),
      watch_(std::move(watch)),
      thread_([this] { run(); }) {}

Timers::~Timers() {
    stopping_ = true;
    wake_before(0);
    thread_.join();
}

std::int64_t Timers::now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void Timers::set(Timer& timer, std::int64_t due_ns, unsigned shard) {
    timer.due_ns = due_ns;
    timer.shard = shard;
    {
        const std::scoped_lock lock(shards_[shard].lock);
        timer.number = ++shards_[shard].numbers;
        shards_[shard].heap.push(timer);
    }
    // Ordered after the heap's change, as the thread looks at the heaps after it has said until
    // when it sleeps.
    if (due_ns < asleep_until_ns_.load()) wake_before(due_ns);
}

bool Timers::cancel(Timer& timer) {
    Shard& shard = shards_[timer.shard];
    const std::scoped_lock lock(shard.lock);
    if (timer.place == Timer::idle) return false;
    shard.heap.erase(timer);
    return true;
}

void Timers::begin_watching() {
    if (watching_.load(std::memory_order_relaxed) || watching_.exchange(true)) return;
    wake_before(now_ns() + watch_ns);
}

void Timers::wake_before(std::int64_t due_ns) {
    std::int64_t until_ns = asleep_until_ns_.load();
    while (due_ns < until_ns) {
        if (!asleep_until_ns_.compare_exchange_weak(until_ns, due_ns)) continue;
        bell_.fetch_add(1);
        return system::futex_wake(bell_);
    }
    if (due_ns > 0) return;
    bell_.fetch_add(1);
    system::futex_wake(bell_);
}

std::int64_t Timers::fire_due() {
    std::int64_t next_ns = never_ns;
    for (Shard& shard : shards_) {
        for (;;) {
            Timer* due = nullptr;
            {
                const std::scoped_lock lock(shard.lock);
                due = shard.heap.earliest();
                if (due == nullptr) break;
                if (due->due_ns > now_ns()) {
                    next_ns = std::min(next_ns, due->due_ns);
                    break;
                }
                shard.heap.erase(*due);
            }
            fire_(*due);
        }
    }
    return next_ns;
}

void Timers::run() {
    std::int64_t watched_ns = 0;
    while (!stopping_) {
        const std::uint32_t bell = bell_.load();
        // Whoever sets a timer from here on rings, unless fire_due sees it.
        asleep_until_ns_ = never_ns;
        std::int64_t until_ns = fire_due();
        if (watching_) {
            const std::int64_t now = now_ns();
            if (now - watched_ns >= watch_ns) {
                watched_ns = now;
                if (!watch_()) {
                    watching_ = false;
                    // It may have been asked for since it was looked.
                    if (watch_()) begin_watching();
                }
            }
            if (watching_) until_ns = std::min(until_ns, watched_ns + watch_ns);
        }
        std::int64_t anybody_ns = never_ns;
        if (!asleep_until_ns_.compare_exchange_strong(anybody_ns, until_ns)) continue;
        if (stopping_) break;
        const std::int64_t wait_ns = until_ns - now_ns();
        if (until_ns == never_ns)
            system::futex_wait(bell_, bell);
        else if (wait_ns > 0)
            system::futex_wait(bell_, bell, wait_ns);
    }
}

}  // namespace reowolf::tasks
