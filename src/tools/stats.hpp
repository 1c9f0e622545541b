// SPDX-License-Identifier: MIT
// reowolf run --stats: what a run came to, for people or for Prometheus.
#pragma once

#include <string>

#include "runtime/counters.hpp"

namespace reowolf::tools {

std::string sizes_as_text(const runtime::Sizes& sizes);
std::string components_as_text(const runtime::Counters& counters);
std::string behaviours_as_text(const runtime::Counters& counters);
std::string stats_as_text(const runtime::Counters& counters, double seconds);
// The text format of Prometheus, version 0.0.4. The names are those of docs/tools.md.
std::string stats_for_prometheus(const runtime::Counters& counters, double seconds);

}  // namespace reowolf::tools
