// SPDX-License-Identifier: MIT
#include "machine/entrance.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/arrays.hpp"
#include "machine/machine.hpp"
#include "program/assembly.hpp"

namespace reowolf::machine {
namespace {

using program::constant;
using program::Instruction;
using program::op;
using program::Opcode;
using program::TypeId;
using program::TypeKind;
using testing::ElementsAre;
using Kind = Request::Kind;

class EntranceTest : public testing::Test, private Exchange {
  protected:
    static constexpr std::uint64_t in_port = 11;
    static constexpr std::uint64_t out_port = 12;

    program::Assembly assembly;
    TypeId number = assembly.type(TypeKind::s32);
    TypeId numbers = assembly.array_of(number);
    TypeId in = assembly.type(TypeKind::in_port, number);
    TypeId out = assembly.type(TypeKind::out_port, number);
    std::optional<Machine> machine;
    State state;
    std::vector<const SyncBlock*> blocks;  // by instruction
    Entrance entrance;
    Participant component;
    std::uint32_t budget = 1'000;

    Served answer = Served::goes_on;
    Successor successor;
    std::vector<std::string> seen;

    Instruction get(std::uint32_t slot) { return op(Opcode::get, slot, 0, 0, number); }
    Instruction put(std::uint32_t slot) { return op(Opcode::put, 1, slot, 0, number); }
    Instruction show(std::uint32_t slot, TypeId type) {
        return op(Opcode::print, 0, slot, 1, assembly.list({type}));
    }

    // The ports are in slots 0 and 1, words up to slot 3, a reference in slot 4.
    void start(std::vector<Instruction> code) {
        const auto routine = assembly.component(
            {.slots = 5, .references = {4}, .parameters = {in, out}}, std::move(code));
        ASSERT_EQ(verify(assembly.program), std::nullopt) << disassemble(assembly.program);
        machine.emplace(assembly.program, Limits{});
        state = State(assembly.program, routine, {Value::scalar(in_port), Value::scalar(out_port)});
        blocks.assign(assembly.program.routines[routine].code.size(), nullptr);
        tell(entrance);
    }
    void know(const SyncBlock& block) { blocks[block.begin] = &block; }
    void tell(Entrance& told) { told.know(blocks.data(), *this, component); }
    Request run() { return machine->run(state, budget, &entrance); }

