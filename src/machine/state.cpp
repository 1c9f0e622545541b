// SPDX-License-Identifier: MIT
#include <cassert>
#include <utility>

#include "machine/machine.hpp"

namespace reowolf::machine {

using program::Instruction;
using program::Opcode;

State::State(const program::Program& program, program::RoutineId routine,
             std::vector<Value> arguments)
    : program_(&program),
      slots_(program.routines[routine].frame_slots),
      calls_{Call{.routine = routine}},
      phase_(Phase::running) {
    const program::Routine& started = program.routines[routine];
    assert(arguments.size() == started.parameters.size());
    std::uint32_t slot = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const program::TypeId type = started.parameters[i].type;
        std::move(arguments[i]).place(program, type, &slots_[slot]);
        slot += program.layout(type).slots;
    }
}

template <typename Visit>
void State::for_each_reference(Visit visit) const {
    for (const Call& call : calls_) {
        for (const std::uint32_t number : program_->routines[call.routine].references) {
            visit(slots_[call.base + number].block);
        }
    }
}

State::State(const State& other)
    : program_(other.program_),
      slots_(other.slots_),
      calls_(other.calls_),
      phase_(other.phase_),
      in_sync_(other.in_sync_) {
    for_each_reference(retain);
}

State::State(State&& other) noexcept
    : program_(other.program_),
      slots_(std::exchange(other.slots_, {})),
      calls_(std::exchange(other.calls_, {})),
      phase_(std::exchange(other.phase_, Phase::finished)),
      in_sync_(other.in_sync_) {}

State& State::operator=(State other) noexcept {
    std::swap(program_, other.program_);
    slots_.swap(other.slots_);
    calls_.swap(other.calls_);
    std::swap(phase_, other.phase_);
    std::swap(in_sync_, other.in_sync_);
    return *this;
}

State::~State() {
    for_each_reference(release);
}

Span State::position() const {
    const Call& call = calls_.back();
    return program_->routines[call.routine].spans[call.pc];
}

std::vector<State::TraceEntry> State::trace() const {
    std::vector<TraceEntry> entries;
    entries.reserve(calls_.size());
    for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
        entries.push_back({call->routine, program_->routines[call->routine].spans[call->pc]});
    }
    return entries;
}

std::uint32_t State::pc() const {
    return calls_.front().pc;
}

// The instruction that waits, which the state then leaves behind.
const Instruction& State::answered(Opcode opcode) {
    assert(phase_ == Phase::waiting);
    Call& call = calls_.back();
    const Instruction& instruction = program_->routines[call.routine].code[call.pc];
    assert(instruction.opcode == opcode);
    phase_ = Phase::running;
    ++call.pc;
    return instruction;
}

void State::got(Value message) {
    const Instruction& instruction = answered(Opcode::get);
    std::move(message).place(*program_, instruction.d, &slot(instruction.a));
}

void State::chose(std::uint32_t index) {
    const Instruction& instruction = answered(Opcode::fork);
    assert(index < instruction.a);
    calls_.back().pc += index;
}

void State::fires(bool yes) {
    slot(answered(Opcode::fires).a).bits = yes ? 1 : 0;
}

void State::made(PortHandle out, PortHandle in) {
    const Instruction& instruction = answered(Opcode::channel);
    slot(instruction.a).bits = out;
    slot(instruction.b).bits = in;
}

}  // namespace reowolf::machine
