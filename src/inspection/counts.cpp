// SPDX-License-Identifier: MIT
#include "inspection/counts.hpp"

#include <cstddef>
#include <numeric>

#include <fmt/format.h>

namespace reowolf::inspection {

using runtime::Counters;
using runtime::Sizes;

std::uint64_t sum(std::span<const std::uint64_t> counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string in_detail(std::span<const std::uint64_t> counts,
                      std::span<const std::string_view> names) {
    std::string text;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        text += fmt::format("{}{} {}", text.empty() ? " (" : ", ", names[i], counts[i]);
    }
    return text.empty() ? text : text + ")";
}

std::string sizes_as_text(const Sizes& counted) {
    std::string sizes;
    for (std::size_t i = 0; i < Sizes::buckets; ++i) {
        if (counted.rounds[i] == 0) continue;
        const std::string bound =
            i == 0   ? "1"
            : i == 1 ? "2"
            : i + 1 < Sizes::buckets
                ? fmt::format("{}-{}", Sizes::bound(i - 1) + 1, Sizes::bound(i))
                : fmt::format("more than {}", Sizes::bound(i - 1));
        sizes += fmt::format("{}{} of {}", sizes.empty() ? "" : ", ", counted.rounds[i], bound);
    }
    return sizes.empty() ? "none" : sizes;
}

std::string components_as_text(const Counters& counters) {
    return fmt::format("{} made, {} ended, {} failed, {} stuck", counters.components_made,
                       counters.components_ended, counters.components_failed,
                       counters.components_stuck);
}

std::string behaviours_as_text(const Counters& counters) {
    return fmt::format("{} explored, {} discarded{}, {} hopeless, {} dropped", counters.behaviours,
                       sum(counters.discarded), in_detail(counters.discarded, runtime::cause_names),
                       counters.hopeless, counters.dropped);
}

}  // namespace reowolf::inspection
