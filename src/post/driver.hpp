// SPDX-License-Identifier: MIT
// A loop that always runs: in the thread of whoever waits for something that happens on it, and
// otherwise in a thread of its own. So a caller that waits has no thread to wake and none to be
// woken by, which between cores takes longer than all else that is done for a message.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "post/loop.hpp"

namespace reowolf::post {

class Driver {
  public:
    // The loop is nobody else's to run from now on.
    explicit Driver(RealLoop& loop);
    // Delivers what connections had accepted for sending; see RealLoop::stop().
    ~Driver();
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    // Runs the loop in the calling thread until `is_done`, which is asked on it; `first`, if any,
    // before everything else. By one thread at a time. The thread of its own takes over a little
    // later, as who waits often waits again.
    void run_until(const std::function<bool()>& is_done, const std::function<void()>& first = {});

    // The caller goes away and wants to be told: the thread of its own takes over at once.
    void attend();

  private:
    void work();
    void take_over();

    // Who runs the loop. A call that finds nobody, and leaves nobody waiting, needs no lock.
    enum class Who { nobody, caller, own_thread };

    RealLoop& loop_;
    std::atomic<Who> who_ = Who::nobody;
    std::atomic<std::uint64_t> calls_ = 0;  // of run_until()
    std::atomic<bool> attends_ = false;     // until the next call
    std::atomic<bool> is_resting_ = false;  // the own thread waits until it is told
    std::atomic<bool> yields_ = false;      // the own thread is to leave the loop
    std::mutex mutex_;
    std::condition_variable changed_;  // any of these
    // Guarded by the mutex.
    bool is_awaited_ = false;  // a caller waits until the own thread has left the loop
    bool stops_ = false;
    std::thread thread_;
};

}  // namespace reowolf::post
