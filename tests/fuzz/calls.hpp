// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace reowolf::fuzz {

// Calls of the C interface as the bytes choose them, whatever sense they make, on the connectors of
// two peers. What must hold: a call comes back, with a result that the header knows; one that fails
// has changed nothing that can be seen; of the buffers only those that were given to a call are
// written, within their length; and what went out in a round is what was prepared last. Says what
// was called and aborts where it does not.
void try_calls(std::span<const std::uint8_t> choices);

}  // namespace reowolf::fuzz
