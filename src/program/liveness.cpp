// SPDX-License-Identifier: MIT
#include "program/liveness.hpp"

#include <algorithm>

#include "program/operands.hpp"
#include "program/successors.hpp"

namespace reowolf::program {
namespace {

// The analysis goes through the code once or more for each 64 slots. Code that a stranger wrote to
// make this slow is not analysed to the end.
constexpr std::uint64_t visits_max = 1u << 22;
constexpr std::uint32_t window_slots = 64;

std::uint64_t bits_inside(const SlotRange& range, std::uint32_t window) {
    const std::uint64_t end = std::uint64_t{range.first} + range.count;
    const std::uint64_t low = std::max<std::uint64_t>(range.first, window);
    const std::uint64_t high = std::min<std::uint64_t>(end, std::uint64_t{window} + window_slots);
    if (low >= high) return 0;
    const std::uint64_t ones =
        high - low == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (high - low)) - 1;
    return ones << (low - window);
}

}  // namespace

Liveness::Liveness(const Program& program, const Routine& routine)
    : program_(&program), routine_(&routine) {
    std::uint64_t visits = 0;
    for (std::uint32_t first = 0; first < routine.frame_slots; first += window_slots) {
        windows_.emplace_back(routine.code.size(), 0);
        if (!analyse(first, windows_.back(), visits)) {
            windows_.clear();
            return;
        }
    }
}

Liveness::Effect Liveness::effect_of(std::uint32_t pc, std::uint32_t window) const {
    const Instruction& instruction = routine_->code[pc];
    Effect effect;
    for (const Operand& operand : shape(instruction.opcode).operands()) {
        const std::uint64_t bits =
            bits_inside(slots_of(*program_, instruction, operand, routine_->result), window);
        (operand.access == Access::write ? effect.writes : effect.reads) |= bits;
    }
    return effect;
}

std::uint64_t Liveness::live_after(const Window& window, std::uint32_t pc) const {
    std::uint64_t live = 0;
    for_each_successor(*routine_, pc, [&](std::uint32_t next) { live |= window[next]; });
    return live;
}

bool Liveness::analyse(std::uint32_t first, Window& window, std::uint64_t& visits) const {
    const auto size = static_cast<std::uint32_t>(routine_->code.size());
    std::vector<Effect> effects;
    effects.reserve(size);
    visits += size;
    if (visits > visits_max) return false;
    for (std::uint32_t pc = 0; pc < size; ++pc) effects.push_back(effect_of(pc, first));
    for (bool changed = true; changed;) {
        changed = false;
        visits += size;
        if (visits > visits_max) return false;
        for (std::uint32_t pc = size; pc-- > 0;) {
            const std::uint64_t live =
                (live_after(window, pc) & ~effects[pc].writes) | effects[pc].reads;
            changed = changed || live != window[pc];
            window[pc] = live;
        }
    }
    return true;
}

bool Liveness::any_live_after(std::uint32_t pc, std::uint32_t first, std::uint32_t count) const {
    if (windows_.empty()) return true;
    const std::uint32_t last = (first + count - 1) / window_slots;
    for (std::uint32_t n = first / window_slots; n <= last; ++n) {
        const std::uint64_t bits = bits_inside({{}, first, count}, n * window_slots);
        if ((live_after(windows_[n], pc) & bits) != 0) return true;
    }
    return false;
}

bool Liveness::is_live_before(std::uint32_t pc, std::uint32_t slot) const {
    if (windows_.empty()) return true;
    return ((windows_[slot / window_slots][pc] >> (slot % window_slots)) & 1) != 0;
}

bool Liveness::is_live_during(std::uint32_t pc, std::uint32_t slot) const {
    if (windows_.empty()) return true;
    const std::uint32_t window = slot / window_slots;
    const std::uint64_t live =
        live_after(windows_[window], pc) & ~effect_of(pc, window * window_slots).writes;
    return ((live >> (slot % window_slots)) & 1) != 0;
}

std::vector<bool> live_slots(const Program& program, const Routine& routine, std::uint32_t pc,
                             Moment moment) {
    const Liveness liveness(program, routine);
    std::vector<bool> live(routine.frame_slots, false);
    for (std::uint32_t slot = 0; slot < routine.frame_slots; ++slot) {
        live[slot] = moment == Moment::before ? liveness.is_live_before(pc, slot)
                                              : liveness.is_live_during(pc, slot);
    }
    return live;
}

}  // namespace reowolf::program
