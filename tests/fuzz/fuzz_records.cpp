// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as a record of an association, as a stream of frames, and as what a name
// server answers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "post/frame_reader.hpp"
#include "post/name_answers.hpp"
#include "post/records.hpp"

// libFuzzer calls it by this name: NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    // There is one way to say a thing.
    if (const auto record = reowolf::post::records::decode(bytes)) {
        if (!std::ranges::equal(reowolf::post::records::encode(*record), bytes)) std::abort();
    }
    for (const auto& service : reowolf::post::services_in(bytes)) {
        if (service.address.host.empty() || service.address.port == 0) std::abort();
    }
    for (const auto& address : reowolf::post::texts_in(bytes).addresses) {
        if (address.host.empty() || address.port == 0) std::abort();
    }
    // Of large ones some are placed.
    using reowolf::post::FrameReader;
    using reowolf::post::Placement;
    constexpr std::size_t message_bytes_max = 6'000;
    FrameReader reader(message_bytes_max);
    for (std::size_t at = 0; at < size;) {
        const auto space = reader.spaces()[0];
        const std::size_t count = std::min(space.size(), size - at);
        std::ranges::copy(bytes.subspan(at, count), space.begin());
        reader.arrived(count);
        at += count;
        std::vector<std::byte> message;
        for (auto next = reader.next(message); next != FrameReader::Next::more;
             next = reader.next(message)) {
            if (message.size() > message_bytes_max) std::abort();
            if (next == FrameReader::Next::large) {
                const auto head_bytes = std::to_integer<std::size_t>(reader.begin().front());
                if (head_bytes > Placement::head_bytes_max) continue;
                auto room = std::make_shared<std::vector<std::byte>>(reader.size() - head_bytes);
                reader.place({.head_bytes = head_bytes, .bytes = *room, .keeper = room});
            }
            if (next == FrameReader::Next::placed) {
                const auto placed = reader.take_placed();
                const std::size_t placed_bytes =
                    placed.where.head_bytes + placed.where.bytes.size();
                if (placed_bytes > message_bytes_max) std::abort();
            }
            if (!reader.complaint().empty()) return 0;
        }
    }
    return 0;
}
