// SPDX-License-Identifier: MIT
// Which component is to be woken when; each has one alarm at the most.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/runtime.hpp"

namespace reowolf::native {

class Alarms {
  public:
    // In place of the one that the component has.
    void set(runtime::ComponentIndex component, std::int64_t time_ms);
    void remove(runtime::ComponentIndex component);
    // Those whose time has come, the earliest first; of one time, by index.
    std::vector<runtime::ComponentIndex> take_due(std::int64_t now_ms);

    bool empty() const { return by_time_.empty(); }
    std::optional<std::int64_t> next_ms() const;

  private:
    std::unordered_map<runtime::ComponentIndex, std::int64_t> times_;
    std::set<std::pair<std::int64_t, runtime::ComponentIndex>> by_time_;
};

}  // namespace reowolf::native
