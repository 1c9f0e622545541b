// SPDX-License-Identifier: MIT
#include "post/assembly.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reowolf::post {

namespace {

// As in frame_reader.cpp.
constexpr std::size_t growth = 4;

// What is left over of a message is kept for the next one up to this size.
constexpr std::size_t spare_bytes_max = 4u << 20;

}  // namespace

Error too_large(std::uint64_t length, std::size_t message_bytes_max) {
    return {Failure::too_large, fmt::format("it sent a message of {} bytes, the limit is {}",
                                            length, message_bytes_max)};
}

std::expected<std::optional<Incoming>, Error> Assembly::add(const records::Fragment& fragment,
                                                            std::size_t message_bytes_max,
                                                            std::vector<std::byte> record) {
    const auto wrong = [] {
        return std::unexpected(
            Error{Failure::protocol, "it sent parts of messages that do not fit together"});
    };
    const std::uint64_t length = length_of(fragment);
    if (length > message_bytes_max) return std::unexpected(too_large(length, message_bytes_max));
    if (fragment.is_first && fragment.is_last) {
        if (record.empty()) {
            record.assign(fragment.bytes.begin(), fragment.bytes.end());
        } else {
            record.erase(record.begin(), record.end() - std::ssize(fragment.bytes));
        }
        return Incoming{std::move(record), fragment.properties.value_or(Properties{})};
    }
    auto& partial = partials_[fragment.slot];
    if (fragment.is_first == partial.has_value()) return wrong();
    if (fragment.is_first) {
        partial = Partial{.properties = fragment.properties.value_or(Properties{}),
                          .room = std::exchange(spare_, nullptr),
                          .arrived = 0,
                          .length = length};
    }
    if (fragment.is_dropped) {
        partial.reset();
        return std::nullopt;
    }
    const std::size_t bytes = fragment.bytes.size();
    if (bytes == 0 || bytes > partial->length - partial->arrived) return wrong();
    widen(partial->room, partial->arrived, bytes, partial->length);
    std::byte* const end = partial->room->data() + partial->arrived;
    if (fragment.bytes.data() != end) std::ranges::copy(fragment.bytes, end);
    partial->arrived += bytes;
    if (fragment.is_last != (partial->arrived == partial->length)) return wrong();
    if (!fragment.is_last) return std::nullopt;
    partial->room->resize(partial->length);
    Incoming message{std::move(*partial->room), partial->properties};
    partial.reset();
    return message;
}

std::optional<Placement> Assembly::place(const records::Fragment& fragment, std::size_t bytes,
                                         std::size_t message_bytes_max) {
    auto& partial = partials_[fragment.slot];
    if (fragment.is_dropped || fragment.is_first == partial.has_value()) return std::nullopt;
    if (fragment.is_first && (fragment.is_last || fragment.length > message_bytes_max)) {
        return std::nullopt;
    }
    const std::uint64_t length = fragment.is_first ? fragment.length : partial->length;
    const std::size_t arrived = fragment.is_first ? 0 : partial->arrived;
    if (bytes > length - arrived) return std::nullopt;
    Room& room = fragment.is_first ? spare_ : partial->room;
    widen(room, arrived, bytes, length);
    return Placement{
        .head_bytes = 0, .bytes = std::span(*room).subspan(arrived, bytes), .keeper = room};
}

// Not in its place, as bytes may still be put there.
void Assembly::widen(Room& room, std::size_t arrived, std::size_t more, std::uint64_t length) {
    const std::size_t size = arrived + more;
    if (room && size <= room->size()) return;
    auto wider =
        std::make_shared<std::vector<std::byte>>(std::min<std::uint64_t>(length, size * growth));
    if (room) std::copy_n(room->begin(), arrived, wider->begin());
    room = std::move(wider);
}

void Assembly::give_back(std::vector<std::byte> bytes) {
    const bool has_parts = bytes.size() > records::fragment_bytes_max;
    if (!has_parts || bytes.size() > spare_bytes_max) return;
    if (spare_ && spare_->size() >= bytes.size()) return;
    spare_ = std::make_shared<std::vector<std::byte>>(std::move(bytes));
}

std::optional<Connection::Arriving> Assembly::arriving() const {
    std::optional<Connection::Arriving> most;
    for (const auto& partial : partials_) {
        if (!partial || (most && partial->arrived <= most->bytes)) continue;
        most = Connection::Arriving{partial->arrived, partial->length};
    }
    return most;
}

}  // namespace reowolf::post
