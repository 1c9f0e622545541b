// SPDX-License-Identifier: MIT
// What components of an embedded runtime wait for: time, real or virtual, and what other threads
// bring.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <reowolf/embedding.hpp>

#include "base/random.hpp"
#include "native/alarms.hpp"
#include "native/outside.hpp"
#include "post/internet.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::embedding {

// What other threads have of a runtime. Outlives it.
class Bell final : public Waker {
  public:
    void wake(std::uint32_t component) override;

    // Everything below: of the runtime, but stop().
    void on_wake(std::function<void()> callback);
    void ring();
    // The same for the thread that runs the runtime, which needs no callback.
    void nudge();
    void stop();
    bool is_stopped();
    bool take_stop();
    bool has_woken() const { return has_woken_.load(std::memory_order_acquire); }
    std::vector<std::uint32_t> take_woken();
    // Until somebody wakes or stops it, or that time has come; nothing: without end.
    void wait(std::optional<std::chrono::steady_clock::time_point> until);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> callback_;
    std::vector<std::uint32_t> woken_;
    std::atomic<bool> has_woken_ = false;
    bool rung_ = false;
    bool stopped_ = false;
};

class Outside final : public native::Outside {
  public:
    Outside(std::uint64_t seed, bool virtual_time);
    ~Outside() override { sockets().clear(); }
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;
    // Before anything runs.
    void attach(runtime::Runtime& runtime) { runtime_ = &runtime; }

    std::int64_t now_ms() const override;
    void wake_at(std::int64_t time_ms, runtime::ComponentIndex component) override;
    std::uint64_t seed() override { return random_.next(); }
    std::optional<Line> next_line(runtime::ComponentIndex component) override;
    void forget_line(runtime::ComponentIndex) override {}
    post::Internet* internet() override;
    post::Socket::Later later(runtime::ComponentIndex component) override;
    void forget_news(runtime::ComponentIndex) override {}
    bool is_closed(machine::PortHandle port) const override { return runtime_->is_closed(port); }

    // It does not wait for a time any more.
    void forget_time(runtime::ComponentIndex component) { alarms_.remove(component); }

    // Lets those go on for whom something has come. Does not wait.
    void deliver();
    std::optional<std::int64_t> next_time() const { return alarms_.next_ms(); }
    // Whether somebody can go on, or the runtime is to stop, or it is asked something.
    bool has_news() const;
    void on_question(std::function<bool()> is_asked) { is_asked_ = std::move(is_asked); }
    // Waits until something may have come for somebody. False: nobody waits for anything outside.
    // If others run something meanwhile, they nudge the bell when they do not any more.
    bool wait(bool do_others_run = false);

    const std::shared_ptr<Bell>& bell() const { return bell_; }

  private:
    runtime::Runtime* runtime_ = nullptr;
    bool is_virtual_;
    std::int64_t virtual_ms_ = 0;
    std::chrono::steady_clock::time_point started_;
    Random random_;
    native::Alarms alarms_;
    std::function<bool()> is_asked_;  // if there is anybody to ask
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    std::unique_ptr<post::Internet> internet_;  // once it is asked for
};

}  // namespace reowolf::embedding
