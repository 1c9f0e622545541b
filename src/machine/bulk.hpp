// SPDX-License-Identifier: MIT
// The instructions that move more than a word, and the rare ones: away from the interpreter's loop,
// which they would only slow down.
#pragma once

#include <cstdint>
#include <vector>

#include "base/limits.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// Takes what is moved off the budget.
inline void charge(std::int64_t& budget, std::uint64_t bytes) {
    // An instruction that moves data is charged as one more for each of these.
    constexpr std::uint64_t bytes_per_instruction = 64;
    budget -= static_cast<std::int64_t>(bytes / bytes_per_instruction);
}

class Bulk {
  public:
    Bulk(const program::Program& program, const Limits& limits);

    // False if the instruction fails; the slots are then as they were, as far as that needs
    // explaining. Any but those that jump, call, return or ask the world.
    bool perform(const program::Instruction& instruction, Slot* slots, std::int64_t& budget) const;

    // See Machine.
    void define(std::uint32_t number, Value value) { constants_[number] = std::move(value); }
    const Value& constant(std::uint32_t number) const { return constants_[number]; }

    // Where an element of an array in an array is: the inner one, unshared within its unshared
    // outer one. Null if that fails.
    Block* unshare_inner(Block*& outer, std::uint64_t index, std::int64_t& budget) const;

  private:
    bool make_array(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool make_zeros(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool index(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool unbox(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool take_index(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool set_index(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool index_nested(const program::Instruction& i, Slot* slots) const;
    bool set_index_nested(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool index_part(const program::Instruction& i, Slot* slots) const;
    bool set_index_part(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool cut(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    bool concatenate(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    void aggregate(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;
    void compare_aggregates(const program::Instruction& i, Slot* slots, std::int64_t& budget) const;

    const program::Program* program_;
    Limits limits_;
    std::vector<Value> texts_;      // the program's string constants
    std::vector<Value> constants_;  // the others
    std::vector<bool> has_floats_;  // by type, for those that are compared
};

}  // namespace reowolf::machine
