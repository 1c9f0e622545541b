// SPDX-License-Identifier: MIT
#include "machine/state.hpp"

#include <cassert>
#include <string_view>
#include <utility>

namespace reowolf::machine {

using program::Instruction;
using program::Opcode;

State::State(const program::Program& program, program::RoutineId routine,
             std::vector<Value> arguments)
    : program_(&program),
      phase_(Phase::running),
      top_{.routine = routine},
      slots_(program.routines[routine].frame_slots) {
    const program::Routine& started = program.routines[routine];
    assert(arguments.size() == started.parameters.size());
    std::uint32_t slot = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const program::TypeId type = started.parameters[i].type;
        std::move(arguments[i]).place(program, type, &this->slot(slot));
        slot += program.layout(type).slots;
    }
}

template <typename Visit>
void State::for_each_reference(Visit visit) const {
    if (!program_ || slots_.size() == 0) return;
    for (std::size_t level = 0; level < depth(); ++level) {
        const Call& each = call(level);
        for (const std::uint32_t number : program_->routines[each.routine].references) {
            visit(slots_.data()[each.base + number].block);
        }
    }
}

State::State(const State& other)
    : program_(other.program_),
      phase_(other.phase_),
      in_sync_(other.in_sync_),
      word_slot_(other.word_slot_),
      top_(other.top_),
      callers_(other.callers_),
      slots_(other.slots_) {
    for_each_reference(retain);
}

State::State(State&& other) noexcept
    : program_(other.program_),
      phase_(std::exchange(other.phase_, Phase::finished)),
      in_sync_(other.in_sync_),
      word_slot_(other.word_slot_),
      top_(other.top_),
      callers_(std::exchange(other.callers_, {})),
      slots_(std::move(other.slots_)) {}

State& State::operator=(State other) noexcept {
    std::swap(program_, other.program_);
    std::swap(phase_, other.phase_);
    std::swap(in_sync_, other.in_sync_);
    std::swap(word_slot_, other.word_slot_);
    onward_ = nullptr;
    std::swap(top_, other.top_);
    callers_.swap(other.callers_);
    std::swap(slots_, other.slots_);
    return *this;
}

State::~State() {
    for_each_reference(release);
}

Span State::position() const {
    return program_->routines[top_.routine].spans[top_.pc];
}

std::vector<State::TraceEntry> State::trace() const {
    std::vector<TraceEntry> entries;
    entries.reserve(depth());
    for (std::size_t level = depth(); level-- > 0;) {
        const Call& each = call(level);
        entries.push_back({each.routine, program_->routines[each.routine].spans[each.pc]});
    }
    return entries;
}

std::uint64_t State::bytes() const {
    std::uint64_t bytes = slots_.size() * sizeof(Slot);
    for_each_reference([&](const Block* block) { bytes += share_of(block); });
    return bytes;
}

std::uint32_t State::pc() const {
    return call(0).pc;
}

State::Place State::place() const {
    const Call& outermost = call(0);
    return {outermost.routine, outermost.pc};
}

void State::go_back(std::uint32_t pc) {
    while (!callers_.empty()) {
        for (const std::uint32_t number : program_->routines[top_.routine].references) {
            release(slots_.data()[top_.base + number].block);
        }
        slots_.shrink(top_.base);
        top_ = callers_.back();
        callers_.pop_back();
    }
    assert(program_->routines[top_.routine].code[pc].opcode == Opcode::sync_begin);
    top_.pc = pc;
    phase_ = Phase::passing;
    in_sync_ = true;
    word_slot_ = no_slot;
    onward_ = nullptr;
}

// The instruction that waits, which the state then leaves behind.
const Instruction& State::answered([[maybe_unused]] Opcode opcode) {
    assert(phase_ == Phase::waiting);
    const Instruction& instruction = program_->routines[top_.routine].code[top_.pc];
    assert(instruction.opcode == opcode);
    phase_ = Phase::running;
    word_slot_ = no_slot;
    onward_ = nullptr;
    ++top_.pc;
    return instruction;
}

void State::got_other(Value message) {
    const Instruction& instruction = answered(Opcode::get);
    std::move(message).place(*program_, instruction.d, &slot(instruction.a));
}

void State::chose(std::uint32_t index) {
    [[maybe_unused]] const Instruction& instruction = answered(Opcode::fork);
    assert(index < instruction.a);
    top_.pc += index;
}

void State::fires(bool yes) {
    slot(answered(Opcode::fires).a).bits = yes ? 1 : 0;
}

std::pair<std::string_view, std::string_view> State::channel_names() const {
    const Instruction& instruction = program_->routines[top_.routine].code[top_.pc];
    assert(instruction.opcode == Opcode::channel);
    return {program_->texts[instruction.c], program_->texts[instruction.e]};
}

void State::made(PortHandle out, PortHandle in) {
    const Instruction& instruction = answered(Opcode::channel);
    slot(instruction.a).bits = out;
    slot(instruction.b).bits = in;
}

}  // namespace reowolf::machine
