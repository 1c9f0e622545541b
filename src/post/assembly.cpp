// SPDX-License-Identifier: MIT
#include "post/assembly.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reowolf::post {

namespace {

// As in frame_reader.cpp.
constexpr std::size_t growth = 4;

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
        return Incoming{std::move(record), {}, fragment.properties.value_or(Properties{})};
    }
    auto& partial = partials_[fragment.slot];
    if (fragment.is_first == partial.has_value()) return wrong();
    if (fragment.is_first) {
        const bool is_placed = next_.room && fragment.bytes.data() == next_.at(0);
        partial = Partial{.properties = fragment.properties.value_or(Properties{}),
                          .space = is_placed ? std::exchange(next_, {}) : space_for(length),
                          .arrived = 0,
                          .length = length};
    }
    if (fragment.is_dropped) {
        partial.reset();
        return std::nullopt;
    }
    const std::size_t bytes = fragment.bytes.size();
    if (bytes == 0 || bytes > partial->length - partial->arrived) return wrong();
    widen(partial->space, partial->arrived, bytes, partial->length);
    std::byte* const end = partial->space.at(partial->arrived);
    if (fragment.bytes.data() != end) std::ranges::copy(fragment.bytes, end);
    partial->arrived += bytes;
    if (fragment.is_last != (partial->arrived == partial->length)) return wrong();
    if (!fragment.is_last) return std::nullopt;
    Incoming message{{},
                     Large{std::move(partial->space.room), partial->space.begin, partial->arrived},
                     partial->properties};
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
    if (fragment.is_first) next_ = space_for(length);
    Space& space = fragment.is_first ? next_ : partial->space;
    widen(space, arrived, bytes, length);
    return Placement{
        .head_bytes = 0, .bytes = std::span(space.at(arrived), bytes), .keeper = space.room};
}

Assembly::Space Assembly::space_for(std::uint64_t length) {
    constexpr std::size_t alignment = alignof(std::max_align_t);
    const std::size_t begin = (alignment - aligned_ % alignment) % alignment;
    return {.room = rooms_.find(begin + length), .begin = begin};
}

// Not in its place, as bytes may still be put there.
void Assembly::widen(Space& space, std::size_t arrived, std::size_t more, std::uint64_t length) {
    const std::size_t size = arrived + more;
    if (space.room && space.begin + size <= space.room->size()) return;
    Space wider{.room = rooms_.make(space.begin + std::min<std::uint64_t>(length, size * growth)),
                .begin = space.begin};
    if (space.room) std::copy_n(space.at(0), arrived, wider.at(0));
    space = std::move(wider);
}

void Assembly::give_back(std::vector<std::byte> bytes) {
    if (bytes.size() > records::fragment_bytes_max) rooms_.give_back(std::move(bytes));
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
