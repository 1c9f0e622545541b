// SPDX-License-Identifier: MIT
// What components tell in whatever thread runs them, until the program's own thread comes for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "embedding/outside.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::embedding {

class Notices final : public runtime::LocalWorld {
  public:
    using Notice = std::variant<std::string, runtime::Report>;

    // The bell is rung when there is something.
    explicit Notices(std::shared_ptr<Bell> bell) : bell_(std::move(bell)) {}

    // ---- From any thread. Waits for room, but in the thread that takes them.
    void print(std::string_view line) override { add(std::string(line)); }
    void report(const runtime::Report& report) override { add(report); }

    // ---- In the thread that takes them.
    // From now on that is this one.
    void belong_here();
    // Nobody waits for room, until it is bounded again.
    void unbound();
    void bound();
    bool is_any() const { return is_any_.load(std::memory_order_acquire); }
    std::optional<Notice> take();

  private:
    static constexpr std::size_t room = 1'000;

    void add(Notice notice);

    const std::shared_ptr<Bell> bell_;
    std::mutex mutex_;
    std::condition_variable has_room_;
    std::deque<Notice> waiting_;
    std::atomic<bool> is_any_ = false;
    bool is_bounded_ = true;
    std::thread::id taker_;
};

}  // namespace reowolf::embedding
