// SPDX-License-Identifier: MIT
// A program as the interpreter runs it: one operation of 16 bytes for each instruction, at the same
// place, with everything decided that the program alone decides. What is rare is left to the
// instruction itself (`elsewhere`).
#pragma once

#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace reowolf::machine {

enum class Code : std::uint16_t {
#define OPERATION(name) name,
#include "machine/operations.def"
#undef OPERATION
};

struct Operation {
    Code code = Code::elsewhere;
    std::uint16_t extra = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
};
static_assert(sizeof(Operation) == 16);

struct PreparedRoutine {
    const Operation* code = nullptr;
    const program::Routine* routine = nullptr;
    std::uint32_t frame_slots = 0;
    std::uint32_t parameter_slots = 0;
    std::uint32_t parameter_references = 0;  // how many of the routine's references are parameters
};

class PreparedProgram {
  public:
    explicit PreparedProgram(const program::Program& program);

    const PreparedRoutine* routines() const { return routines_.data(); }

  private:
    std::vector<Operation> operations_;
    std::vector<PreparedRoutine> routines_;  // by number
};

}  // namespace reowolf::machine
