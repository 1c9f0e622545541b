// SPDX-License-Identifier: MIT
// A component of a system as a native component: the same behaviours as those of its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include <reowolf/component.hpp>

#include "protocol.hpp"

namespace reowolf::oracle {

// Of systems in which no ports travel in messages.
bool has_twin(const System& system, std::size_t component);
// The system must outlive it. `handles`: of its ports.
Component twin(const System& system, std::size_t component, std::map<Port, std::uint64_t> handles);

}  // namespace reowolf::oracle
