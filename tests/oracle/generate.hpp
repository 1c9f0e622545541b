// SPDX-License-Identifier: MIT
// Random systems, and smaller ones made from one that fails.
#pragma once

#include <cstdint>
#include <functional>

#include "protocol.hpp"

namespace reowolf::oracle {

// Around a few planned rounds, so that many systems can do something, with mistakes, so that many
// cannot for long.
System generate(std::uint64_t seed);

// Takes away components, blocks, alternatives and statements as long as `fails` remains true.
System shrink(System system, const std::function<bool(const System&)>& fails);

}  // namespace reowolf::oracle
