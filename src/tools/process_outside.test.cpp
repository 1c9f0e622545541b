// SPDX-License-Identifier: MIT
#include "tools/process_outside.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace reowolf::tools {
namespace {

// Waits for something outside, always.
class Waiting final : public runtime::Body {
  public:
    std::unique_ptr<runtime::Body> clone() const override { return std::make_unique<Waiting>(); }
    std::optional<machine::Request> run(std::uint32_t&) override { return std::nullopt; }
    void got(machine::Value) override {}
    void chose(std::uint32_t) override {}
    void fires(bool) override {}
    void made(machine::PortHandle, machine::PortHandle) override {}
    bool same_state(const runtime::Body&) const override { return true; }
};

class Outside final : public runtime::LocalWorld {
  public:
    explicit Outside(Clock clock = steady_time) : outside(1, std::move(clock)) {
        outside.attach(runtime_);
        waiting_ = runtime_.start_native("waiting", std::make_unique<Waiting>(), {});
        while (runtime_.step()) {
        }
    }

    void print(std::string_view) override {}
    void report(const runtime::Report&) override {}

    // wait() ends then, if it does not before.
    void set_alarm(std::int64_t in_ms) {
        alarm_ms_ = outside.now_ms() + in_ms;
        outside.wake_at(alarm_ms_, waiting_);
    }
    bool is_alarm_due() const { return outside.now_ms() >= alarm_ms_; }

    ProcessOutside outside;

  private:
    program::Program program_;
    Limits limits_;
    runtime::Runtime runtime_{
        program_, limits_, {.self = 0, .sites = {"here"}, .realtime = {}}, *this};
    runtime::ComponentIndex waiting_ = 0;
    std::int64_t alarm_ms_ = 0;
};

// Long enough for whatever a test does, so that one that fails ends.
constexpr std::int64_t too_late_ms = 60'000;

void spend(std::uint64_t turns) {
    std::atomic<std::uint64_t> spent = 0;
    while (spent < turns) ++spent;
}

TEST(ProcessOutside, WakingBeforehandEndsTheNextWait) {
    Outside waiting;
    waiting.set_alarm(too_late_ms);
    waiting.outside.wake();
    EXPECT_TRUE(waiting.outside.wait(false));
    EXPECT_FALSE(waiting.is_alarm_due());
}

// Each wake is given when the one before was noticed, at whatever moment of the waiting that is.
TEST(ProcessOutside, NoWakeIsLost) {
    constexpr std::uint64_t wakes = 20'000;
    Outside waiting;
    waiting.set_alarm(too_late_ms);
    std::atomic<std::uint64_t> given = 0;
    std::atomic<std::uint64_t> noticed = 0;
    std::jthread waking([&] {
        Random random(1);
        for (std::uint64_t wake = 1; wake <= wakes; ++wake) {
            given = wake;
            waiting.outside.wake();
            while (noticed < wake && !waiting.is_alarm_due()) std::this_thread::yield();
            spend(random.below(200));
        }
    });
    while (noticed < wakes && !waiting.is_alarm_due()) {
        waiting.outside.deliver();
        if (given > noticed) {
            ++noticed;
        } else {
            waiting.outside.wait(false);
        }
    }
    EXPECT_EQ(noticed, wakes);
}

// Even if it is noticed before it is complete: it ends two waits at most, and then time passes
// without any processor time.
TEST(ProcessOutside, AWakeDoesNotGoOnForEver) {
    constexpr int wakes = 300;
    Outside waiting;
    for (int wake = 0; wake < wakes; ++wake) {
        std::atomic<bool> is_given = false;
        waiting.set_alarm(too_late_ms);
        std::jthread waking([&] {
            is_given = true;
            waiting.outside.wake();
        });
        while (!is_given) std::this_thread::yield();
        spend(static_cast<std::uint64_t>(wake));
        waiting.outside.deliver();
        waking.join();
        waiting.set_alarm(2);
        int waits = 0;
        while (!waiting.is_alarm_due()) {
            waiting.outside.wait(false);
            waiting.outside.deliver();
            ++waits;
        }
        ASSERT_LE(waits, 4);
    }
}

// Time passes only while the clock is looked at: a second each time.
TEST(ProcessOutside, CountsHowLongItHasWaited) {
    using namespace std::chrono_literals;
    auto now = 0s;
    Outside waiting([&now] { return now += 1s; });
    EXPECT_EQ(waiting.outside.waited(), 0s);
    EXPECT_FALSE(waiting.outside.wait(false));
    waiting.outside.wake();
    waiting.set_alarm(too_late_ms);
    EXPECT_TRUE(waiting.outside.wait(false));
    EXPECT_EQ(waiting.outside.waited(), 0s);  // there was nothing to wait for
    waiting.outside.deliver();
    waiting.set_alarm(1);
    EXPECT_TRUE(waiting.outside.wait(false));
    EXPECT_EQ(waiting.outside.waited(), 1s);
}

}  // namespace
}  // namespace reowolf::tools
