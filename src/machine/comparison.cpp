// SPDX-License-Identifier: MIT
#include "machine/comparison.hpp"

#include <algorithm>

#include "machine/arrays.hpp"
#include "program/liveness.hpp"

namespace reowolf::machine {

const StateComparison::LiveSlots& StateComparison::live_at(Place place) {
    const auto [entry, is_new] = live_.try_emplace(place);
    if (!is_new) return entry->second;
    const program::Routine& routine = program_->routines[place.routine];
    const std::vector<bool> live =
        program::live_slots(*program_, routine, place.pc,
                            place.under_way ? program::Moment::during : program::Moment::before);
    for (std::uint32_t slot = 0; slot < routine.frame_slots; ++slot) {
        if (!live[slot]) continue;
        const bool is_reference =
            std::binary_search(routine.references.begin(), routine.references.end(), slot);
        (is_reference ? entry->second.references : entry->second.words).push_back(slot);
    }
    return entry->second;
}

bool StateComparison::same(const State& a, const State& b) {
    if (a.depth() != b.depth() || a.phase_ != b.phase_ || a.in_sync_ != b.in_sync_) {
        return false;
    }
    // Places first: they are cheap, and frames can be compared only at one place.
    for (std::size_t i = 0; i < a.depth(); ++i) {
        if (a.call(i).routine != b.call(i).routine || a.call(i).pc != b.call(i).pc) {
            return false;
        }
    }
    for (std::size_t i = 0; i < a.depth(); ++i) {
        const State::Call& call = a.call(i);
        const bool is_innermost = i + 1 == a.depth();
        // Who waits for an answer is not past what it asked for: its port counts.
        const bool under_way = !is_innermost || a.phase_ == State::Phase::passing;
        const LiveSlots& live = live_at({call.routine, call.pc, under_way});
        const Slot* in_a = a.slots_.data() + call.base;
        const Slot* in_b = b.slots_.data() + b.call(i).base;
        for (const std::uint32_t slot : live.words) {
            if (in_a[slot].bits != in_b[slot].bits) return false;
        }
        for (const std::uint32_t slot : live.references) {
            if (!machine::same(in_a[slot].block, in_b[slot].block)) return false;
        }
    }
    return true;
}

}  // namespace reowolf::machine
