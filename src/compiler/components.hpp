// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace reowolf::compiler {

// The strongly connected components of a graph, given as the neighbours of each node: nodes are in
// one if there are ways between them in both directions. Those that others lead to come first.
std::vector<std::vector<std::uint32_t>> components_of(
    const std::vector<std::vector<std::uint32_t>>& graph);

}  // namespace reowolf::compiler
