// SPDX-License-Identifier: MIT
// Threads that run errands for a runtime. Those who have nothing to do look for work for about the
// time that waking them takes, if there are processors for all, and then sleep.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "runtime/errand.hpp"
#include "workers/effort.hpp"

namespace reowolf::workers {

// How many workers, the runtime's thread among them, if nobody says: one for each processor that
// the process may use, as long as one thread can give them all something to do.
unsigned usual_count();

// First in, first out.
class ErrandList {
  public:
    bool empty() const { return !first_; }
    void push(runtime::Errand& errand);
    runtime::Errand* pop();  // null if empty
    void remove(runtime::Errand& errand);

  private:
    runtime::Errand* first_ = nullptr;
    runtime::Errand* last_ = nullptr;
};

class Threads final : public runtime::Workers {
  public:
    // So many threads beside the runtime's own. They begin with the first errand.
    explicit Threads(unsigned count, Clock clock = steady_time);
    // Waits until nobody runs anything, which is soon, whatever it is.
    ~Threads() override;
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    // Called from any thread when something has returned and the runtime does not look for it. Set
    // it before anything runs.
    void on_return(std::function<void()> wake) { wake_ = std::move(wake); }

    void give(runtime::Errand& errand) override;
    runtime::Errand* take_returned() override;
    void take_back(runtime::Errand& errand) override;
    bool help() override;
    void pause() override;
    void go_on() override;

    // Of the steals: errands that another thread than the runtime's has run to the end.
    Effort effort();

  private:
    void begin();
    void work();
    runtime::Errand* next(std::unique_lock<std::mutex>& lock);
    template <class CanGoOn>
    void sleep(std::unique_lock<std::mutex>& lock, CanGoOn can_go_on);
    bool run(runtime::Errand& errand);

    const unsigned count_;
    const Clock clock_;
    const bool spins_;
    bool have_begun_ = false;
    std::function<void()> wake_;
    std::vector<std::thread> threads_;

    std::mutex mutex_;
    std::condition_variable has_work_;
    std::condition_variable is_put_down_;
    ErrandList waiting_;
    ErrandList returned_;
    unsigned running_ = 0;  // by threads, not by the runtime's own
    unsigned asleep_ = 0;
    bool is_paused_ = false;
    std::uint64_t steals_ = 0;
    // How long threads have slept, less the time at which each fell asleep that still does.
    std::chrono::nanoseconds slept_{};

    // What is looked at without the lock.
    alignas(64) std::atomic<std::uint32_t> waiting_count_ = 0;
    std::atomic<std::uint32_t> looking_ = 0;
    std::atomic<bool> is_interrupted_ = false;  // put down what you run
    std::atomic<bool> is_over_ = false;
    alignas(64) std::atomic<std::uint32_t> returned_count_ = 0;
    std::atomic<bool> is_runtime_asleep_ = false;
};

}  // namespace reowolf::workers
