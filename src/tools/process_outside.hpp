// SPDX-License-Identifier: MIT
// What native components need from outside, in a process of its own: the time, its standard input,
// and sockets.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "native/alarms.hpp"
#include "native/outside.hpp"
#include "post/internet.hpp"
#include "runtime/runtime.hpp"
#include "system/event.hpp"
#include "system/line_reader.hpp"

namespace reowolf::tools {

class ProcessOutside final : public native::Outside {
  public:
    explicit ProcessOutside(std::uint64_t seed, Clock clock = steady_time);
    ~ProcessOutside() override { sockets().clear(); }
    ProcessOutside(const ProcessOutside&) = delete;
    ProcessOutside& operator=(const ProcessOutside&) = delete;
    // Before anything runs.
    void attach(runtime::Runtime& runtime) { runtime_ = &runtime; }

    std::int64_t now_ms() const override;
    void wake_at(std::int64_t time_ms, runtime::ComponentIndex component) override;
    std::uint64_t seed() override { return random_.next(); }
    std::optional<Line> next_line(runtime::ComponentIndex component) override;
    void forget_line(runtime::ComponentIndex component) override { want_lines_.erase(component); }
    post::Internet* internet() override;
    post::Socket::Later later(runtime::ComponentIndex component) override;
    void forget_news(runtime::ComponentIndex component) override { want_news_.erase(component); }
    bool is_closed(machine::PortHandle port) const override { return runtime_->is_closed(port); }

    // Standard input is the caller's alone.
    void keep_lines(std::string why) { refusal_ = std::move(why); }
    std::optional<std::string> take_line();
    bool is_at_end() const { return !line_ && reader_.is_at_end(); }
    int input_error() const { return reader_.error(); }  // an errno, or 0

    // Ends the present wait() or the next one. From any thread.
    void wake() {
        is_woken_ = true;
        news_.set();
    }
    // Lets those go on for whom something has come. Does not wait.
    void deliver();
    // Waits until something may have come for somebody; with `wants_line`, also for a line for the
    // caller, who has just found none; with `wants_wake`, also for wake(). False: nobody waits for
    // anything.
    bool wait(bool wants_line, bool wants_wake = false);
    // How long that has taken, ever.
    std::chrono::nanoseconds waited() const { return waited_; }

  private:
    bool has_line();

    runtime::Runtime* runtime_ = nullptr;
    Clock clock_;
    std::chrono::nanoseconds started_;
    std::chrono::nanoseconds waited_{};
    Random random_;
    native::Alarms alarms_;
    std::set<runtime::ComponentIndex> want_lines_;
    std::optional<std::string> refusal_;
    system::LineReader reader_;
    std::optional<std::string> line_;

    std::set<runtime::ComponentIndex> want_news_;  // of a socket
    // What the thread of the sockets has to say.
    std::mutex mutex_;
    std::vector<runtime::ComponentIndex> have_news_;
    system::Event news_;
    std::atomic<bool> is_woken_ = false;
    std::unique_ptr<post::RealInternet> internet_;  // once it is asked for
};

}  // namespace reowolf::tools
