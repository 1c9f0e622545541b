// SPDX-License-Identifier: MIT
#include "workers/simulated.hpp"

#include <algorithm>
#include <cassert>

namespace reowolf::workers {

using runtime::Errand;

void Simulated::run_one() {
    constexpr std::uint32_t instructions_each = 5;

    const auto chosen =
        waiting_.begin() + static_cast<std::ptrdiff_t>(random_.below(waiting_.size()));
    if (!(*chosen)->run(instructions_each)) return;
    returned_.push_back(*chosen);
    waiting_.erase(chosen);
}

Errand* Simulated::take_returned() {
    if (!waiting_.empty() && random_.chance(30)) run_one();
    if (returned_.empty()) return nullptr;
    Errand* const errand = returned_.front();
    returned_.erase(returned_.begin());
    ++returns_;
    return errand;
}

void Simulated::take_back(Errand& errand) {
    ++taken_back_;
    [[maybe_unused]] const auto found =
        std::erase(waiting_, &errand) + std::erase(returned_, &errand);
    assert(found == 1);
}

bool Simulated::help() {
    if (returned_.empty()) run_one();
    return true;
}

}  // namespace reowolf::workers
