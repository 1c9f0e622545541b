// SPDX-License-Identifier: MIT
// Puts the messages of a carrier together again from their parts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "post/records.hpp"
#include "post/rooms.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

struct Incoming {
    std::vector<std::byte> bytes;
    std::optional<Large> large;  // in place of these
    Properties properties;
};

// Of the message that begins with it; 0 if none does.
inline std::uint64_t length_of(const records::Fragment& fragment) {
    if (!fragment.is_first) return 0;
    return fragment.is_last ? fragment.bytes.size() : fragment.length;
}
Error too_large(std::uint64_t length, std::size_t message_bytes_max);

class Assembly {
  public:
    // A whole message, if this was the last part of it. Room is made for what has arrived, not for
    // what is announced. The error: too large, or not in this order. `record`: what the fragment
    // lies in, if it may become the message.
    std::expected<std::optional<Incoming>, Error> add(const records::Fragment& fragment,
                                                      std::size_t message_bytes_max,
                                                      std::vector<std::byte> record = {});

    // Where a part that is about to be added, of so many bytes, may be put before; it is not copied
    // then. Nothing: anywhere else.
    std::optional<Placement> place(const records::Fragment& fragment, std::size_t bytes,
                                   std::size_t message_bytes_max);
    // See Connection.
    void give_back(std::vector<std::byte> bytes);
    void align(std::size_t bytes) { aligned_ = bytes; }

    // Of those that are not whole yet, the one of which most is here.
    std::optional<Connection::Arriving> arriving() const;

  private:
    // Where a message lies, from there on. The room is null, or smaller than the message, as long
    // as there need not be more.
    struct Space {
        Room room;
        std::size_t begin = 0;

        std::byte* at(std::size_t place) const { return room->data() + begin + place; }
    };
    struct Partial {
        Properties properties;
        Space space;
        std::size_t arrived = 0;
        std::uint64_t length = 0;
    };
    Space space_for(std::uint64_t length);
    void widen(Space& space, std::size_t arrived, std::size_t more, std::uint64_t length);

    std::array<std::optional<Partial>, records::slots> partials_;
    Rooms rooms_;
    Space next_;  // where the first part of a message was given a place
    std::size_t aligned_ = 0;
};

}  // namespace reowolf::post
