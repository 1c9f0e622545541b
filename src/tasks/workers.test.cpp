// SPDX-License-Identifier: MIT
#include "tasks/workers.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace reowolf::tasks {
namespace {

constexpr std::int64_t generous_ns = 30'000'000'000;

struct Action : Timer {
    explicit Action(std::function<void()> action) : does(std::move(action)) {
        run = [](Job& job) { static_cast<Action&>(job).does(); };
    }
    std::function<void()> does;
};

class WorkersTest : public testing::TestWithParam<unsigned> {
  protected:
    bool wait(Signal& signal) { return workers_.wait(signal, workers_.now_ns() + generous_ns); }
    Workers workers_{GetParam()};
};

TEST_P(WorkersTest, RunEveryJobOnceFromAnyThread) {
    constexpr int threads = 4, jobs = 5'000;
    std::atomic<int> left = threads * jobs;
    Signal done;
    std::deque<Action> actions;
    for (int i = 0; i < threads * jobs; ++i) {
        actions.emplace_back([&] {
            if (--left == 0) workers_.set(done);
        });
    }
    std::vector<std::thread> starters;
    for (int t = 0; t < threads; ++t) {
        starters.emplace_back([&, t] {
            for (int i = 0; i < jobs; ++i) workers_.start(actions[std::size_t(t * jobs + i)]);
        });
    }
    EXPECT_TRUE(wait(done));
    for (std::thread& each : starters) each.join();
    EXPECT_EQ(left, 0);
}

TEST_P(WorkersTest, JobsStartJobs) {
    Signal done;
    int left = 100'000;
    Action action([&] {
        if (--left == 0)
            workers_.set(done);
        else
            workers_.start(action);
    });
    workers_.start(action);
    EXPECT_TRUE(wait(done));
}

TEST_P(WorkersTest, TimersComeInTheirOrderAndNotTooEarly) {
    std::atomic<int> left = 100;
    Signal done;
    std::deque<Action> timers;
    const std::int64_t begin_ns = workers_.now_ns();
    for (int i = 0; i < 100; ++i) {
        timers.emplace_back([&, i] {
            EXPECT_GE(workers_.now_ns(), begin_ns + i * 100'000);
            if (--left == 0) workers_.set(done);
        });
    }
    for (int i = 99; i >= 0; --i) workers_.set(timers[std::size_t(i)], begin_ns + i * 100'000);
    EXPECT_TRUE(wait(done));
}

TEST_P(WorkersTest, ACancelledTimerDoesNotCome) {
    Signal done;
    bool came = false;
    Action never([&] { came = true; });
    Action later([&] { workers_.set(done); });
    workers_.set(never, workers_.now_ns() + generous_ns);
    EXPECT_TRUE(workers_.cancel(never));
    EXPECT_FALSE(workers_.cancel(never));
    workers_.set(later, workers_.now_ns() + 1'000'000);
    EXPECT_TRUE(wait(done));
    EXPECT_FALSE(workers_.cancel(later));
    EXPECT_FALSE(came);
}

TEST_P(WorkersTest, WhoWaitsLendsTheWorker) {
    // Each waits for the next one, so all but the last wait at the same time.
    constexpr std::size_t depth = 20;
    std::deque<Signal> signals(depth);
    std::deque<Action> actions;
    for (std::size_t i = 0; i < depth; ++i) {
        actions.emplace_back([&, i] {
            if (i + 1 < depth) {
                workers_.start(actions[i + 1]);
                EXPECT_TRUE(wait(signals[i + 1]));
            }
            workers_.set(signals[i]);
        });
    }
    workers_.start(actions[0]);
    EXPECT_TRUE(wait(signals[0]));
}

TEST_P(WorkersTest, AWaitHasALimit) {
    Signal never;
    EXPECT_FALSE(workers_.wait(never, workers_.now_ns() + 1'000'000));
}

TEST(Workers, AJobThatIsDearDoesNotHoldUpOthers) {
    Workers workers(2);
    Signal other_has_run, done;
    Action other([&] { workers.set(other_has_run); });
    // It ends only when the other one has run, without saying that it waits.
    Action dear([&] {
        while (!other_has_run.is_set()) std::this_thread::yield();
        workers.set(done);
    });
    Action first([&] {
        dear.expected_ns = 1'000'000;
        workers.start(dear);
        workers.start(other);
    });
    workers.start(first);
    EXPECT_TRUE(workers.wait(done, workers.now_ns() + generous_ns));
}

TEST(Workers, AJobThatTakesUnexpectedlyLongDoesNotHoldUpOthers) {
    Workers workers(2);
    Signal other_has_run, done;
    Action other([&] { workers.set(other_has_run); });
    Action stuck([&] {
        while (!other_has_run.is_set()) std::this_thread::yield();
        workers.set(done);
    });
    Action first([&] {
        workers.start(stuck);
        workers.start(other);
    });
    workers.start(first);
    EXPECT_TRUE(workers.wait(done, workers.now_ns() + generous_ns));
}

INSTANTIATE_TEST_SUITE_P(Counts, WorkersTest, testing::Values(1u, 2u, 5u));

}  // namespace
}  // namespace reowolf::tasks
