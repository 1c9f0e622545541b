// SPDX-License-Identifier: MIT
// The components of lib/std/reo.pdl, each with its rule as the oracle's statements say it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocol.hpp"

namespace reowolf::oracle {

struct LibraryComponent {
    std::string name;
    std::size_t ins = 0;
    std::size_t outs = 0;
    // What is started, with the names of its ports: {i0, …, o0, …}.
    std::function<std::string(const std::vector<std::string>& ports)> start;
    // Its rule, over the channels 0, 1, …: the in-ends first, then the out-ends.
    Primitive rule;
    std::vector<std::size_t> booleans = {};  // the channels of bool; the others are of u32
};

// All whose state is small enough for the oracle.
std::vector<LibraryComponent> library();

// The component among random others that use its ports. Repeatable from the seed.
System around(const LibraryComponent& component, std::uint64_t seed);

}  // namespace reowolf::oracle
