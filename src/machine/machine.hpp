// SPDX-License-Identifier: MIT
// Runs one behaviour of one component until it needs the world. The machine calls nobody but an
// Exchange: it returns a request, and the caller answers it in the state and runs on. It knows no
// scheduler, channel, thread or socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "machine/bulk.hpp"
#include "machine/entrance.hpp"
#include "machine/prepared.hpp"
#include "machine/request.hpp"
#include "machine/state.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// May be used by several threads at once, for different states. The program must be one that
// verify() accepts.
class Machine {
  public:
    Machine(const program::Program& program, const Limits& limits);
    // Runs until it asks for something, or until the budget is used up, which counts down: by the
    // length of a loop each time it comes round, and by one for a call, a request and every 64
    // bytes of data moved. What comes of that is bounded by the budget and by the length of the
    // code without loops. After the requests put, sync_begin, sync_end, spawn, print and
    // budget_used the state can be run on as it is; after discarded, ended and failed it cannot.
    // With an entrance it enters sync blocks that are known there by itself, and leaves to its
    // Exchange what can be left. Where that names a successor, the request is of the last one.
    Request run(State& state, std::uint32_t& budget, Entrance* entrance = nullptr) const;
    // The value of a constant that the program does not hold yet. Not while anything runs.
    void define(std::uint32_t number, Value value) { bulk_.define(number, std::move(value)); }
    const Value& constant(std::uint32_t number) const { return bulk_.constant(number); }

  private:
    Request ask(State& state, const program::Instruction* at, bool closes,
                std::int64_t& budget) const;
    Request failed(State& state, const program::Instruction* at) const;
    static void leave(State& state, const program::Instruction* at, State::Phase phase);
    bool print_line(const Slot* slots, const program::Instruction& instruction,
                    std::string& line) const;

    const program::Program* program_;
    Limits limits_;
    std::uint32_t frame_slots_max_;
    Bulk bulk_;
    std::shared_ptr<const PreparedProgram> prepared_;
    const PreparedRoutine* routines_;  // of that
};

}  // namespace reowolf::machine
