// SPDX-License-Identifier: MIT
// One thread, virtual time, and a seed that decides which of the jobs that could run is next.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "tasks/scheduler.hpp"

namespace reowolf::tasks {

class Simulated final : public Scheduler {
  public:
    explicit Simulated(std::uint64_t seed) : random_(seed) {}

    // Runs one job that can run now. False: none can.
    bool run_one();
    // When the next timer is due; never_ns if none is set.
    std::int64_t next_due_ns() const;
    // Moves time forward, and starts what has come due. Not backwards.
    void advance_to(std::int64_t now_ns);
    // A job, or else the next timer. False: there is nothing left.
    bool step();

    // Jobs and timers are forgotten, as those of a process that has been killed.
    void forget();

    // What wait() does to make something happen, instead of step(): where several simulations
    // share the time. False: nothing is left.
    void drive_with(std::function<bool()> drive) { drive_ = std::move(drive); }

    std::int64_t now_ns() const override { return now_ns_; }
    void start(Job& job) override { ready_.push_back(&job); }
    void set(Timer& timer, std::int64_t due_ns) override;
    bool cancel(Timer& timer) override;
    void set(Signal& signal) override { signal.word_ = Signal::set; }
    bool wait(Signal& signal, std::int64_t due_ns) override;
    unsigned parallelism() const override { return 4; }
    bool has_threads() const override { return false; }

  private:
    struct Earlier {
        bool operator()(const Timer* a, const Timer* b) const {
            return std::pair(a->due_ns, a->number) < std::pair(b->due_ns, b->number);
        }
    };

    Random random_;
    std::int64_t now_ns_ = 0;
    std::uint64_t numbers_ = 0;
    std::vector<Job*> ready_;
    std::set<Timer*, Earlier> timers_;
    std::function<bool()> drive_;
};

}  // namespace reowolf::tasks
