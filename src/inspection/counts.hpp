// SPDX-License-Identifier: MIT
// What a runtime has counted, for people.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/counters.hpp"

namespace reowolf::inspection {

std::string sizes_as_text(const runtime::Sizes& sizes);
std::string components_as_text(const runtime::Counters& counters);
std::string behaviours_as_text(const runtime::Counters& counters);
// " (doubt 3, closed 1)", or nothing.
std::string in_detail(std::span<const std::uint64_t> counts,
                      std::span<const std::string_view> names);
std::uint64_t sum(std::span<const std::uint64_t> counts);

}  // namespace reowolf::inspection
