// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tools/network.hpp"

namespace reowolf::tools {

// The network in the language of graphviz: from left to right, what is got on the left of each
// component, what is put on its right.
std::string dot_of(const Network& network);

}  // namespace reowolf::tools
