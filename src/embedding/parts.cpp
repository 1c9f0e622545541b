// SPDX-License-Identifier: MIT
#include "embedding/parts.hpp"

#include <utility>

namespace reowolf::embedding {

Parts::Parts(runtime::Runtime& mainland, Outside& outside)
    : mainland_(mainland), outside_(outside), notices_(outside.bell()) {}

void Parts::part(unsigned workers, const std::function<std::unique_ptr<runtime::Runtime>()>& make) {
    // Who waits for others to be made does not wait for longer than that.
    constexpr int steps_of_composites_max = 256;
    constexpr std::uint32_t turns_each = 64;
    constexpr std::size_t islands_each_worker = 4;

    int steps = 0;
    while (steps < steps_of_composites_max && mainland_.step(turns_each)) ++steps;
    // With fewer parts than workers more is won if these share the work of each part.
    const std::size_t parts_min = steps == steps_of_composites_max ? never : workers;
    auto parted = mainland_.release(parts_min, islands_each_worker * workers);
    if (parted.empty()) return;
    islands_.emplace(
        workers - 1, [this] { return outside_.now_ms(); },
        [bell = outside_.bell()] { bell->nudge(); });
    islands_->ask_between([this] { return notices_.is_any() || outside_.has_news(); });
    islands_->settle(mainland_, std::move(parted), make);
}

void Parts::let_go() {
    if (!islands_ || are_going_) return;
    are_going_ = true;
    notices_.belong_here();
    notices_.bound();
    islands_->resume();
}

void Parts::hold_still() {
    if (!islands_ || !std::exchange(are_going_, false)) return;
    // Who waits for room would never be still.
    notices_.unbound();
    islands_->pause();
}

}  // namespace reowolf::embedding
