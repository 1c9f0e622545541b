// SPDX-License-Identifier: MIT
#include "native/clocks.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::native {

using machine::Request;

namespace {

// Longer is for ever: some 35,000 years, which no sum of times makes overflow.
constexpr std::uint64_t delay_max_ms = std::uint64_t{1} << 50;

std::int64_t bounded(std::uint64_t delay_ms) {
    return static_cast<std::int64_t>(std::min(delay_ms, delay_max_ms));
}

std::shared_ptr<Countdown> count_down(Outside& outside, runtime::ComponentIndex component,
                                      std::int64_t time_ms) {
    auto countdown = std::make_shared<Countdown>(Countdown{outside.now_ms() + time_ms});
    outside.wake_at(countdown->ends_ms, component);
    return countdown;
}

void look(const Outside& outside, Countdown& countdown) {
    countdown.is_due = countdown.is_due || outside.now_ms() >= countdown.ends_ms;
}

}  // namespace

// ---- Timer -------------------------------------------------------------------------------------

Timer::Timer(const Self& self, Port tick, std::uint64_t period_ms)
    : Component(self),
      tick_(tick),
      period_ms_(std::max<std::int64_t>(1, bounded(period_ms))),
      started_ms_(self.outside.now_ms()) {}

std::optional<Request> Timer::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::passed: {
            const auto ended = (outside().now_ms() - started_ms_) / period_ms_;
            number_ = std::max(number_, static_cast<std::uint64_t>(ended)) + 1;
            next_ = Next::wait;
            [[fallthrough]];
        }
        case Next::wait: {
            if (outside().is_closed(tick_.handle)) return Request::ended({});
            const auto due = started_ms_ + static_cast<std::int64_t>(number_) * period_ms_;
            if (outside().now_ms() < due) {
                outside().wake_at(due, index());
                return std::nullopt;
            }
            next_ = Next::put;
            return Request::of(Request::Kind::sync_begin);
        }
        case Next::put:
            next_ = Next::end;
            return Request::put(tick_.handle, tick_.type, machine::Value::scalar(number_));
        case Next::end:
            break;
    }
    next_ = Next::passed;
    return Request::of(Request::Kind::sync_end);
}

// ---- Alarm -------------------------------------------------------------------------------------

std::optional<Request> Alarm::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::outside:
            settle_round();
            next_ = Next::choose;
            return Request::of(Request::Kind::sync_begin);
        case Next::choose:
            return choose();
        case Next::set:
            return Request::get(set_.handle, set_.type);
        case Next::ring:
        case Next::ring_and_set:
            next_ = next_ == Next::ring ? Next::end : Next::set;
            has_rung_ = true;
            return Request::put(
                rung_.handle, rung_.type,
                machine::Value::scalar(static_cast<std::uint64_t>(outside().now_ms())));
        case Next::wait:
            return std::nullopt;
        case Next::end:
            break;
    }
    next_ = Next::outside;
    return Request::of(Request::Kind::sync_end);
}

// What the round that has passed means for the time to come.
void Alarm::settle_round() {
    if (std::exchange(has_rung_, false)) running_.reset();
    const auto delay_ms = std::exchange(delay_ms_, std::nullopt);
    if (!delay_ms) return;
    running_ = count_down(outside(), index(), bounded(*delay_ms));
}

Request Alarm::choose() {
    if (outside().is_closed(rung_.handle)) {  // nobody will hear it: this ends the component
        next_ = Next::end;
        return Request::put(rung_.handle, rung_.type, machine::Value::scalar(0));
    }
    if (!running_) {
        next_ = Next::set;
        return Request::get(set_.handle, set_.type);
    }
    look(outside(), *running_);
    return Request::fork(running_->is_due ? 3u : 2u);
}

void Alarm::got(machine::Value message) {
    delay_ms_ = message.bits();
    next_ = Next::end;
}

void Alarm::chose(std::uint32_t index) {
    constexpr Next due[] = {Next::ring, Next::set, Next::ring_and_set};
    constexpr Next running[] = {Next::set, Next::wait};
    next_ = running_->is_due ? due[index] : running[index];
}

// ---- Timeout -----------------------------------------------------------------------------------

Timeout::Timeout(const Self& self, Port from, Port to, Port late, std::uint64_t patience_ms)
    : Component(self),
      from_(from),
      to_(to),
      late_(late),
      patience_ms_(bounded(patience_ms)),
      running_(count_down(outside(), index(), patience_ms_)) {}

std::optional<Request> Timeout::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::outside:
            if (std::exchange(says_, false)) running_.reset();
            if (std::exchange(has_passed_, false)) {
                running_ = count_down(outside(), index(), patience_ms_);
            }
            next_ = Next::choose;
            return Request::of(Request::Kind::sync_begin);
        case Next::choose:
            return choose();
        case Next::get:
            return Request::get(from_.handle, from_.type);
        case Next::put:
            next_ = Next::end;
            has_passed_ = true;
            return Request::put(to_.handle, to_.type, std::exchange(message_, {}));
        case Next::say:
            next_ = Next::end;
            says_ = true;
            return Request::put(late_.handle, late_.type, machine::Value::scalar(1));
        case Next::wait:
            return std::nullopt;
        case Next::end:
            break;
    }
    next_ = Next::outside;
    return Request::of(Request::Kind::sync_end);
}

Request Timeout::choose() {
    if (outside().is_closed(to_.handle)) {  // this ends the component
        next_ = Next::end;
        return Request::put(to_.handle, to_.type, {});
    }
    if (!running_ || outside().is_closed(from_.handle)) {
        next_ = Next::get;
        return Request::get(from_.handle, from_.type);
    }
    look(outside(), *running_);
    return Request::fork(2);
}

void Timeout::got(machine::Value message) {
    message_ = std::move(message);
    next_ = Next::put;
}

void Timeout::chose(std::uint32_t index) {
    next_ = index == 0 ? Next::get : running_->is_due ? Next::say : Next::wait;
}

}  // namespace reowolf::native
