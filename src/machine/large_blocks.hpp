// SPDX-License-Identifier: MIT
// Memory of large blocks. The C library gives such memory back to the system as soon as it is
// free, and to get its pages again costs more than to copy what is in them: so a few of those that
// were freed last are kept for the next ones of the same size. From any thread.
#pragma once

#include <cstddef>

namespace reowolf::machine {

constexpr std::size_t large_bytes_min = 128u << 10;

// Of at least so many bytes; null if there is no memory.
void* take_large(std::size_t bytes);
// What was taken with this size. It may be freed by free() too.
void give_back_large(void* memory, std::size_t bytes);

}  // namespace reowolf::machine
