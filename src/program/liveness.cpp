// SPDX-License-Identifier: MIT
#include "program/liveness.hpp"

#include <algorithm>
#include <optional>

#include "program/operands.hpp"
#include "program/successors.hpp"

namespace reowolf::program {
namespace {

// The analysis goes through the code once or more for each 64 slots. Code that a stranger wrote to
// make this slow is not analysed to the end.
constexpr std::uint64_t visits_max = 1u << 22;
constexpr std::uint32_t window_slots = 64;

struct Effect {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
};

std::uint64_t bits_inside(const SlotRange& range, std::uint32_t window) {
    const std::uint64_t end = std::uint64_t{range.first} + range.count;
    const std::uint64_t low = std::max<std::uint64_t>(range.first, window);
    const std::uint64_t high = std::min<std::uint64_t>(end, std::uint64_t{window} + window_slots);
    if (low >= high) return 0;
    const std::uint64_t ones =
        high - low == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (high - low)) - 1;
    return ones << (low - window);
}

Effect effect_of(const Program& program, const Routine& routine, const Instruction& instruction,
                 std::uint32_t window) {
    Effect effect;
    for (const Operand& operand : shape(instruction.opcode).operands()) {
        const std::uint64_t bits =
            bits_inside(slots_of(program, instruction, operand, routine.result), window);
        if (operand.access == Access::write) {
            effect.writes |= bits;
        } else {
            effect.reads |= bits;
        }
    }
    return effect;
}

std::uint64_t live_after(const Routine& routine, std::uint32_t pc,
                         const std::vector<std::uint64_t>& live_before) {
    std::uint64_t live = 0;
    for_each_successor(routine, pc, [&](std::uint32_t next) { live |= live_before[next]; });
    return live;
}

// For the slots from `window` on, or nothing if it took too long.
std::optional<std::uint64_t> analyse(const Program& program, const Routine& routine,
                                     std::uint32_t pc, Moment moment, std::uint32_t window,
                                     std::uint64_t& visits) {
    const std::size_t size = routine.code.size();
    std::vector<std::uint64_t> live_before(size, 0);
    for (bool changed = true; changed;) {
        changed = false;
        visits += size;
        if (visits > visits_max) return std::nullopt;
        for (std::size_t i = size; i-- > 0;) {
            const Effect effect = effect_of(program, routine, routine.code[i], window);
            const std::uint64_t after =
                live_after(routine, static_cast<std::uint32_t>(i), live_before);
            const std::uint64_t live = (after & ~effect.writes) | effect.reads;
            changed = changed || live != live_before[i];
            live_before[i] = live;
        }
    }
    if (moment == Moment::before) return live_before[pc];
    return live_after(routine, pc, live_before) &
           ~effect_of(program, routine, routine.code[pc], window).writes;
}

}  // namespace

std::vector<bool> live_slots(const Program& program, const Routine& routine, std::uint32_t pc,
                             Moment moment) {
    std::vector<bool> live(routine.frame_slots, false);
    std::uint64_t visits = 0;
    for (std::uint32_t window = 0; window < routine.frame_slots; window += window_slots) {
        const auto bits = analyse(program, routine, pc, moment, window, visits);
        if (!bits) return std::vector<bool>(routine.frame_slots, true);
        const std::uint32_t end = std::min(window + window_slots, routine.frame_slots);
        for (std::uint32_t slot = window; slot < end; ++slot) {
            live[slot] = ((*bits >> (slot - window)) & 1) != 0;
        }
    }
    return live;
}

}  // namespace reowolf::program
