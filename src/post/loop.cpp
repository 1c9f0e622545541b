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
constexpr int bursts_per_poll = 16;
// So long a core is kept before it is given to others: less if there were some the last times.
constexpr std::chrono::nanoseconds alone_max{5'000};
constexpr std::chrono::nanoseconds alone_min{250};
constexpr std::chrono::nanoseconds yield_to_nobody_max{1'000};
// Who yields to somebody who computes gets the core back when that one's slice is over; to be woken
// is faster. Then one does not yield for a while, twice as long each time.
constexpr std::chrono::nanoseconds yield_max{100'000};
constexpr std::chrono::nanoseconds yield_pause_min{10'000'000};
constexpr std::chrono::nanoseconds yield_pause_max{1'000'000'000};

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
    // It is only asked whether that is the thread that asks.
    std::atomic<std::thread::id> running;
    void enter() { running.store(std::this_thread::get_id(), std::memory_order_relaxed); }
    void leave() { running.store(std::thread::id(), std::memory_order_relaxed); }
    bool is_within() const {
        return running.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }

    std::deque<std::function<void()>> posted;
    std::deque<Turn*> turns;  // null: it has died
    bool was_turn = false;    // the last one of these; neither keeps the other waiting
    int in_a_row = 0;

    bool is_for_turn() const { return !turns.empty() && (posted.empty() || !was_turn); }

    std::vector<Watched*> watched;
    std::size_t last_told = 0;
    bool has_cores = system::usable_cores() > 1;
    std::chrono::nanoseconds spin = spin_max;
    std::chrono::nanoseconds alone = alone_max;
    std::chrono::nanoseconds yield_pause = yield_pause_min;
    std::chrono::steady_clock::time_point yields_from;  // again

    // One yield was from the one moment to the other.
    void note_yield(std::chrono::steady_clock::time_point from,
                    std::chrono::steady_clock::time_point to) {
        const bool was_alone = to - from <= yield_to_nobody_max;
        alone = was_alone ? std::min(alone * 2, alone_max) : std::max(alone / 2, alone_min);
        if (to - from <= yield_max) {
            yield_pause = std::max(yield_pause - yield_pause / 16, yield_pause_min);
            return;
        }
        yields_from = to + yield_pause;
        yield_pause = std::min(yield_pause * 2, yield_pause_max);
    }

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
    state_->enter();
    action();
    state_->leave();
}

bool RealLoop::run_next(std::int64_t wait_ms, bool spins) {
    State& state = *state_;
    state.enter();
    bool has_run = true;
    if (++state.in_a_row > in_a_row_max) {
        state.in_a_row = 0;
        state.context.poll_one();
        tell_news();
    } else if (state.is_for_turn()) {
        state.was_turn = true;
        Turn* const next = state.turns.front();
        state.turns.pop_front();
        if (next) next->begin();
    } else if (!state.posted.empty()) {
        state.was_turn = false;
        const auto action = std::move(state.posted.front());
        state.posted.pop_front();
        action();
    } else if (!tell_news()) {
        state.in_a_row = 0;
        has_run = wait(wait_ms, spins);
    }
    state.leave();
    return has_run;
}

bool RealLoop::wait(std::int64_t wait_ms, bool spins) {
    State& state = *state_;
    const auto sleep = [&] {
        return state.context.run_one_for(std::chrono::milliseconds(wait_ms)) > 0;
    };
    spins = spins && wait_ms > 0;
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
    auto now = std::chrono::steady_clock::now();
    // With one core, looking again is of no use before somebody else had it.
    if (!state.has_cores && now < state.yields_from) return false;
    const auto until = now + state.spin;
    auto yields_at = state.has_cores ? now + state.alone : now;
    const bool has_memory = std::ranges::any_of(
        state.watched, [](const Watched* each) { return !each->asks_system(); });
    const int looks = has_memory && state.has_cores ? looks_per_burst : 1;
    for (int burst = 1;; ++burst) {
        for (int look = 0; look < looks && has_memory; ++look) {
            if (tell_news()) return true;
            if (state.has_cores) pause();
        }
        if (look_at_sockets()) return true;
        if (burst % bursts_per_poll == 0 && state.context.poll_one() > 0) return true;
        now = std::chrono::steady_clock::now();
        if (now >= until) return false;
        if (now < yields_at) continue;
        if (now < state.yields_from) return false;
        // Whoever is to answer may be waiting for this very core.
        std::this_thread::yield();
        const auto back = std::chrono::steady_clock::now();
        state.note_yield(now, back);
        if (!state.has_cores && back < state.yields_from) return false;
        if (state.has_cores) yields_at = back + state.alone;
    }
}

bool RealLoop::look_at_sockets() {
    State& state = *state_;
    for (std::size_t i = 0; i < state.watched.size(); ++i) {
        if (state.watched[i]->asks_system() && state.watched[i]->look()) return true;
    }
    return false;
}

bool RealLoop::tell_news() {
    State& state = *state_;
    for (std::size_t left = state.watched.size(); left > 0; --left) {
        if (++state.last_told >= state.watched.size()) state.last_told = 0;
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
    auto delay = std::chrono::milliseconds(std::clamp<std::int64_t>(delay_ms, 0, delay_max_ms));
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
    if (timer == 0) return;
    auto entry = state_->timers.find(timer);
    if (entry == state_->timers.end()) return;
    // Kept until the table is in order again: its end may cancel other timers.
    auto action = std::move(entry->second.action);
    state_->timers.erase(entry);
}

void RealLoop::post(std::function<void()> action) {
    if (state_->is_within()) {
        state_->posted.push_back(std::move(action));
    } else {
        asio::post(state_->context, std::move(action));
    }
}

void RealLoop::add(Turn& turn) {
    state_->turns.push_back(&turn);
}

void RealLoop::remove(Turn& turn) {
    std::ranges::replace(state_->turns, &turn, nullptr);
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
