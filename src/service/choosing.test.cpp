// SPDX-License-Identifier: MIT
// Which of several providers a request goes to, in virtual time: what one takes is exact there.
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "service/simulated.hpp"

namespace reowolf::service {
namespace {

using namespace std::chrono_literals;

class Choosing : public testing::Test {
  protected:
    // One more that serves "work", which takes it as long as it is told.
    void add_provider(std::chrono::milliseconds time) {
        const std::size_t number = served_.size();
        times_.push_back(time);
        served_.push_back(0);
        nodes_.emplace_back(master_, "provider").provide("work", [this, number]() -> Task<> {
            ++served_[number];
            co_await network_->after(times_[number]);
        });
    }
    void request(int count) {
        Function<void()> work(master_, "work");
        for (int i = 0; i < count; ++i) work();
    }

    SimulatedWorld world_{1, {.tick = 100ms, .tick_patience = 1'000ms}};
    std::unique_ptr<Network> network_ = world_.process("a");
    Node master_{*network_, "master"};
    std::deque<Node> nodes_;
    std::vector<std::chrono::milliseconds> times_;
    std::vector<int> served_;
};

TEST_F(Choosing, WhoWasSlowOnceIsTriedAgain) {
    master_.start();
    add_provider(20ms);
    add_provider(500ms);
    request(100);
    const int before = served_[1];
    EXPECT_LT(before, 10);
    times_[1] = 0ms;
    request(5'000);
    // First one in 64, and so it is found out that it is the quicker one now.
    EXPECT_GT(served_[1], 2'500);
}

TEST_F(Choosing, OfManyAllGetSome) {
    master_.start();
    for (int i = 0; i < 20; ++i) add_provider(1ms);
    std::vector<Answer<void>> answers;
    for (int i = 0; i < 2'000; ++i) answers.push_back(master_.request<void>("work"));
    for (auto& each : answers) each.get();
    EXPECT_EQ(std::accumulate(served_.begin(), served_.end(), 0), 2'000);
    for (const int each : served_) {
        EXPECT_GT(each, 50);
        EXPECT_LT(each, 200);
    }
}

// Also if nothing is known of it, and the others are slow and have much to do.
TEST_F(Choosing, WhoIsJammedGetsNothingAsLongAsThereAreOthers) {
    master_.start();
    add_provider(1h);
    const Answer<void> stuck = master_.request<void>(Options{.timeout = 2h}, "work");
    world_.run_for(2'000);
    add_provider(50ms);
    request(100);
    EXPECT_EQ(served_[0], 1);
    EXPECT_EQ(served_[1], 100);
    // There is nobody else: it has to wait.
    nodes_.pop_back();
    EXPECT_THROW(master_.call<void>(Options{.timeout = 1s}, "work"), Error);
    EXPECT_TRUE(world_.run_until([&] { return stuck.is_ready(); }, 7'200'000));
}

}  // namespace
}  // namespace reowolf::service
