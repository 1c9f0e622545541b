// SPDX-License-Identifier: MIT
// The real loop; simulated.test.cpp has the other one.
#include "post/loop.hpp"

#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "post/simulated.hpp"

namespace reowolf::post {

namespace {

TEST(RealLoop, runs_timers_in_the_order_of_their_time_and_posts_before) {
    RealLoop loop;
    std::vector<int> order;
    std::int64_t started_ms = loop.now_ms();
    loop.after(30, [&] {
        order.push_back(2);
        loop.stop();
    });
    loop.after(1, [&] { order.push_back(1); });
    TimerId never = loop.after(5, [&] { order.push_back(9); });
    loop.post([&] { order.push_back(0); });
    loop.cancel(never);
    loop.cancel(never);
    loop.cancel(0);
    EXPECT_TRUE(order.empty());
    loop.run();
    EXPECT_EQ(order, (std::vector{0, 1, 2}));
    EXPECT_GE(loop.now_ms() - started_ms, 30);
}

TEST(RealLoop, a_timer_may_cancel_and_set_timers) {
    RealLoop loop;
    bool wrong = false;
    TimerId later = loop.after(20, [&] { wrong = true; });
    loop.after(1, [&] {
        loop.cancel(later);
        loop.after(40, [&] { loop.stop(); });
    });
    loop.run();
    EXPECT_FALSE(wrong);
}

TEST(RealLoop, what_is_far_off_does_not_come_at_once) {
    RealLoop loop;
    bool wrong = false;
    loop.after(std::numeric_limits<std::int64_t>::max(), [&] { wrong = true; });
    loop.after(20, [&] { loop.stop(); });
    loop.run();
    EXPECT_FALSE(wrong);
}

TEST(RealLoop, takes_posts_and_stop_from_any_thread) {
    RealLoop loop;
    constexpr int count = 1'000;
    int ran = 0;  // no lock: callbacks come from one thread
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < count; ++k) {
                loop.post([&] {
                    if (++ran == 4 * count) loop.stop();
                });
            }
        });
    }
    loop.run();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ran, 4 * count);
}

TEST(RealLoop, can_be_run_again_and_stopped_before_it_runs) {
    RealLoop loop;
    loop.stop();
    loop.run();
    int ran = 0;
    loop.post([&] {
        ++ran;
        loop.stop();
    });
    loop.run();
    EXPECT_EQ(ran, 1);
}

TEST(RealLoop, may_die_with_callbacks_that_never_came) {
    auto loop = std::make_unique<RealLoop>();
    auto owned = std::make_shared<int>(1);
    loop->after(1'000'000, [owned] {});
    loop->post([owned] {});
    loop.reset();
    EXPECT_EQ(owned.use_count(), 1);
}

class Counted final : public Turn {
  public:
    explicit Counted(Loop& loop, int again = 0) : Turn(loop), again_(again) {}
    using Turn::come_soon;
    int turns = 0;

  private:
    void on_turn() override {
        ++turns;
        if (again_-- > 0) come_soon();
    }
    int again_;
};

template <class SomeLoop, class Step>
void have_turns(SomeLoop& loop, Step step) {
    Counted once(loop);
    Counted thrice(loop, 2);
    auto dies = std::make_unique<Counted>(loop);
    once.come_soon();
    dies->come_soon();
    once.come_soon();
    thrice.come_soon();
    EXPECT_EQ(once.turns, 0) << "never from within the call";
    dies.reset();
    for (int i = 0; i < 8; ++i) step();
    EXPECT_EQ(once.turns, 1);
    EXPECT_EQ(thrice.turns, 3);
    once.come_soon();
    step();
    EXPECT_EQ(once.turns, 2);
}

TEST(RealLoop, gives_turns_as_often_as_they_are_asked_for) {
    RealLoop loop;
    have_turns(loop, [&] { loop.run_one(1); });
}

TEST(RealLoop, has_turns_and_callbacks_by_turns) {
    RealLoop loop;
    Counted always(loop, 1'000);
    bool has_come = false;
    always.come_soon();
    loop.run_now([&] { loop.post([&] { has_come = true; }); });
    for (int i = 0; i < 8; ++i) loop.run_one(1);
    EXPECT_TRUE(has_come);
    EXPECT_GT(always.turns, 2);
}

TEST(SimulatedLoop, gives_turns_as_often_as_they_are_asked_for) {
    SimulatedLoop loop(1);
    have_turns(loop, [&] { loop.step(); });
}

TEST(RealLoop, run_one_waits_no_longer_than_told) {
    RealLoop loop;
    EXPECT_FALSE(loop.run_one(1));
    loop.post([] {});
    EXPECT_TRUE(loop.run_one(1'000'000));
}

}  // namespace

}  // namespace reowolf::post
