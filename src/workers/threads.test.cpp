// SPDX-License-Identifier: MIT
#include "workers/threads.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "program/assembly.hpp"

namespace reowolf::workers {
namespace {

using namespace std::chrono_literals;

using program::op;
using program::Opcode;
using runtime::Errand;

// One thread beside this one, which helps nobody, and time that passes as the test says.
class ThreadsTest : public testing::Test {
  protected:
    struct Work {
        explicit Work(const ThreadsTest& test, program::RoutineId routine)
            : state(test.assembly.program, routine, {}),
              errand(test.machine, state, 1, std::nullopt, 0) {}
        machine::State state;
        Errand errand;
    };

    void await_return(const Errand& errand) {
        while (true) {
            if (const Errand* const returned = threads.take_returned()) {
                ASSERT_EQ(returned, &errand);
                return;
            }
            std::this_thread::yield();
        }
    }
    void pass(std::chrono::nanoseconds time) { now = now.load() + time; }
    // Only who sleeps is idle.
    void await_sleep() {
        const auto before = threads.effort().idle;
        do {
            std::this_thread::yield();
            pass(1s);
        } while (threads.effort().idle == before);
    }
    // Done with one errand, the other thread sleeps, and wakes for the next.
    void have_run(Errand& errand) {
        Work first(*this, soon_over);
        threads.give(first.errand);
        await_return(first.errand);
        await_sleep();
        threads.give(errand);
        while (idle_during(1s) > 0s) std::this_thread::yield();
    }
    std::chrono::nanoseconds idle_during(std::chrono::nanoseconds time) {
        const auto before = threads.effort().idle;
        pass(time);
        return threads.effort().idle - before;
    }

    program::Assembly assembly;
    program::RoutineId soon_over = assembly.component({}, {op(Opcode::end)});
    program::RoutineId endless = assembly.component({}, {op(Opcode::jump, 0)});
    Limits limits;
    machine::Machine machine{assembly.program, limits};
    std::atomic<std::chrono::nanoseconds> now = 0ns;
    Threads threads{1, [this] { return now.load(); }};
};

TEST_F(ThreadsTest, WhatAnotherThreadTakesUpIsCounted) {
    EXPECT_EQ(threads.effort().steals, 0u);
    for (std::uint64_t given = 1; given <= 3; ++given) {
        Work work(*this, soon_over);
        threads.give(work.errand);
        await_return(work.errand);
        EXPECT_EQ(threads.effort().steals, given);
    }
}

// Whoever runs them puts them down now and then, for others who wait.
TEST_F(ThreadsTest, WhatIsNotOverIsNotCounted) {
    Work first(*this, endless);
    Work second(*this, endless);
    threads.give(first.errand);
    threads.give(second.errand);
    Work third(*this, soon_over);
    threads.give(third.errand);
    await_return(third.errand);
    EXPECT_EQ(threads.effort().steals, 1u);
    threads.take_back(first.errand);
    threads.take_back(second.errand);
}

// The other thread has no time for it, so this one runs it.
TEST_F(ThreadsTest, WhatTheRuntimeRunsItselfIsNotCounted) {
    threads.pause();
    Work work(*this, soon_over);
    threads.give(work.errand);
    while (!threads.take_returned()) EXPECT_TRUE(threads.help());
    EXPECT_EQ(threads.effort().steals, 0u);
    threads.go_on();
}

TEST_F(ThreadsTest, OnlyWhoSleepsIsIdle) {
    EXPECT_EQ(idle_during(5s), 0s);  // there is nobody yet
    Work lasting(*this, endless);
    have_run(lasting.errand);
    EXPECT_EQ(idle_during(11s), 0s);
    threads.take_back(lasting.errand);
    await_sleep();
    EXPECT_EQ(idle_during(7s), 7s);
    EXPECT_EQ(idle_during(2s), 2s);
}

}  // namespace
}  // namespace reowolf::workers
