// SPDX-License-Identifier: MIT
#include "machine/large_blocks.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace reowolf::machine {

namespace {

constexpr std::size_t step_bytes = 64u << 10;  // of sizes, so that nearly equal ones are equal
constexpr std::size_t kept_max = 4;
constexpr std::size_t kept_bytes_max = 4u << 20;  // of each

struct Kept {
    void* memory = nullptr;
    std::size_t bytes = 0;
};

struct Store {
    std::mutex mutex;
    std::array<Kept, kept_max> kept;
    std::size_t next = 0;  // to make room, if there is none
};

// Blocks may be freed until the end of the process.
Store& store() {
    static Store* const store = new Store;
    return *store;
}

std::size_t rounded(std::size_t bytes) {
    return (bytes + step_bytes - 1) / step_bytes * step_bytes;
}

}  // namespace

void* take_large(std::size_t bytes) {
    bytes = rounded(bytes);
    if (bytes <= kept_bytes_max) {
        const std::lock_guard lock(store().mutex);
        for (Kept& each : store().kept) {
            if (each.bytes == bytes) return std::exchange(each, {}).memory;
        }
    }
    return std::malloc(bytes);
}

void give_back_large(void* memory, std::size_t bytes) {
    Kept given{memory, rounded(bytes)};
    if (given.bytes <= kept_bytes_max) {
        const std::lock_guard lock(store().mutex);
        auto& kept = store().kept;
        const auto place = std::ranges::find(kept, nullptr, &Kept::memory);
        if (place != kept.end()) {
            std::swap(given, *place);
        } else {
            std::swap(given, kept[store().next]);
            store().next = (store().next + 1) % kept_max;
        }
    }
    std::free(given.memory);
}

}  // namespace reowolf::machine
