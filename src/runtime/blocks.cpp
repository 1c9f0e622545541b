// SPDX-License-Identifier: MIT
#include "runtime/blocks.hpp"

#include <algorithm>
#include <map>

#include "program/harm.hpp"
#include "program/liveness.hpp"
#include "program/operands.hpp"
#include "program/successors.hpp"

namespace reowolf::runtime {

namespace {

using program::Access;
using program::Harm;
using program::Instruction;
using program::Opcode;
using program::Program;
using program::Routine;

// Calls `visit` with each slot that the instruction does not only read.
template <class Visit>
void for_each_changed(const Program& program, const Routine& routine, const Instruction& at,
                      Visit visit) {
    for (const program::Operand& operand : program::shape(at.opcode).operands()) {
        if (operand.access == Access::none || operand.access == Access::read) continue;
        const auto range = program::slots_of(program, at, operand, routine.result);
        for (std::uint32_t i = 0; i < range.count; ++i) visit(range.first + i);
    }
}

machine::SyncBlock analyse_sync(const Program& program, const Routine& routine,
                                std::uint32_t begin) {
    machine::SyncBlock block{.begin = begin, .changed = {}};
    std::vector<bool> changed(routine.frame_slots, false);
    std::vector<bool> seen(routine.code.size(), false);
    std::vector<std::uint32_t> open{begin + 1};
    while (!open.empty()) {
        const std::uint32_t pc = open.back();
        open.pop_back();
        if (seen[pc]) continue;
        seen[pc] = true;
        const Instruction& at = routine.code[pc];
        for_each_changed(program, routine, at, [&](std::uint32_t slot) { changed[slot] = true; });
        block.asks_fires = block.asks_fires || at.opcode == Opcode::fires;
        if (at.opcode == Opcode::sync_end) continue;
        // What comes after it is run when the round has happened.
        if ((at.opcode == Opcode::get || at.opcode == Opcode::put) &&
            program::closes_block(routine, pc)) {
            continue;
        }
        program::for_each_successor(routine, pc, [&](std::uint32_t next) { open.push_back(next); });
    }
    const std::vector<bool> live =
        program::live_slots(program, routine, begin, program::Moment::before);
    for (std::uint32_t slot = 0; slot < routine.frame_slots; ++slot) {
        if (changed[slot] && live[slot]) block.changed.push_back(slot);
    }
    const auto references = std::ranges::stable_partition(block.changed, [&](std::uint32_t slot) {
        return !std::ranges::binary_search(routine.references, slot);
    });
    block.changed_references = static_cast<std::uint32_t>(references.size());
    return block;
}

// ---- What an alternative does first ------------------------------------------------------------

// Follows the code of one alternative up to its first request.
class GuardFinder {
  public:
    GuardFinder(const Program& program, const Routine& routine)
        : program_(program), routine_(routine) {}

    Guard find(std::uint32_t pc) {
        constexpr int instructions_max = 64;
        for (int i = 0; i < instructions_max; ++i) {
            const Instruction& at = routine_.code[pc];
            if (at.opcode == Opcode::jump) {
                pc = at.a;
                continue;
            }
            if (at.opcode == Opcode::get) return guard(Guard::Kind::get, at.b, pc);
            if (at.opcode == Opcode::put) return guard(Guard::Kind::put, at.a, pc);
            if (!follow(at)) return {};
            ++pc;
        }
        return {};
    }

  private:
    // What a slot has become: of those that are not here, nothing.
    struct Known {
        enum class Kind { slot, constant, element, unknown } kind = Kind::unknown;
        std::uint32_t slot = 0;
        std::uint64_t number = 0;
    };

    Known at(std::uint32_t slot) const {
        const auto found = known_.find(slot);
        return found == known_.end() ? Known{Known::Kind::slot, slot, 0} : found->second;
    }

    bool follow(const Instruction& at_pc) {
        const Harm harm = program::shape(at_pc.opcode).harm;
        if (harm != Harm::none && harm != Harm::fails) return false;
        Known result;
        bool is_exact = false;
        if (at_pc.opcode == Opcode::move) {
            result = at(at_pc.b);
            is_exact = true;
        } else if (at_pc.opcode == Opcode::constant) {
            result = {Known::Kind::constant, 0, at_pc.c | std::uint64_t{at_pc.d} << 32};
            is_exact = true;
        } else if (at_pc.opcode == Opcode::index) {
            const Known array = at(at_pc.b);
            const Known index = at(at_pc.c);
            const program::TypeId element = program_.types[at_pc.d].element;
            if (array.kind == Known::Kind::slot && index.kind == Known::Kind::constant &&
                program_.types[at_pc.d].kind == program::TypeKind::array &&
                program::is_port(program_.types[element].kind)) {
                result = {Known::Kind::element, array.slot, index.number};
                is_exact = true;  // where the array is too short, the guard has no port
            }
        }
        may_fail_ |= harm == Harm::fails && !is_exact;
        for_each_changed(program_, routine_, at_pc,
                         [&](std::uint32_t slot) { known_[slot] = Known{}; });
        if (is_exact) known_[at_pc.a] = result;
        return true;
    }

    Guard guard(Guard::Kind kind, std::uint32_t slot, std::uint32_t pc) const {
        const Known port = at(slot);
        if (port.kind != Known::Kind::slot && port.kind != Known::Kind::element) return {};
        return {.kind = kind,
                .in_array = port.kind == Known::Kind::element,
                .may_fail = may_fail_,
                .slot = port.slot,
                .element = port.number,
                .pc = pc};
    }

    const Program& program_;
    const Routine& routine_;
    std::map<std::uint32_t, Known> known_;
    bool may_fail_ = false;
};

ForkSite analyse_fork(const Program& program, const Routine& routine, std::uint32_t pc) {
    ForkSite site{.pc = pc, .guards = {}};
    for (std::uint32_t i = 1; i <= routine.code[pc].a; ++i) {
        site.guards.push_back(GuardFinder(program, routine).find(pc + i));
    }
    site.is_open_choice = std::ranges::all_of(site.guards, [](const Guard& guard) {
        return guard.kind == Guard::Kind::get && !guard.may_fail;
    });
    site.has_unknown = std::ranges::any_of(
        site.guards, [](const Guard& guard) { return guard.kind == Guard::Kind::unknown; });
    return site;
}

}  // namespace

Blocks::Blocks(const program::Program& program)
    : program_(&program),
      sync_tables_(program.routines.size()),
      forks_at_(program.routines.size()) {}

const machine::SyncBlock* const* Blocks::syncs_of(program::RoutineId routine) {
    auto& table = sync_tables_[routine];
    if (table.empty()) table.resize(program_->routines[routine].code.size());
    return table.data();
}

const machine::SyncBlock& Blocks::sync_at(program::RoutineId routine, std::uint32_t pc) {
    syncs_of(routine);
    const machine::SyncBlock*& found = sync_tables_[routine][pc];
    if (!found) {
        found = &syncs_.emplace_back(analyse_sync(*program_, program_->routines[routine], pc));
    }
    return *found;
}

const ForkSite& Blocks::fork_at(program::RoutineId routine, std::uint32_t pc) {
    auto& table = forks_at_[routine];
    if (table.empty()) table.resize(program_->routines[routine].code.size());
    const ForkSite*& found = table[pc];
    if (!found) {
        found = &forks_.emplace_back(analyse_fork(*program_, program_->routines[routine], pc));
    }
    return *found;
}

}  // namespace reowolf::runtime
