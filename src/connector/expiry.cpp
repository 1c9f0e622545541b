// SPDX-License-Identifier: MIT
// The end of a protocol: every component of the connector has ended.
#include <algorithm>
#include <utility>

#include "connector/member.hpp"

namespace reowolf::connector {

namespace {

// Where others go on and are never all at rest, this often is enough.
constexpr int waves_max = 4;

}  // namespace

// Whether the last round of the protocol can come: not if a component is there that never ends.
bool Member::may_expire() const {
    const auto& components = description_->structure.components;
    return !components.empty() && std::ranges::all_of(components, [&](const auto& component) {
        return description_->program.routines[component.routine].may_end;
    });
}

// The round was the last one if now, when everything that it leads to has happened, no component is
// left anywhere.
void Member::complete_or_expire() {
    check_expiry([this](bool has_expired) {
        committed_->is_expired = has_expired;
        complete(std::move(*committed_));
        committed_.reset();
    });
}

// Who was quiet at one wave may have ended before the others answered it, so that one wave says
// nothing.
void Member::check_expiry(std::function<void(bool has_expired)> found) {
    check_.seek(0, [this, found = std::move(found)](const Quiet::Wave& wave) {
        std::uint64_t alive = 0;
        std::uint64_t ended = 0;
        for (const auto& [site, answer] : wave.answers) {
            alive += answer.alive;
            ended += answer.ended;
        }
        const bool nobody_ended = std::exchange(ended_known_, ended) == ended;
        const bool is_enough = wave.is_still || (wave.number >= waves_max && nobody_ended);
        if (alive > 0 && !is_enough) return false;
        // Others may have told of it after those had answered who say otherwise.
        is_expired_ |= alive == 0;
        found(is_expired_);
        return true;
    });
}

}  // namespace reowolf::connector
