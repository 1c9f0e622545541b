// SPDX-License-Identifier: MIT
#include "post/rooms.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace reowolf::post {

namespace {

// One message may be arriving while another one is in use.
constexpr std::size_t spares_max = 2;
constexpr std::size_t spare_bytes_max = 4u << 20;  // of each
// Who keeps a part of a message keeps all of its room: that is not to be many times as large.
constexpr std::size_t more_max = 2;

}  // namespace

struct Rooms::Spares {
    std::mutex mutex;
    std::vector<std::vector<std::byte>> all;  // the one that was given back last is the last

    void add(std::vector<std::byte> bytes) {
        if (bytes.empty() || bytes.size() > spare_bytes_max) return;
        const std::lock_guard lock(mutex);
        all.push_back(std::move(bytes));
        if (all.size() > spares_max) all.erase(all.begin());
    }
};

Room Rooms::find(std::size_t bytes) {
    if (!spares_) return nullptr;
    std::vector<std::byte> found;
    {
        const std::lock_guard lock(spares_->mutex);
        auto& all = spares_->all;
        const auto fits = std::find_if(all.rbegin(), all.rend(), [&](const auto& each) {
            return each.size() >= bytes && each.size() / more_max <= bytes;
        });
        if (fits == all.rend()) return nullptr;
        found = std::move(*fits);
        all.erase(std::next(fits).base());
    }
    return lend(std::move(found));
}

Room Rooms::make(std::size_t bytes) {
    return lend(std::vector<std::byte>(bytes));
}

Room Rooms::lend(std::vector<std::byte> bytes) {
    if (!spares_) spares_ = std::make_shared<Spares>();
    auto* const room = new std::vector<std::byte>(std::move(bytes));
    return {room, [spares = std::weak_ptr(spares_)](std::vector<std::byte>* used) {
                const std::unique_ptr<std::vector<std::byte>> owned(used);
                if (const auto there = spares.lock()) there->add(std::move(*owned));
            }};
}

void Rooms::give_back(std::vector<std::byte> bytes) {
    if (!spares_) spares_ = std::make_shared<Spares>();
    spares_->add(std::move(bytes));
}

}  // namespace reowolf::post
