// SPDX-License-Identifier: MIT
// A program whose parts have nothing to do with each other: all that has to do with the outside is
// run by one thread, islands are run to their rest, a while at a time, by whichever thread is free.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "runtime/ring.hpp"
#include "runtime/runtime.hpp"
#include "workers/effort.hpp"

namespace reowolf::workers {

class Islands {
  public:
    // So many threads beside the caller's. `now_ms` may be called from any of them; so may
    // `on_rest`, when all islands have come to rest.
    Islands(unsigned threads, std::function<std::int64_t()> now_ms, std::function<void()> on_rest,
            Clock clock = steady_time);
    // Waits until nobody runs anything, which is soon, whatever it is.
    ~Islands();
    Islands(const Islands&) = delete;
    Islands& operator=(const Islands&) = delete;
    // Called between steps of an island that go_on() runs: whether its caller has something else to
    // do. Set it before anything runs.
    void ask_between(std::function<bool()> is_wanted) { is_wanted_ = std::move(is_wanted); }

    // Once. The others are what `mainland`, which must outlive this, has given away.
    void settle(runtime::Runtime& mainland, std::vector<runtime::Island> islands,
                const std::function<std::unique_ptr<runtime::Runtime>()>& make);
    // Runs a part of the mainland or of an island in the caller's thread, which must be the same
    // each time. False: it has nothing to run now; if islands are busy, others run them.
    bool go_on();
    bool are_busy() const { return busy_ > 0; }

    // Nobody runs anything until resume().
    void pause();
    void resume();
    // While nobody does, or none is busy.
    const std::vector<std::unique_ptr<runtime::Runtime>>& all() const { return islands_; }
    // Of the steals: how often one went on in another thread than before.
    Effort effort();

  private:
    struct Waiting {
        runtime::Runtime* island = nullptr;
        std::thread::id ran_by;
    };

    bool take_turn();
    void note_turns(std::size_t place);
    void part();
    bool help(bool is_busy);
    void work();
    bool run_for_a_while(runtime::Runtime& island);
    bool run_between(runtime::Runtime& island, int steps_max);
    bool step(runtime::Runtime& island);
    bool put_down(Waiting run, bool goes_on);

    const unsigned threads_max_;
    const std::function<std::int64_t()> now_ms_;
    const std::function<void()> on_rest_;
    const Clock clock_;
    std::function<bool()> is_wanted_;
    runtime::Runtime* mainland_ = nullptr;
    std::vector<std::unique_ptr<runtime::Runtime>> islands_;

    // At first, in one thread: whose turns are due, by place, and of whom it has been noted how
    // many. The mainland is the first.
    bool are_apart_ = false;
    runtime::Ring<std::size_t> turns_;
    std::vector<std::uint64_t> noted_;
    std::uint64_t turns_had_ = 0;
    std::uint64_t instructions_had_ = 0;

    std::mutex mutex_;
    std::condition_variable has_work_;
    std::condition_variable is_put_down_;
    runtime::Ring<Waiting> waiting_;
    unsigned running_ = 0;
    unsigned asleep_ = 0;
    std::uint64_t steals_ = 0;
    // How long threads have slept, less the time at which each fell asleep that still does.
    std::chrono::nanoseconds slept_{};

    // What is looked at without the lock.
    std::atomic<std::size_t> busy_ = 0;
    std::atomic<std::size_t> waiting_count_ = 0;
    std::atomic<bool> is_interrupted_ = false;  // put down what you run
    std::atomic<bool> is_over_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace reowolf::workers
