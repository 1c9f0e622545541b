// SPDX-License-Identifier: MIT
// Threads that run jobs, each from a queue of its own.
//
// Waking a worker on another core costs as much as thousands of small jobs, so jobs stay with the
// worker that started them. Others take from its queue only when it has more to do than a wake-up
// costs: because it has been busy for so long without a break, because what it is about to run is
// known to take long, or because it has got stuck. A worker that has nothing to do looks for work
// for about the time of one wake-up, and then sleeps until there is some.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tasks/scheduler.hpp"
#include "tasks/spin_lock.hpp"
#include "tasks/timers.hpp"

namespace reowolf::tasks {

class Workers final : public Scheduler {
  public:
    // None asks for as many as there are processors.
    // With those that wait there are `threads_max` threads at most.
    explicit Workers(unsigned count, std::uint32_t threads_max = 512);
    // Jobs that have not begun do not run any more; no job may be waiting.
    ~Workers() override;
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    std::int64_t now_ns() const override { return Timers::now_ns(); }
    void start(Job& job) override;
    void set(Timer& timer, std::int64_t due_ns) override;
    bool cancel(Timer& timer) override { return timers_.cancel(timer); }
    void set(Signal& signal) override;
    bool wait(Signal& signal, std::int64_t due_ns) override;
    unsigned parallelism() const override { return static_cast<unsigned>(slots_.size()); }
    bool has_threads() const override { return true; }

    // For tests and measurements.
    std::uint64_t stolen() const { return stolen_.load(std::memory_order_relaxed); }

  private:
    // What a worker is, whichever thread is it at the moment.
    struct alignas(64) Slot {
        static constexpr std::uint32_t running = 0, looking = 1, asleep = 2;

        SpinLock lock;
        Job* first = nullptr;
        Job* last = nullptr;
        std::atomic<std::uint32_t> length = 0;
        std::atomic<bool> shares = false;
        std::atomic<bool> is_at_something_dear = false;
        std::atomic<std::uint32_t> state = running;
        std::atomic<std::uint64_t> begun = 0;  // jobs that have been
        unsigned number = 0;

        // The owner's alone.
        std::int64_t busy_since_ns = 0;
        // The watch's alone.
        std::uint64_t begun_when_watched = 0;
    };
    // A thread without a slot waits for one to become free.
    struct Spare {
        std::atomic<std::uint32_t> bell = 0;
        Slot* slot = nullptr;
    };

    void work(Slot* slot);
    void run_all(Slot& slot);
    Slot* next_slot();
    void push(Slot& slot, Job& job);
    static Job* pop(Slot& slot);
    void run(Slot& slot, Job& job);
    bool steal(Slot& thief);
    bool look(Slot& slot);
    void sleep(Slot& slot);
    bool wake(Slot& slot);
    void wake_one();
    void share_if_worthwhile(Slot& slot, const Job& job);
    void share(Slot& slot);
    void lend(Slot& slot);
    bool watch();
    static bool await(Signal& signal, std::int64_t due_ns);

    const std::uint32_t threads_max_;
    std::vector<Slot> slots_;
    std::atomic<std::uint32_t> asleep_ = 0;
    std::atomic<std::uint32_t> looking_ = 0;
    std::atomic<std::uint64_t> stolen_ = 0;
    std::atomic<bool> stopping_ = false;

    std::mutex threads_mutex_;
    std::vector<std::thread> threads_;
    std::vector<Spare*> spares_;

    Timers timers_;
};

}  // namespace reowolf::tasks
