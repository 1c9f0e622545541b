// SPDX-License-Identifier: MIT
// How the interpreter's loop (interpreter.cpp) is left.
#include "machine/machine.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "machine/failure.hpp"

namespace reowolf::machine {

using program::Instruction;
using program::Opcode;
using program::Program;
using program::Routine;

Machine::Machine(const Program& program, const Limits& limits)
    : program_(&program),
      limits_(limits),
      frame_slots_max_(static_cast<std::uint32_t>(std::min<std::uint64_t>(
          limits.frame_bytes_max / sizeof(Slot), std::numeric_limits<std::uint32_t>::max()))),
      bulk_(program, limits),
      prepared_(std::make_shared<const PreparedProgram>(program)),
      routines_(prepared_->routines()) {}

bool Machine::print_line(const Slot* slots, const Instruction& instruction,
                         std::string& line) const {
    const std::vector<program::TypeId>& types = program_->type_lists[instruction.d];
    std::uint32_t slot = instruction.b;
    for (std::uint32_t i = 0; i < instruction.c; ++i) {
        if (i > 0) line += ' ';
        const Value value = Value::copy(*program_, types[i], slots + slot);
        slot += program_->layout(types[i]).slots;
        if (!append_literal(*program_, types[i], value, true, limits_.value_bytes_max, line)) {
            return false;
        }
    }
    return true;
}

// The instructions that end a step, away from the loop that they would only slow down.
Request Machine::ask(State& state, const Instruction* at, bool closes, std::int64_t& budget) const {
    using Kind = Request::Kind;
    using Phase = State::Phase;
    const Program& program = *program_;
    const Instruction& i = *at;
    Slot* slots = state.slots_.data() + state.top_.base;
    leave(state, at, Phase::passing);
    switch (i.opcode) {
        case Opcode::get:
            state.phase_ = Phase::waiting;
            return Request::get(slots[i.b].bits, i.d, closes);
        case Opcode::put:
            return Request::put(slots[i.a].bits, i.d, Value::copy(program, i.d, slots + i.b),
                                closes);
        case Opcode::fork:
            state.phase_ = Phase::waiting;
            return Request::fork(i.a);
        case Opcode::fires:
            state.phase_ = Phase::waiting;
            return Request::fires(slots[i.b].bits);
        case Opcode::sync_begin:
            state.in_sync_ = true;
            return Request::of(Kind::sync_begin);
        case Opcode::sync_end:
            state.in_sync_ = false;
            return Request::of(Kind::sync_end);
        case Opcode::assert:
            state.phase_ = Phase::finished;
            return Request::of(Kind::discarded);
        case Opcode::channel:
            state.phase_ = Phase::waiting;
            return Request::make_channel(i.d);
        case Opcode::spawn: {
            const Routine& started = program.routines[i.a];
            std::vector<Value> arguments;
            arguments.reserve(i.c);
            std::uint32_t slot = i.b;
            for (std::uint32_t n = 0; n < i.c; ++n) {
                const program::TypeId type = started.parameters[n].type;
                arguments.push_back(Value::take(program, type, slots + slot));
                slot += program.layout(type).slots;
            }
            return Request::spawn(i.a, std::move(arguments), i.d);
        }
        case Opcode::print: {
            std::string line;
            if (!print_line(slots, i, line)) return failed(state, at);
            charge(budget, line.size());
            return Request::print(std::move(line));
        }
        case Opcode::end:
            state.phase_ = Phase::finished;
            return Request::ended({});
        default:
            break;
    }
    assert(false && "no request");
    return failed(state, at);
}

void Machine::leave(State& state, const Instruction* at, State::Phase phase) {
    State::Call& call = state.top_;
    call.pc = static_cast<std::uint32_t>(at - state.program_->routines[call.routine].code.data());
    state.phase_ = phase;
}

Request Machine::failed(State& state, const Instruction* at) const {
    const Slot* slots = state.slots_.data() + state.top_.base;
    leave(state, at, State::Phase::finished);
    return Request::failed(explain_failure(*program_, limits_, *at, slots, state.depth()));
}

}  // namespace reowolf::machine
