// SPDX-License-Identifier: MIT
#include "tools/process_outside.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <unistd.h>

namespace reowolf::tools {

namespace {

// Longer lines of standard input come in pieces.
constexpr std::size_t input_line_bytes_max = std::size_t{256} << 20;

}  // namespace

ProcessOutside::ProcessOutside(std::uint64_t seed, Clock clock)
    : clock_(std::move(clock)),
      started_(clock_()),
      random_(seed),
      reader_(STDIN_FILENO, input_line_bytes_max) {}

std::int64_t ProcessOutside::now_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock_() - started_).count();
}

void ProcessOutside::wake_at(std::int64_t time_ms, runtime::ComponentIndex component) {
    alarms_.set(component, time_ms);
}

std::optional<native::Outside::Line> ProcessOutside::next_line(runtime::ComponentIndex component) {
    if (refusal_) return Line{Line::Kind::refused, *refusal_};
    if (auto line = take_line()) return Line{Line::Kind::text, std::move(*line)};
    if (is_at_end()) return Line{Line::Kind::end, {}};
    want_lines_.insert(component);
    return std::nullopt;
}

post::Internet* ProcessOutside::internet() {
    if (!internet_) internet_ = std::make_unique<post::RealInternet>();
    return internet_.get();
}

post::Socket::Later ProcessOutside::later(runtime::ComponentIndex component) {
    want_news_.insert(component);
    return [this, component] {
        const std::lock_guard lock(mutex_);
        have_news_.push_back(component);
        news_.set();
    };
}

bool ProcessOutside::has_line() {
    if (!line_) line_ = reader_.take();
    return line_.has_value();
}

std::optional<std::string> ProcessOutside::take_line() {
    has_line();
    return std::exchange(line_, std::nullopt);
}

void ProcessOutside::deliver() {
    if (is_woken_.load(std::memory_order_relaxed) && is_woken_.exchange(false)) news_.clear();
    if (!alarms_.empty()) {
        for (const auto component : alarms_.take_due(now_ms())) runtime_->resume(component);
    }
    if (!want_news_.empty()) {
        std::vector<runtime::ComponentIndex> have_news;
        {
            const std::lock_guard lock(mutex_);
            have_news.swap(have_news_);
            news_.clear();
        }
        for (const runtime::ComponentIndex component : have_news) {
            if (want_news_.erase(component) > 0) runtime_->resume(component);
        }
    }
    if (want_lines_.empty()) return;
    if (!has_line()) reader_.wait(0);
    if (!has_line() && !is_at_end()) return;
    // All are asked: who comes too late for the line waits for another.
    for (const runtime::ComponentIndex component : std::exchange(want_lines_, {})) {
        runtime_->resume(component);
    }
}

bool ProcessOutside::wait(bool wants_line, bool wants_wake) {
    const bool reads = wants_line || !want_lines_.empty();
    const bool is_away = wants_wake || !runtime_->is_idle();
    if (!reads && alarms_.empty() && want_news_.empty() && !is_away) return false;
    if (is_woken_ || (reads && (has_line() || is_at_end()))) return true;
    const auto next = alarms_.next_ms();
    const std::int64_t time_ms = next ? std::max<std::int64_t>(0, *next - now_ms()) : -1;
    const auto began = clock_();
    if (reads) {
        reader_.wait(time_ms, news_.descriptor());
    } else {
        system::wait_for_input(news_.descriptor(), time_ms);
    }
    waited_ += clock_() - began;
    // Who woke this may have been noticed before the event was there.
    if (want_news_.empty()) news_.clear();
    return true;
}

}  // namespace reowolf::tools
