// SPDX-License-Identifier: MIT
// What can be seen of sync blocks in the program's code, found when first asked for: what an
// attempt must keep to be able to go back to its begin, and what each alternative of a fork does
// first.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "machine/machine.hpp"
#include "program/program.hpp"

namespace reowolf::runtime {

// The port that an alternative uses first.
struct Guard {
    enum class Kind : std::uint8_t {
        get,
        put,
        unknown,  // that cannot be seen, or it may use none
    };
    Kind kind = Kind::unknown;
    bool in_array = false;
    bool may_fail = false;  // before it comes there
    std::uint32_t slot = 0;
    std::uint64_t element = 0;  // if in_array
    std::uint32_t pc = 0;

    // Nothing: the array is too short.
    [[gnu::always_inline]] std::optional<machine::PortHandle> port(
        const machine::Slot* frame) const {
        if (!in_array) return frame[slot].bits;
        const machine::Block* block = frame[slot].block;
        if (!block || element >= block->length) return std::nullopt;
        return reinterpret_cast<const std::uint64_t*>(block->data())[element];
    }
};

struct ForkSite {
    std::uint32_t pc = 0;
    std::vector<Guard> guards;
    // Each alternative begins with a get, so whoever waits at all of them has missed nothing.
    bool is_open_choice = false;
    bool has_unknown = false;
};

class Blocks {
  public:
    explicit Blocks(const program::Program& program);

    // `pc`: of the instruction sync_begin, or fork.
    const machine::SyncBlock& sync_at(program::RoutineId routine, std::uint32_t pc);
    const ForkSite& fork_at(program::RoutineId routine, std::uint32_t pc);
    // By instruction of the routine, those that have been asked for. Stays where it is.
    const machine::SyncBlock* const* syncs_of(program::RoutineId routine);

  private:
    const program::Program* program_;
    std::vector<std::vector<const machine::SyncBlock*>> sync_tables_;  // by routine, instruction
    std::vector<std::vector<const ForkSite*>> forks_at_;
    std::deque<machine::SyncBlock> syncs_;
    std::deque<ForkSite> forks_;
};

}  // namespace reowolf::runtime
