// SPDX-License-Identifier: MIT
#include "native/alarms.hpp"

namespace reowolf::native {

void Alarms::set(runtime::ComponentIndex component, std::int64_t time_ms) {
    const auto [at, is_new] = times_.try_emplace(component, time_ms);
    if (!is_new) by_time_.erase({std::exchange(at->second, time_ms), component});
    by_time_.emplace(time_ms, component);
}

void Alarms::remove(runtime::ComponentIndex component) {
    const auto at = times_.find(component);
    if (at == times_.end()) return;
    by_time_.erase({at->second, component});
    times_.erase(at);
}

std::vector<runtime::ComponentIndex> Alarms::take_due(std::int64_t now_ms) {
    std::vector<runtime::ComponentIndex> due;
    while (!by_time_.empty() && by_time_.begin()->first <= now_ms) {
        due.push_back(by_time_.begin()->second);
        times_.erase(due.back());
        by_time_.erase(by_time_.begin());
    }
    return due;
}

std::optional<std::int64_t> Alarms::next_ms() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first;
}

}  // namespace reowolf::native
