// SPDX-License-Identifier: MIT
#include "machine/lodging.hpp"

#include <cassert>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace reowolf::machine {

namespace {

using Keeper = std::shared_ptr<void>;

// A pointer, as there is not always room for more.
std::byte* place_of_keeper(Block* block) {
    return reinterpret_cast<std::byte*>(block) - sizeof(Keeper*);
}

}  // namespace

Value lodge(std::span<std::byte> bytes, std::shared_ptr<void> keeper) {
    assert(!bytes.empty() && bytes.size() <= std::numeric_limits<std::uint32_t>::max());
    assert(may_lodge_at(reinterpret_cast<std::uintptr_t>(bytes.data())));
    Block* const block = new (bytes.data() - sizeof(Block)) Block;
    block->length = static_cast<std::uint32_t>(bytes.size());
    block->capacity = block->length;
    block->is_lodged = true;
    const Keeper* const kept = new Keeper(std::move(keeper));
    std::memcpy(place_of_keeper(block), &kept, sizeof kept);
    return Value::adopt(block);
}

void leave_lodging(Block* block) {
    Keeper* kept = nullptr;
    std::memcpy(&kept, place_of_keeper(block), sizeof kept);
    const std::unique_ptr<Keeper> last(kept);
    block->~Block();
}

}  // namespace reowolf::machine
