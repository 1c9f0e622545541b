// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/limits.hpp"
#include "base/span.hpp"
#include "diagnostics/source.hpp"

namespace reowolf::compiler {

struct Text {
    const diagnostics::Sources& sources;
    std::uint32_t source;
};

// Of two texts with different canonical forms, where each begins to be another than the other, for
// people: what they are compared by is words. Nothing if it cannot be said.
std::optional<std::pair<Span, Span>> first_difference(const Text& left, const Text& right,
                                                      const Limits& limits);

}  // namespace reowolf::compiler
