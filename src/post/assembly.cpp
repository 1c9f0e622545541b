// SPDX-License-Identifier: MIT
#include "post/assembly.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reowolf::post {

namespace {

// As in frame_reader.cpp.
constexpr std::size_t growth = 4;

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more, std::uint64_t length) {
    const std::size_t size = bytes.size() + more.size();
    if (size > bytes.capacity()) bytes.reserve(std::min<std::uint64_t>(length, size * growth));
    bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

std::expected<std::optional<Incoming>, Error> Assembly::add(const records::Fragment& fragment,
                                                            std::size_t message_bytes_max) {
    const auto wrong = [] {
        return std::unexpected(
            Error{Failure::protocol, "it sent parts of messages that do not fit together"});
    };
    const std::uint64_t length =
        fragment.is_first && fragment.is_last ? fragment.bytes.size() : fragment.length;
    if (length > message_bytes_max) {
        return std::unexpected(
            Error{Failure::too_large, fmt::format("it sent a message of {} bytes, the limit is {}",
                                                  length, message_bytes_max)});
    }
    if (fragment.is_first && fragment.is_last) {
        return Incoming{{fragment.bytes.begin(), fragment.bytes.end()},
                        fragment.properties.value_or(Properties{})};
    }
    auto& partial = partials_[fragment.slot];
    if (fragment.is_first == partial.has_value()) return wrong();
    if (fragment.is_first) {
        partial = Partial{};
        partial->message.properties = fragment.properties.value_or(Properties{});
        partial->length = length;
    }
    if (fragment.is_dropped) {
        partial.reset();
        return std::nullopt;
    }
    if (fragment.bytes.empty() ||
        fragment.bytes.size() > partial->length - partial->message.bytes.size()) {
        return wrong();
    }
    append(partial->message.bytes, fragment.bytes, partial->length);
    if (fragment.is_last != (partial->message.bytes.size() == partial->length)) return wrong();
    if (!fragment.is_last) return std::nullopt;
    Incoming message = std::move(partial->message);
    partial.reset();
    return message;
}

std::optional<Connection::Arriving> Assembly::arriving() const {
    std::optional<Connection::Arriving> most;
    for (const auto& partial : partials_) {
        if (!partial || (most && partial->message.bytes.size() <= most->bytes)) continue;
        most = Connection::Arriving{partial->message.bytes.size(), partial->length};
    }
    return most;
}

}  // namespace reowolf::post
