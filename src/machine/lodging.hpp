// SPDX-License-Identifier: MIT
// Values that live where their bytes have come to: their block is made right in front of these,
// over bytes that nobody needs any more.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "machine/value.hpp"

namespace reowolf::machine {

// So many bytes in front of those of the value are written over.
inline constexpr std::size_t lodging_bytes = sizeof(Block) + sizeof(void*);

// Where a value's first byte has to be.
inline bool may_lodge_at(std::size_t address) {
    return address % alignof(Block) == 0;
}

// A string or u8[]; see is_in_place(). There is at least one byte, and `keeper` keeps their memory,
// and what is in front of them, for as long as the value lives. It may be let go in any thread.
Value lodge(std::span<std::byte> bytes, std::shared_ptr<void> keeper);

// Of free_block(): the memory is not the block's own.
void leave_lodging(Block* block);

}  // namespace reowolf::machine