  private:
    Served put(Participant& who, std::uint64_t port, std::uint64_t word) override {
        return note_put(who, port, word, false);
    }
    Served put_last(Participant& who, std::uint64_t port, std::uint64_t word) override {
        return note_put(who, port, word, true);
    }
    Served put_alone(Participant& who, std::uint64_t port, std::uint64_t word) override {
        return note_put(who, port, word, true);
    }
    Got get(Participant& who, std::uint64_t port) override { return note_get(who, port, false); }
    Got get_last(Participant& who, std::uint64_t port) override {
        return note_get(who, port, true);
    }
    Got get_alone(Participant& who, std::uint64_t port) override {
        return note_get(who, port, true);
    }
    Served note_put(Participant& who, std::uint64_t port, std::uint64_t word, bool closes) {
        EXPECT_EQ(&who, &component);
        seen.push_back(fmt::format("put {} {}{}", port, word, closes ? ", last" : ""));
        if (answer == Served::goes_on && closes) state.leave_sync();
        return answer;
    }
    Got note_get(Participant& who, std::uint64_t port, bool closes) {
        EXPECT_EQ(&who, &component);
        seen.push_back(fmt::format("get {}{}", port, closes ? ", last" : ""));
        if (answer == Served::waits && !closes) return {Served::unanswered};
        if (answer == Served::goes_on && closes) state.leave_sync();
        return {answer, 30};
    }
    Served end(Participant& who) override {
        EXPECT_EQ(&who, &component);
        seen.emplace_back("end");
        if (answer == Served::goes_on) state.leave_sync();
        return answer;
    }
    Got fork(Participant& who, std::uint32_t pc) override {
        EXPECT_EQ(&who, &component);
        seen.push_back(fmt::format("fork at {}", pc));
        return {answer, 1};
    }
    Successor next(std::uint32_t left) override {
        seen.push_back(fmt::format("next, {} left", left));
        return std::exchange(successor, {});
    }
};

TEST_F(EntranceTest, ServesBlocksOfOneMessage) {
    start({
        op(Opcode::sync_begin),                   // 0
        get(2),                                   // 1
        op(Opcode::add, TypeKind::s32, 3, 3, 2),  // 2
        op(Opcode::sync_end),                     // 3
        op(Opcode::sync_begin),                   // 4
        put(3),                                   // 5
        op(Opcode::sync_end),                     // 6
        show(3, number),                          // 7
        op(Opcode::jump, 0),                      // 8
    });
    const SyncBlock first{.begin = 0, .changed = {}};
    const SyncBlock second{.begin = 4, .changed = {}};
    know(first);

    // The second one is not known: it is asked for.
    EXPECT_EQ(run().kind, Kind::sync_begin);
    EXPECT_THAT(seen, ElementsAre("get 11, last"));
    EXPECT_EQ(state.pc(), 4u);
    EXPECT_TRUE(entrance.take_news());
    EXPECT_EQ(entrance.pc(), 0u);
    EXPECT_EQ(entrance.marked(), 999u);
    know(second);
    Request shown = run();
    ASSERT_EQ(shown.kind, Kind::print);
    EXPECT_EQ(shown.text(), "30");
    shown = run();
    ASSERT_EQ(shown.kind, Kind::print);
    EXPECT_EQ(shown.text(), "60");
    EXPECT_THAT(seen,
                ElementsAre("get 11, last", "put 12 30, last", "get 11, last", "put 12 60, last"));
}

TEST_F(EntranceTest, WaitsInTheMiddleOfABlock) {
    start({
        op(Opcode::sync_begin),  // 0
        get(2),                  // 1
        put(2),                  // 2
        op(Opcode::sync_end),    // 3
        show(2, number),         // 4
        op(Opcode::end),         // 5
    });
    const SyncBlock block{.begin = 0, .changed = {}};
    know(block);
    answer = Served::waits;
    EXPECT_EQ(run().kind, Kind::exchanged);
    EXPECT_EQ(state.pc(), 1u);
    state.got(Value::scalar(5));
    EXPECT_EQ(run().kind, Kind::exchanged);
    EXPECT_EQ(state.pc(), 2u);
    EXPECT_THAT(seen, ElementsAre("get 11", "next, 999 left", "put 12 5, last", "next, 998 left"));
    state.leave_sync();
    EXPECT_EQ(run().text(), "5");
    EXPECT_EQ(run().kind, Kind::ended);
}

TEST_F(EntranceTest, StopsWithWhatItGot) {
    start({
        op(Opcode::sync_begin),  // 0
        get(2),                  // 1
        show(2, number),         // 2
        op(Opcode::sync_end),    // 3
        op(Opcode::end),         // 4
    });
    const SyncBlock block{.begin = 0, .changed = {}};
    know(block);
    answer = Served::stops;
    EXPECT_EQ(run().kind, Kind::exchanged);
    EXPECT_THAT(seen, ElementsAre("get 11"));
    EXPECT_EQ(run().text(), "30");
}

TEST_F(EntranceTest, AsksForWhatIsNotServed) {
    start({
        op(Opcode::sync_begin),  // 0
        get(2),                  // 1
        put(2),                  // 2
        op(Opcode::sync_end),    // 3
        op(Opcode::end),         // 4
    });
    const SyncBlock block{.begin = 0, .changed = {}};
    know(block);
    answer = Served::unserved;
    Request asked = run();
    EXPECT_EQ(asked.kind, Kind::get);
    EXPECT_EQ(asked.port, in_port);
    EXPECT_FALSE(asked.closes);
    EXPECT_TRUE(entrance.is_new());
    state.got(Value::scalar(8));
    asked = run();
    EXPECT_EQ(asked.kind, Kind::put);
    EXPECT_EQ(asked.port, out_port);
    EXPECT_EQ(asked.value.bits(), 8u);
    EXPECT_TRUE(asked.closes);
    EXPECT_THAT(seen, ElementsAre("get 11", "put 12 8, last"));
    state.leave_sync();
    EXPECT_EQ(run().kind, Kind::ended);
}

TEST_F(EntranceTest, TakesTheAlternativeThatItIsTold) {
    start({
        op(Opcode::sync_begin),  // 0
        op(Opcode::fork, 2),     // 1
        op(Opcode::jump, 4),     // 2
        op(Opcode::jump, 6),     // 3
        constant(2, 1),          // 4
        op(Opcode::jump, 7),     // 5
        constant(2, 2),          // 6
        op(Opcode::sync_end),    // 7
        show(2, number),         // 8
        op(Opcode::jump, 0),     // 9
    });
    const SyncBlock block{.begin = 0, .changed = {}};
    know(block);
    EXPECT_EQ(run().text(), "2");
    EXPECT_THAT(seen, ElementsAre("fork at 1", "end"));

    answer = Served::unanswered;
    EXPECT_EQ(run().kind, Kind::exchanged);
    EXPECT_EQ(state.pc(), 1u);
    EXPECT_EQ(seen.back(), "next, 986 left");
    state.chose(0);
    answer = Served::waits;
    EXPECT_EQ(run().kind, Kind::exchanged);
    EXPECT_EQ(state.pc(), 7u);
    EXPECT_EQ(seen.back(), "next, 985 left");
    state.leave_sync();
    EXPECT_EQ(run().text(), "1");

    answer = Served::unserved;
    EXPECT_EQ(run().kind, Kind::fork);
    state.chose(1);
    EXPECT_EQ(run().kind, Kind::sync_end);
}

TEST_F(EntranceTest, LeavesTheMachineToASuccessor) {
    start({
        op(Opcode::sync_begin),  // 0
        get(2),                  // 1
        op(Opcode::sync_end),    // 2
        show(2, number),         // 3
        op(Opcode::end),         // 4
    });
    const SyncBlock block{.begin = 0, .changed = {}};
    know(block);
    State other = state;
    Entrance others;
    tell(others);
    answer = Served::unanswered;
    ASSERT_EQ(machine->run(other, budget, &others).kind, Kind::exchanged);
    other.got(Value::scalar(9));
    other.leave_sync();

    // This one waits for a message, and the other one, which has got its own, runs.
    seen.clear();
    successor = {&other, &others};
    answer = Served::unanswered;
    const Request shown = run();
    EXPECT_EQ(shown.text(), "9");
    EXPECT_THAT(seen, ElementsAre("get 11, last", "next, 998 left"));
    EXPECT_EQ(machine->run(other, budget, &others).kind, Kind::ended);
    EXPECT_EQ(state.pc(), 1u);
    state.got(Value::scalar(7));
    state.leave_sync();
    EXPECT_EQ(run().text(), "7");
}

TEST_F(EntranceTest, EndsWithTheBudget) {
    start({
        op(Opcode::sync_begin),  // 0
        put(2),                  // 1
        op(Opcode::sync_end),    // 2
        op(Opcode::jump, 0),     // 3
    });
    const SyncBlock block{.begin = 0, .changed = {}};
    know(block);
    budget = 6;
    EXPECT_EQ(run().kind, Kind::budget_used);
    EXPECT_EQ(state.pc(), 3u);
    EXPECT_EQ(budget, 0u);
    EXPECT_EQ(entrance.marked(), 0u);
    EXPECT_THAT(seen, ElementsAre("put 12 0, last", "put 12 0, last"));
}

TEST_F(EntranceTest, GoesBackToTheBegin) {
    start({
        constant(2, 1),                       // 0
        constant(3, 2),                       // 1
        op(Opcode::array, 4, 2, 2, numbers),  // 2
        op(Opcode::sync_begin),               // 3
        constant(2, 3),                       // 4
        op(Opcode::drop_ref, 4),              // 5
        put(2),                               // 6
        op(Opcode::sync_end),                 // 7
        show(2, number),                      // 8
        show(4, numbers),                     // 9
        op(Opcode::jump, 3),                  // 10
    });
    const SyncBlock block{.begin = 3, .changed = {2, 4}, .changed_references = 1};
    know(block);
    answer = Served::stops;
    EXPECT_EQ(run().kind, Kind::exchanged);
    EXPECT_EQ(state.frame()[2].bits, 3u);
    EXPECT_EQ(state.frame()[4].block, nullptr);
    state.go_back(entrance.pc());
    entrance.restore(state.frame());
    EXPECT_EQ(state.frame()[2].bits, 1u);
    ASSERT_NE(state.frame()[4].block, nullptr);
    EXPECT_EQ(length_of(state.frame()[4].block), 2u);
    EXPECT_TRUE(is_unique(state.frame()[4].block));

    // What is kept is given up when the block has happened.
    state.frame()[2].bits = 4;
    EXPECT_TRUE(entrance.enter(state.frame(), 3));
    EXPECT_FALSE(is_unique(state.frame()[4].block));
    entrance.forget();
    EXPECT_TRUE(is_unique(state.frame()[4].block));
}

}  // namespace
}  // namespace reowolf::machine
