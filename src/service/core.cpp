// SPDX-License-Identifier: MIT
#include "service/core.hpp"

#include <utility>

#include "service/edges.hpp"

namespace reowolf::service {

Core::Core(Environment environment)
    : environment_(std::move(environment)),
      scheduler_(*environment_.scheduler),
      random_(environment_.seed) {
    tick_.core = this;
    tick_.run = [](Job& job) { static_cast<Tick&>(job).core->tick(); };
}

Core::~Core() {
    // Before the workers: it may wait for them.
    edges_ = nullptr;
    edges_owned_.reset();
    {
        const std::scoped_lock lock(tick_mutex_);
        is_stopping_ = true;
        scheduler().cancel(tick_);
    }
    // Ends the workers, and so a tick that has just begun.
    environment_.scheduler.reset();
    drop_lines();
}

void Core::run_until_stopped() {
    std::unique_lock lock(run_mutex_);
    run_ends_.wait(lock, [this] { return is_stopped_; });
}

void Core::stop() {
    const std::scoped_lock lock(run_mutex_);
    is_stopped_ = true;
    run_ends_.notify_all();
}

}  // namespace reowolf::service
