// SPDX-License-Identifier: MIT
// Puts the messages of a carrier together again from their parts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "post/records.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

struct Incoming {
    std::vector<std::byte> bytes;
    Properties properties;
};

class Assembly {
  public:
    // A whole message, if this was the last part of it. Room is made for what has arrived, not for
    // what is announced. The error: too large, or not in this order.
    std::expected<std::optional<Incoming>, Error> add(const records::Fragment& fragment,
                                                      std::size_t message_bytes_max);

    // Of those that are not whole yet, the one of which most is here.
    std::optional<Connection::Arriving> arriving() const;

  private:
    struct Partial {
        Incoming message;
        std::uint64_t length = 0;
    };
    std::array<std::optional<Partial>, records::slots> partials_;
};

}  // namespace reowolf::post
