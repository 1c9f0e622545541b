// SPDX-License-Identifier: MIT
// Runs one behaviour of one component until it needs the world. The machine calls nobody: it
// returns a request, and the caller answers it in the state and runs on. It knows no scheduler,
// channel, thread or socket.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.hpp"
#include "base/span.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// The ports in slots are numbers that mean something to the caller only.
using PortHandle = std::uint64_t;

// Where a component stands: its frames and program counters. A value: copying it is how a
// behaviour splits, dropping it is how one is discarded.
class State {
  public:
    State() = default;
    // The routine's parameters get the arguments, one each.
    State(const program::Program& program, program::RoutineId routine,
          std::vector<Value> arguments);
    State(const State&);
    State(State&&) noexcept;
    State& operator=(State) noexcept;
    ~State();

    // To compare two states see machine/comparison.hpp.

    // Where it stands now: what the last request or failure was about.
    Span position() const;
    // Innermost first.
    struct TraceEntry {
        program::RoutineId routine;
        Span position;
    };
    std::vector<TraceEntry> trace() const;
    // Number of the instruction it stands at, in its outermost routine; names a sync block.
    std::uint32_t pc() const;

    // Answers to requests. Each may be called once, after the request of that name.
    void got(Value message);                   // Get
    void chose(std::uint32_t index);           // Fork: 0 <= index < count
    void fires(bool yes);                      // Fires
    void made(PortHandle out, PortHandle in);  // MakeChannel

  private:
    friend class Machine;
    friend class StateComparison;

    struct Call {
        program::RoutineId routine = 0;
        std::uint32_t pc = 0;           // while it calls another: of the call
        std::uint32_t base = 0;         // of its frame in slots_
        std::uint32_t result_slot = 0;  // of the caller's frame
    };
    enum class Phase : std::uint8_t {
        running,   // the instruction at pc is the next
        passing,   // the instruction at pc has made its request and is done
        waiting,   // it waits for the answer to its request
        finished,  // nothing comes any more
    };

    const program::Instruction& answered(program::Opcode opcode);
    Slot& slot(std::uint32_t number) { return slots_[calls_.back().base + number]; }
    template <typename Visit>
    void for_each_reference(Visit visit) const;

    const program::Program* program_ = nullptr;
    std::vector<Slot> slots_;  // the frames, outermost first
    std::vector<Call> calls_;  // one for each frame
    Phase phase_ = Phase::finished;
    bool in_sync_ = false;
};

struct Get {
    PortHandle port;
    program::TypeId type;
};
struct Put {
    PortHandle port;
    program::TypeId type;
    Value value;
};
struct Fork {
    std::uint32_t count;
};
struct Fires {
    PortHandle port;
};
struct SyncBegin {};
struct SyncEnd {};
struct MakeChannel {
    program::TypeId type;
};
// placed_at: 0, or 1 + the peer.
struct Spawn {
    program::RoutineId routine;
    std::vector<Value> arguments;
    std::uint32_t placed_at;
};
struct Print {
    std::string line;
};  // without the line break
struct Discarded {};  // a false assertion inside a synchronous block
struct Ended {
    Value result;  // of a function that was run by itself
};
struct BudgetUsed {};
struct Failed {
    std::string message;
};  // a run-time error; position() and trace() say where

using Request = std::variant<Get, Put, Fork, Fires, SyncBegin, SyncEnd, MakeChannel, Spawn, Print,
                             Discarded, Ended, BudgetUsed, Failed>;

// May be used by several threads at once, for different states. The program must be one that
// verify() accepts.
class Machine {
  public:
    Machine(const program::Program& program, const Limits& limits);
    // Runs at most `budget` instructions, counting them down; one that moves much data counts as
    // several. After Put, SyncBegin, SyncEnd,
    // Spawn, Print and BudgetUsed the state can be run on as it is; after Discarded, Ended and
    // Failed it cannot.
    Request run(State& state, std::uint32_t& budget) const;

  private:
    Request ask(State& state, const program::Instruction* at, std::uint32_t& budget) const;
    Request failed(State& state, const program::Instruction* at) const;
    static Request leave(State& state, const program::Instruction* at, State::Phase phase,
                         Request request);
    bool print_line(const Slot* slots, const program::Instruction& instruction,
                    std::string& line) const;

    const program::Program* program_;
    Limits limits_;
    std::vector<Value> texts_;      // the program's string constants
    std::vector<bool> has_floats_;  // by type
};

}  // namespace reowolf::machine
