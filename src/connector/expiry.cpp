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
// left anywhere. Where somebody lives on and nobody has ended, there is nothing to wait for.
void Member::complete_or_expire() {
    check_.seek(0, [this](const Quiet::Wave& wave) {
        std::uint64_t alive = 0;
        std::uint64_t ended = 0;
        for (const auto& [site, answer] : wave.answers) {
            alive += answer.alive;
            ended += answer.ended;
        }
        const bool is_sure = alive == 0 || wave.is_still ||
                             ((wave.is_balanced || wave.number >= waves_max) &&
                              std::exchange(ended_known_, ended) == ended);
        if (!is_sure) return false;
        ended_known_ = ended;
        committed_->is_expired = alive == 0;
        complete(std::move(*committed_));
        committed_.reset();
        return true;
    });
}

}  // namespace reowolf::connector
