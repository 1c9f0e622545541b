// SPDX-License-Identifier: MIT
// std.time: what waits for a time to come.
#pragma once

#include <optional>

#include "native/component.hpp"

namespace reowolf::native {

// Shared by the behaviours of a block, so that all know what one of them has seen.
struct Countdown {
    std::int64_t ends_ms;
    bool is_due = false;
};

// Puts its number at the end of each period. One that nobody takes waits; those that pass
// meanwhile are left out.
class Timer final : public Component {
  public:
    Timer(const Self& self, Port tick, std::uint64_t period_ms);

    std::unique_ptr<Body> clone() const override { return std::make_unique<Timer>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;

  private:
    enum class Next { wait, put, end, passed };
    Port tick_;
    std::int64_t period_ms_;
    std::int64_t started_ms_;
    std::uint64_t number_ = 1;  // of the period that is running
    Next next_ = Next::wait;
};

// Rings so long after it was last set. While it runs, one of its behaviours waits for the time, so
// that it can be set anew meanwhile.
class Alarm final : public Component {
  public:
    Alarm(const Self& self, Port set, Port rung) : Component(self), set_(set), rung_(rung) {}

    std::unique_ptr<Body> clone() const override { return std::make_unique<Alarm>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    void got(machine::Value message) override;
    void chose(std::uint32_t index) override;
    bool awaits_outside() const override { return running_ && !running_->is_due; }

  private:
    enum class Next { outside, choose, set, ring, ring_and_set, wait, end };
    void settle_round();
    machine::Request choose();

    Port set_;
    Port rung_;
    std::optional<std::uint64_t> delay_ms_;  // got in this round
    bool has_rung_ = false;                  // in this round
    std::shared_ptr<Countdown> running_;
    Next next_ = Next::outside;
};

// Lets messages through, and says when none has come for so long.
class Timeout final : public Component {
  public:
    Timeout(const Self& self, Port from, Port to, Port late, std::uint64_t patience_ms);

    std::unique_ptr<Body> clone() const override { return std::make_unique<Timeout>(*this); }
    std::optional<machine::Request> run(std::uint32_t& budget) override;
    void got(machine::Value message) override;
    void chose(std::uint32_t index) override;
    bool awaits_outside() const override { return running_ && !running_->is_due; }

  private:
    enum class Next { outside, choose, get, put, say, wait, end };

    machine::Request choose();

    Port from_;
    Port to_;
    Port late_;
    std::int64_t patience_ms_;
    machine::Value message_;
    bool has_passed_ = false;  // in this round, a message
    bool says_ = false;        // in this round, that it is late
    std::shared_ptr<Countdown> running_;
    Next next_ = Next::outside;
};

}  // namespace reowolf::native
