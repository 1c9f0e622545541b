// SPDX-License-Identifier: MIT
#include "runtime/body.hpp"

namespace reowolf::runtime {

bool ProgramBody::same_state(const Body& other) const {
    return shared_->comparison.same(state_, static_cast<const ProgramBody&>(other).state_);
}

std::vector<TraceLine> ProgramBody::trace() const {
    std::vector<TraceLine> lines;
    for (const auto& entry : state_.trace()) {
        const program::Routine& routine = shared_->program.routines[entry.routine];
        lines.push_back(
            {std::string(program::keyword(routine.kind)), routine.name, entry.position});
    }
    return lines;
}

}  // namespace reowolf::runtime
