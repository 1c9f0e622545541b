// SPDX-License-Identifier: MIT
// Programs that were compiled from different texts, as one.
#pragma once

#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace reowolf::program {

// Whether two types, perhaps of different programs, are the same: named and built alike.
bool same_type(const Program& left, TypeId a, const Program& right, TypeId b);

// Where the parts of a program are in the one that it was added to.
struct Added {
    std::vector<TypeId> types;  // by its number there
    RoutineId first_routine = 0;
};

// Types that both have are one afterwards. The sources of what is added are numbered from
// `first_source`. Its connector is left out.
Added add(Program& to, const Program& other, std::uint32_t first_source);

}  // namespace reowolf::program
