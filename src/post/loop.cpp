// SPDX-License-Identifier: MIT
#include "post/loop.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "post/asio.hpp"
#include "system/process.hpp"

namespace reowolf::post {

namespace {

// Posted callbacks, and news, that run before sockets and timers have their turn.
constexpr int in_a_row_max = 64;
constexpr std::int64_t wait_max_ms = 60'000;

// Waking who sleeps on another core takes some 30 us; who is not answered in twice that time is
// waiting for something longer.
constexpr std::chrono::nanoseconds spin_max{60'000};
constexpr std::chrono::nanoseconds spin_min{2'000};
constexpr int looks_per_burst = 16;
constexpr int bursts_per_yield = 8;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

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
    int in_a_row = 0;

    std::vector<Watched*> watched;
    std::size_t last_told = 0;
    bool has_cores = system::usable_cores() > 1;
    std::chrono::nanoseconds spin = spin_max;

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
    while (!state_->context.stopped()) run_next(wait_max_ms, false);
    state_->stopping = false;
}

bool RealLoop::run_one(std::int64_t wait_ms, bool spins) {
    if (state_->context.stopped()) state_->context.restart();
    return run_next(wait_ms, spins);
}

void RealLoop::run_now(const std::function<void()>& action) {
    state_->running = std::this_thread::get_id();
    action();
    state_->running = std::thread::id();
}

bool RealLoop::run_next(std::int64_t wait_ms, bool spins) {
    State& state = *state_;
    state.running = std::this_thread::get_id();
    bool has_run = true;
    if (++state.in_a_row > in_a_row_max) {
        state.in_a_row = 0;
        state.context.poll_one();
        tell_news();
    } else if (!state.posted.empty()) {
        const auto action = std::move(state.posted.front());
        state.posted.pop_front();
        action();
    } else if (!tell_news()) {
        state.in_a_row = 0;
        has_run = wait(wait_ms, spins);
    }
    state.running = std::thread::id();
    return has_run;
}

bool RealLoop::wait(std::int64_t wait_ms, bool spins) {
    State& state = *state_;
    const auto sleep = [&] {
        return state.context.run_one_for(std::chrono::milliseconds(wait_ms)) > 0;
    };
    spins = spins && state.has_cores && wait_ms > 0;
    std::chrono::steady_clock::time_point began;
    if (spins) {
        began = std::chrono::steady_clock::now();
        if (spin()) {
            state.spin = std::min(state.spin * 2, spin_max);
            return true;
        }
        state.spin = std::max(state.spin / 2, spin_min);
    }
    for (Watched* const each : state.watched) each->before_sleep();
    const bool has_news =
        std::ranges::any_of(state.watched, [](const Watched* each) { return each->has_news(); });
    bool has_run = has_news || sleep();
    for (Watched* const each : state.watched) each->after_sleep();
    if (has_news) has_run = tell_news();
    if (spins && std::chrono::steady_clock::now() - began < 2 * spin_max) state.spin = spin_max;
    return has_run;
}

// True: something came. How long it is worth to wait for that is learnt from the last times.
bool RealLoop::spin() {
    State& state = *state_;
    const auto until = std::chrono::steady_clock::now() + state.spin;
    for (int burst = 1;; ++burst) {
        for (int look = 0; look < looks_per_burst && !state.watched.empty(); ++look) {
            if (tell_news()) return true;
            pause();
        }
        // To look at sockets is a call of the system.
        const bool looks_at_sockets = state.watched.empty() || burst % bursts_per_yield == 0;
        if (looks_at_sockets && state.context.poll_one() > 0) return true;
        if (std::chrono::steady_clock::now() >= until) return false;
        // Whoever is to answer may be waiting for this very core.
        if (looks_at_sockets) std::this_thread::yield();
    }
}

bool RealLoop::tell_news() {
    State& state = *state_;
    for (std::size_t left = state.watched.size(); left > 0; --left) {
        state.last_told = (state.last_told + 1) % state.watched.size();
        Watched* const next = state.watched[state.last_told];
        if (!next->has_news()) continue;
        next->on_news();
        return true;
    }
    return false;
}

void RealLoop::watch(Watched& watched) {
    state_->watched.push_back(&watched);
}

void RealLoop::unwatch(Watched& watched) {
    std::erase(state_->watched, &watched);
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
