// SPDX-License-Identifier: MIT
// reowolf run --stats: what a run came to, for people or for Prometheus.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/counters.hpp"

namespace reowolf::tools {

// Those who run components.
struct Labour {
    unsigned workers = 1;
    std::uint64_t steals = 0;
    // How long they have slept, having nothing to do.
    double rounds_idle_seconds = 0;  // who runs the rounds
    double others_idle_seconds = 0;  // all others together
};

std::string workers_as_text(const Labour& labour);
std::string stats_as_text(const runtime::Counters& counters, const Labour& labour, double seconds);
// The text format of Prometheus, version 0.0.4. The names are those of docs/tools.md.
std::string stats_for_prometheus(const runtime::Counters& counters, const Labour& labour,
                                 double seconds);

}  // namespace reowolf::tools
