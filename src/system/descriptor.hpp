// SPDX-License-Identifier: MIT
#pragma once

namespace reowolf::system {

// Programs that this process starts will not inherit the descriptor: a connection must end with
// the process that holds it.
void close_on_exec(int descriptor);

}  // namespace reowolf::system
