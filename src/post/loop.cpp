// SPDX-License-Identifier: MIT
#include "post/loop.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>

#include "post/asio.hpp"

namespace reowolf::post {

namespace {

// Posted callbacks that run before others have their turn.
constexpr int posted_in_a_row_max = 64;
constexpr std::int64_t wait_max_ms = 60'000;

}  // namespace

struct RealLoop::State {
    explicit State(const Limits& limits) : patience_ms(limits.silence_patience_ms) {}

    std::int64_t patience_ms;
    struct Timer {
        asio::steady_timer timer;
        std::function<void()> action;
    };
    std::unordered_map<TimerId, Timer> timers;
    TimerId last_timer = 0;

    std::size_t deliveries = 0;
    bool stopping = false;

    // Who is in a callback; nobody else touches what is posted there. Those need no asio, which
    // would ask the system for news between any two.
    std::atomic<std::thread::id> running;
    std::deque<std::function<void()>> posted;
    int posted_in_a_row = 0;

    // Last, so that it dies first: callbacks that never ran own things that cancel timers as
    // they go.
    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> work =
        asio::make_work_guard(context);
};

RealLoop::RealLoop(const Limits& limits) : state_(std::make_unique<State>(limits)) {}

RealLoop::~RealLoop() {
    // Actions may own things whose end cancels timers, and things that need the context.
    auto timers = std::exchange(state_->timers, {});
    auto posted = std::exchange(state_->posted, {});
}

void RealLoop::run() {
    state_->context.restart();
    while (!state_->context.stopped()) run_next(wait_max_ms);
    state_->stopping = false;
}

bool RealLoop::run_one(std::int64_t wait_ms) {
    if (state_->context.stopped()) state_->context.restart();
    return run_next(wait_ms);
}

bool RealLoop::run_next(std::int64_t wait_ms) {
    State& state = *state_;
    state.running = std::this_thread::get_id();
    bool has_run = true;
    if (!state.posted.empty() && state.posted_in_a_row < posted_in_a_row_max) {
        ++state.posted_in_a_row;
        const auto action = std::move(state.posted.front());
        state.posted.pop_front();
        action();
    } else {
        state.posted_in_a_row = 0;
        has_run = state.posted.empty()
                      ? state.context.run_one_for(std::chrono::milliseconds(wait_ms)) > 0
                      : state.context.poll_one() > 0;
    }
    state.running = std::thread::id();
    return has_run || !state.posted.empty();
}

void RealLoop::stop() {
    asio::post(state_->context, [this] {
        if (state_->stopping) return;
        state_->stopping = true;
        if (state_->deliveries == 0) return state_->context.stop();
        after(state_->patience_ms, [this] {
            if (state_->stopping) state_->context.stop();
        });
    });
}

std::int64_t RealLoop::now_ms() const {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

TimerId RealLoop::after(std::int64_t delay_ms, std::function<void()> action) {
    TimerId id = ++state_->last_timer;
    auto delay = std::chrono::milliseconds(std::max<std::int64_t>(delay_ms, 0));
    auto [entry, added] = state_->timers.emplace(
        id, State::Timer{asio::steady_timer(state_->context, delay), std::move(action)});
    entry->second.timer.async_wait([this, id](const asio::error_code& error) {
        // A timer that was cancelled after it came due is not in the table any more.
        auto due = state_->timers.find(id);
        if (error || due == state_->timers.end()) return;
        auto now = std::move(due->second.action);
        state_->timers.erase(due);
        now();
    });
    return id;
}

void RealLoop::cancel(TimerId timer) {
    auto entry = state_->timers.find(timer);
    if (entry == state_->timers.end()) return;
    // Kept until the table is in order again: its end may cancel other timers.
    auto action = std::move(entry->second.action);
    state_->timers.erase(entry);
}

void RealLoop::post(std::function<void()> action) {
    if (state_->running == std::this_thread::get_id()) {
        state_->posted.push_back(std::move(action));
    } else {
        asio::post(state_->context, std::move(action));
    }
}

std::unique_ptr<Internet> RealLoop::make_internet() {
    return std::make_unique<RealInternet>();
}

asio::io_context& RealLoop::context() {
    return state_->context;
}

void RealLoop::delivery_begun() {
    ++state_->deliveries;
}

void RealLoop::delivery_ended() {
    if (--state_->deliveries == 0 && state_->stopping) state_->context.stop();
}

}  // namespace reowolf::post
