// SPDX-License-Identifier: MIT
#include "program/reaching.hpp"

#include <cstddef>

#include "program/operands.hpp"

namespace reowolf::program {

std::vector<bool> may_reach(const Program& program,
                            const std::function<bool(const Routine&)>& is_wanted) {
    std::vector<std::vector<RoutineId>> named_by(program.routines.size());
    std::vector<bool> reaches(program.routines.size());
    std::vector<RoutineId> open;
    const auto reach = [&](RoutineId id) {
        if (reaches[id]) return;
        reaches[id] = true;
        open.push_back(id);
    };
    for (RoutineId id = 0; id < program.routines.size(); ++id) {
        for (const Instruction& at : program.routines[id].code) {
            for (const Operand& operand : shape(at.opcode).operands()) {
                if (operand.sort != Sort::routine) continue;
                named_by[field(at, operand.field)].push_back(id);
            }
        }
        if (is_wanted(program.routines[id])) reach(id);
    }
    while (!open.empty()) {
        const RoutineId reached = open.back();
        open.pop_back();
        for (const RoutineId id : named_by[reached]) reach(id);
    }
    return reaches;
}

}  // namespace reowolf::program
