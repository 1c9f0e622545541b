// SPDX-License-Identifier: MIT
#include "machine/forecast.hpp"

#include <algorithm>
#include <utility>

#include "program/operands.hpp"

namespace reowolf::machine {

using program::Access;
using program::Harm;
using program::Instruction;
using program::Opcode;
using program::SlotRange;

namespace {

// Leads on in this frame, and asks nobody who would have to answer.
bool is_plain(Opcode opcode) {
    const Harm harm = program::shape(opcode).harm;
    return (harm != Harm::calls && harm != Harm::asks) || opcode == Opcode::print;
}

}  // namespace

Forecast::Forecast(const Machine& machine, const program::Program& program, State state,
                   const Limits& limits)
    : machine_(&machine),
      program_(&program),
      state_(std::move(state)),
      budget_(limits.instructions_per_slice),
      unknown_(state_.slots_.size(), false) {}

// The one that comes next.
const Instruction& Forecast::instruction() const {
    const State::Call& call = state_.top_;
    const bool is_done = state_.phase_ == State::Phase::passing;
    return program_->routines[call.routine].code[call.pc + (is_done ? 1 : 0)];
}

bool Forecast::reads_unknown(const Instruction& instruction) const {
    for (const program::Operand& operand : program::shape(instruction.opcode).operands()) {
        if (operand.access == Access::none || operand.access == Access::write) continue;
        const SlotRange range = program::slots_of(*program_, instruction, operand, std::nullopt);
        for (std::uint32_t i = 0; i < range.count; ++i) {
            if (unknown_[range.first + i]) return true;
        }
    }
    return false;
}

void Forecast::mark_results(const Instruction& instruction, bool unknown) {
    for (const program::Operand& operand : program::shape(instruction.opcode).operands()) {
        if (operand.access != Access::write) continue;
        const SlotRange range = program::slots_of(*program_, instruction, operand, std::nullopt);
        for (std::uint32_t i = 0; i < range.count; ++i) unknown_[range.first + i] = unknown;
    }
}

// A line can only become too long with strings, arrays and aggregates.
bool Forecast::is_printable(const Instruction& instruction) const {
    return std::ranges::all_of(program_->type_lists[instruction.d], [&](program::TypeId type) {
        const auto kind = program_->types[type].kind;
        return !program::is_reference(kind) && !program::is_aggregate(kind);
    });
}

void Forecast::got(std::optional<Value> message) {
    mark_results(instruction(), !message);
    if (message) {
        state_.got(std::move(*message));
    } else {
        state_.answered(Opcode::get);  // what was in the slots stays: nobody looks at it
    }
}

std::optional<Foreseen> Forecast::next() {
    if (state_.depth() != 1) return std::nullopt;
    while (budget_ > 0) {
        --budget_;
        const Instruction& next = instruction();
        const bool unknown = reads_unknown(next);
        std::uint32_t one = 1;
        switch (next.opcode) {
            case Opcode::sync_end:
                return ForeseenEnd{};
            case Opcode::get: {
                if (unknown) return std::nullopt;
                const Request get = machine_->run(state_, one);
                return ForeseenGet{get.port, get.type};
            }
            case Opcode::put: {
                const auto port = program::slots_of(
                    *program_, next, *program::shape(next.opcode).find('a'), std::nullopt);
                if (unknown_[port.first]) return std::nullopt;
                Request put = machine_->run(state_, one);
                if (unknown) return ForeseenPut{put.port, put.type, std::nullopt};
                return ForeseenPut{put.port, put.type, std::move(put.value)};
            }
            case Opcode::print:
                if (!unknown) break;
                if (!is_printable(next)) return std::nullopt;
                state_.top_.pc += state_.phase_ == State::Phase::passing ? 2 : 1;
                state_.phase_ = State::Phase::running;
                continue;
            default:
                if (!is_plain(next.opcode) ||
                    (unknown && program::shape(next.opcode).harm != Harm::none)) {
                    return std::nullopt;
                }
                break;
        }
        mark_results(next, unknown);
        const auto kind = machine_->run(state_, one).kind;
        if (kind != Request::Kind::budget_used && kind != Request::Kind::print) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace reowolf::machine
