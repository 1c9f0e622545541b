// SPDX-License-Identifier: MIT
#include "workers/islands.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace reowolf::workers {

namespace {

// What is over soon needs no threads: until then all have their turns in one, as if they were not
// parted, so that a short program prints its lines in the same order each time.
constexpr std::uint64_t turns_together_max = 2'000;
constexpr std::uint64_t instructions_together_max = 1'000'000;  // some milliseconds
constexpr std::uint32_t turns_each = 64;                        // a step
// Then others who wait have theirs: some milliseconds at most.
constexpr int steps_each = 256;

}  // namespace

Islands::Islands(unsigned threads, std::function<std::int64_t()> now_ms,
                 std::function<void()> on_rest, Clock clock)
    : threads_max_(threads),
      now_ms_(std::move(now_ms)),
      on_rest_(std::move(on_rest)),
      clock_(std::move(clock)) {}

Islands::~Islands() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        is_interrupted_ = true;
    }
    has_work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Islands::settle(runtime::Runtime& mainland, std::vector<runtime::Island> islands,
                     const std::function<std::unique_ptr<runtime::Runtime>()>& make) {
    mainland_ = &mainland;
    std::vector<std::size_t> places;  // by number of the component
    for (std::size_t i = 0; i < islands.size(); ++i) {
        for (const auto& each : islands[i].components) {
            places.resize(std::max(places.size(), each.number + 1));
            places[each.number] = i + 1;
        }
        islands_.push_back(make());
        islands_.back()->call_as(mainland.naming());
        islands_.back()->settle(std::move(islands[i]));
    }
    busy_ = islands_.size();
    noted_.push_back(mainland.turns_had());
    for (const auto& island : islands_) noted_.push_back(island->turns_due());
    // Who is not on an island has begun on the mainland.
    for (const std::size_t place : places) {
        turns_.push(place);
        if (place == 0) ++noted_[0];
    }
    note_turns(0);
}

bool Islands::go_on() {
    if (!are_apart_) {
        if (turns_had_ < turns_together_max && instructions_had_ < instructions_together_max) {
            return take_turn();
        }
        part();
    }
    const bool is_busy = mainland_->step(turns_each);
    return help(is_busy) || is_busy || mainland_->help();
}

// ---- Together ----------------------------------------------------------------------------------

// Who has come to have turns since.
void Islands::note_turns(std::size_t place) {
    const runtime::Runtime& of = place == 0 ? *mainland_ : *islands_[place - 1];
    for (; noted_[place] < of.turns_due(); ++noted_[place]) turns_.push(place);
}

bool Islands::take_turn() {
    ++turns_had_;
    note_turns(0);  // something from outside
    if (!turns_.empty()) {
        const std::size_t place = turns_.pop();
        runtime::Runtime& next = place == 0 ? *mainland_ : *islands_[place - 1];
        next.set_time(now_ms_());
        const std::uint64_t before = next.instructions_run();
        next.step();
        instructions_had_ += next.instructions_run() - before;
        note_turns(place);
        return true;
    }
    bool went_on = mainland_->step() || mainland_->help();
    note_turns(0);
    if (busy_ == 0) return went_on;
    for (std::size_t i = 0; i < islands_.size(); ++i) {
        went_on = islands_[i]->step() || went_on;
        note_turns(i + 1);
    }
    if (went_on) return true;
    busy_ = 0;
    for (const auto& island : islands_) island->report_stuck();
    return false;
}

// ---- Apart -------------------------------------------------------------------------------------

void Islands::part() {
    are_apart_ = true;
    if (busy_ == 0) return;
    for (const auto& island : islands_) {
        waiting_.push({island.get(), std::this_thread::get_id()});
        ++waiting_count_;
    }
    // As many threads as the system allows.
    try {
        for (unsigned i = 0; i < threads_max_; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        return;
    }
}

// In turn with the mainland, if that is busy.
bool Islands::help(bool is_busy) {
    if (waiting_count_ == 0) return false;
    Waiting next;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) return false;
        next = waiting_.pop();
        --waiting_count_;
        ++running_;
        if (next.ran_by != std::this_thread::get_id()) ++steals_;
    }
    next.ran_by = std::this_thread::get_id();
    const bool goes_on = run_between(*next.island, is_busy ? 1 : steps_each);
    // The caller may have other things to do first.
    if (put_down(next, goes_on)) has_work_.notify_one();
    return true;
}

void Islands::work() {
    for (;;) {
        Waiting next;
        {
            std::unique_lock lock(mutex_);
            const auto can_go_on = [this] {
                return is_over_ || (!is_interrupted_ && !waiting_.empty());
            };
            if (!can_go_on()) {
                ++asleep_;
                slept_ -= clock_();
                has_work_.wait(lock, can_go_on);
                slept_ += clock_();
                --asleep_;
            }
            if (is_over_) return;
            next = waiting_.pop();
            --waiting_count_;
            ++running_;
            if (next.ran_by != std::this_thread::get_id()) ++steals_;
        }
        next.ran_by = std::this_thread::get_id();
        const bool goes_on = run_for_a_while(*next.island);
        put_down(next, goes_on);
    }
}

// False: it has come to its rest.
bool Islands::run_for_a_while(runtime::Runtime& island) {
    for (int steps = 0; steps < steps_each || waiting_count_ == 0; ++steps) {
        if (!step(island)) return false;
        if (is_interrupted_.load(std::memory_order_relaxed)) return true;
    }
    return true;
}

// The same, by the thread that has the mainland to run.
bool Islands::run_between(runtime::Runtime& island, int steps_max) {
    for (int steps = 0; steps < steps_max; ++steps) {
        if (!step(island)) return false;
        if (is_interrupted_ || (is_wanted_ && is_wanted_())) return true;
    }
    return true;
}

bool Islands::step(runtime::Runtime& island) {
    island.set_time(now_ms_());
    return island.step(turns_each);
}

// True: it waits, and there is somebody to be woken who could take it.
bool Islands::put_down(Waiting run, bool goes_on) {
    // Who is stuck is told of at once: nobody else will ever let it go on.
    if (!goes_on) run.island->report_stuck();
    bool is_wanted = false;
    bool all_rest = false;
    {
        const std::lock_guard lock(mutex_);
        --running_;
        if (goes_on) {
            waiting_.push(run);
            ++waiting_count_;
            is_wanted = asleep_ > 0;
        } else {
            all_rest = --busy_ == 0;
        }
        if (running_ == 0) is_put_down_.notify_all();
    }
    if (all_rest) on_rest_();
    return is_wanted;
}

void Islands::pause() {
    std::unique_lock lock(mutex_);
    is_interrupted_ = true;
    is_put_down_.wait(lock, [this] { return running_ == 0; });
}

void Islands::resume() {
    {
        const std::lock_guard lock(mutex_);
        is_interrupted_ = false;
    }
    has_work_.notify_all();
}

Effort Islands::effort() {
    const std::lock_guard lock(mutex_);
    return {.steals = steals_, .idle = slept_ + asleep_ * clock_()};
}

}  // namespace reowolf::workers
