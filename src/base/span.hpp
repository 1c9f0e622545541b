// SPDX-License-Identifier: MIT
// Where something stands in a source text.
#pragma once

#include <cstdint>

namespace reowolf {

// Bytes [begin, end) of source number `source` (see diagnostics/source.hpp).
struct Span {
    std::uint32_t source = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    friend bool operator==(const Span&, const Span&) = default;
};

}  // namespace reowolf
