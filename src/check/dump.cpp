// SPDX-License-Identifier: MIT
#include "check/typed.hpp"

namespace reowolf::check {

// Of each routine the variables and their types: what inference found.
std::string dump(const Module& module) {
    std::string text;
    for (const Routine& routine : module.routines) {
        text += std::string(program::keyword(routine.kind)) + " " + routine.name;
        if (routine.result) text += " -> " + module.terms.name(*routine.result);
        if (!routine.may_end) text += " (never ends)";
        text += "\n";
        for (const Local& local : routine.locals) {
            text += local.parameter ? "    parameter " : "    local ";
            text += module.terms.name(local.type) + " " + local.name + "\n";
        }
    }
    return text;
}

}  // namespace reowolf::check
