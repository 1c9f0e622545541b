// SPDX-License-Identifier: MIT
// Run-time errors in words. The interpreter only notices that an instruction fails; why is worked
// out here from the operands, so that its loop stays small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/limits.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// What went wrong at an instruction that has failed. The slots are as it found them.
std::string explain_failure(const program::Program& program, const Limits& limits,
                            const program::Instruction& instruction, const Slot* slots,
                            std::size_t call_depth);

// The frames together are too large.
std::string explain_frames_overflow(const Limits& limits);

// Whether a block has no slice [low, high).
bool slice_fails(const program::Program& program, const program::Instruction& instruction,
                 const Block* block, std::uint64_t low, std::uint64_t high);

}  // namespace reowolf::machine
