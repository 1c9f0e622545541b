// SPDX-License-Identifier: MIT
// Which slots of a frame still matter: those that are read on some way on before they are written.
#pragma once

#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace reowolf::program {

// Of a whole routine, of a program that verify() accepts. For code so large that this would take
// long, every slot counts as live.
class Liveness {
  public:
    Liveness(const Program& program, const Routine& routine);

    // Whether one of these slots is live where the instruction is done, and its results are there.
    bool any_live_after(std::uint32_t pc, std::uint32_t first, std::uint32_t count) const;
    bool is_live_before(std::uint32_t pc, std::uint32_t slot) const;
    // While a call or request is under way: it has read its operands, and not written its results.
    bool is_live_during(std::uint32_t pc, std::uint32_t slot) const;

  private:
    struct Effect {
        std::uint64_t reads = 0;
        std::uint64_t writes = 0;
    };
    using Window =
        std::vector<std::uint64_t>;  // of 64 slots: which are live before, by instruction

    Effect effect_of(std::uint32_t pc, std::uint32_t window) const;
    bool analyse(std::uint32_t first, Window& window, std::uint64_t& visits) const;
    std::uint64_t live_after(const Window& window, std::uint32_t pc) const;

    const Program* program_;
    const Routine* routine_;
    std::vector<Window> windows_;  // none: all is live
};

enum class Moment : std::uint8_t {
    before,  // the instruction has not begun
    during,  // it has read its operands and not written its results: a call or request under way
};

// One entry per slot of the frame. Computed anew each time.
std::vector<bool> live_slots(const Program& program, const Routine& routine, std::uint32_t pc,
                             Moment moment);

}  // namespace reowolf::program
