// SPDX-License-Identifier: MIT
// What is told of work that takes long while a call waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace reowolf::connector {

struct Progress {
    enum class Kind { listening, connecting, sending, receiving };
    Kind kind = Kind::listening;
    std::string_view peer;  // whom it concerns; listening: this one
    // Of what is large, bytes; before, how many of the other peers are there.
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string_view text;  // listening: where; connecting: what is known of the peer
};

// Called on the connector's loop. Must neither wait nor use the connector.
using OnProgress = std::function<void(const Progress&)>;

}  // namespace reowolf::connector
