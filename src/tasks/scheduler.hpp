// SPDX-License-Identifier: MIT
// Where jobs run, and the time. Two implementations: workers, which are threads (workers.hpp), and
// one thread with virtual time, repeatable from a seed (simulated.hpp).
//
// A job runs to its end once it has begun; which of two started jobs comes first is not promised.
// It should not block, except by wait(), which lends its worker to others meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include <reowolf/service/job.hpp>

namespace reowolf::tasks {

using service::Job;
using service::Timer;

// A moment that never comes.
inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

// Set once; one thread waits for it.
class Signal {
  public:
    bool is_set() const { return word_.load(std::memory_order_acquire) == set; }

  private:
    friend class Workers;
    friend class Simulated;
    static constexpr std::uint32_t unset = 0, set = 1, awaited = 2;
    std::atomic<std::uint32_t> word_ = unset;
};

// All functions may be called from any thread.
class Scheduler {
  public:
    virtual ~Scheduler() = default;

    // Since some moment in the past; never runs backwards.
    virtual std::int64_t now_ns() const = 0;

    // The job runs soon, and never from within this call.
    virtual void start(Job& job) = 0;

    // Starts the timer's job at its time, not before. Must not be set yet.
    virtual void set(Timer& timer, std::int64_t due_ns) = 0;
    // True: it was set, and is not any more. False: its job has been started, or it was not set.
    virtual bool cancel(Timer& timer) = 0;

    // The signal may be gone as soon as it is set.
    virtual void set(Signal& signal) = 0;
    // Until the signal is set (true), the time has come, or nothing can set it any more (false).
    virtual bool wait(Signal& signal, std::int64_t due_ns) = 0;

    // How many jobs can run at the same time.
    virtual unsigned parallelism() const = 0;
    // Whether there are threads, so that something may block without stopping everything.
    virtual bool has_threads() const = 0;
};

}  // namespace reowolf::tasks
