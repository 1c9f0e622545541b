// SPDX-License-Identifier: MIT
// The timers of the workers: heaps, each with its lock, so that threads seldom meet, and one thread
// that sleeps until the next of them is due.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "tasks/scheduler.hpp"
#include "tasks/spin_lock.hpp"

namespace reowolf::tasks {

class TimerHeap {
  public:
    void push(Timer& timer);
    void erase(Timer& timer);
    Timer* earliest() const { return heap_.empty() ? nullptr : heap_.front(); }

  private:
    static bool before(const Timer& a, const Timer& b) {
        return a.due_ns != b.due_ns ? a.due_ns < b.due_ns : a.number < b.number;
    }
    void place(Timer& timer, std::size_t at);
    void rise(std::size_t at);
    void sink(std::size_t at);

    std::vector<Timer*> heap_;
};

class Timers {
  public:
    // `fire` starts a job whose time has come. While watched, `watch` is called every few
    // milliseconds, and says whether it wants to be called again.
    Timers(unsigned shards, std::function<void(Job&)> fire, std::function<bool()> watch);
    ~Timers();
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;

    void set(Timer& timer, std::int64_t due_ns, unsigned shard);
    bool cancel(Timer& timer);
    void begin_watching();

    static std::int64_t now_ns();

  private:
    struct alignas(64) Shard {
        SpinLock lock;
        TimerHeap heap;
        std::uint64_t numbers = 0;
    };

    void run();
    std::int64_t fire_due();
    void wake_before(std::int64_t due_ns);

    std::vector<Shard> shards_;
    std::function<void(Job&)> fire_;
    std::function<bool()> watch_;
    std::atomic<bool> watching_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::int64_t> asleep_until_ns_ = 0;
    std::atomic<std::uint32_t> bell_ = 0;
    std::thread thread_;
};

}  // namespace reowolf::tasks
