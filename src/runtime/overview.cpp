// SPDX-License-Identifier: MIT
#include "runtime/overview.hpp"

#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

Doing Runtime::doing(ComponentIndex index) const {
    const Component& self = component(index);
    if (self.attempt && self.attempt->reported_stuck) return Doing::stuck;
    if (awaits_outside(index)) return Doing::outside;
    if (self.attempt && !self.attempt->is_settled()) return Doing::exploring;
    return self.queued || !self.waits_in_round() ? Doing::running : Doing::waiting;
}

Overview Runtime::overview(std::size_t first, std::size_t lines) const {
    constexpr std::size_t needs_max = 4;

    Overview seen;
    seen.doing.resize(doing_names.size());
    std::size_t place = 0;
    for (ComponentIndex index = application + 1; index < components_.size(); ++index) {
        const Component& self = component(index);
        if (self.phase == Component::Phase::ended) continue;
        const Doing what = doing(index);
        ++seen.doing[static_cast<std::size_t>(what)];
        if (place++ < first || seen.lines.size() >= lines) continue;
        auto& line = seen.lines.emplace_back();
        line.name = label(index);
        line.doing = what;
        line.rounds = self.rounds;
        if (self.body) line.where = self.body->position();
        if (self.attempt) line.behaviours = self.attempt->live;
        if (what == Doing::running || what == Doing::outside) continue;
        for (Finding& finding : findings_on(index)) {
            if (finding.is_need && line.waits_for.size() < needs_max) {
                line.waits_for.push_back(std::move(finding.text));
            }
        }
        if (line.waits_for.empty() && self.waits == Component::Wait::others) {
            line.waits_for.emplace_back("is done when the others of its round are");
        }
    }
    return seen;
}

}  // namespace reowolf::runtime
