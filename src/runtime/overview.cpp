// SPDX-License-Identifier: MIT
#include "runtime/overview.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

namespace {

constexpr std::size_t needs_max = 4;

}  // namespace

Doing Runtime::doing(ComponentIndex index) const {
    const Component& self = component(index);
    if (self.attempt && self.attempt->reported_stuck) return Doing::stuck;
    // What the workers run is awaited, too, but no less at work for that.
    if (self.is_away) return Doing::running;
    if (self.attempt && self.attempt->away > 0) return Doing::exploring;
    if (awaits_outside(index)) return Doing::outside;
    if (self.attempt && !self.attempt->is_settled()) return Doing::exploring;
    return self.queued || !self.waits_in_round() ? Doing::running : Doing::waiting;
}

Overview Runtime::overview(std::size_t first, std::size_t lines) const {
    Overview seen;
    seen.doing.resize(doing_names.size());
    std::size_t place = 0;
    for (ComponentIndex index = application; index < components_.size(); ++index) {
        const Component& self = component(index);
        if (self.phase == Component::Phase::ended) continue;
        // Where it has no ports, there is no application.
        if (index == application && self.ports.empty() && !application_entered()) continue;
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
            line.waits_for = needs_in_step(self);
            if (line.waits_for.empty()) {
                line.waits_for.emplace_back("is done when the others of its round are");
            }
        }
    }
    return seen;
}

// Of who waits in the lane for others, some of which may be at other sites.
std::vector<std::string> Runtime::needs_in_step(const Component& waiting) const {
    std::vector<std::string> needs;
    if (component(application).phase != Component::Phase::in_lane) return needs;
    const auto add = [&](std::string text) {
        if (needs.size() < needs_max) needs.push_back(std::move(text));
    };
    for (const Step::Awaited& awaited : step_.awaited) {
        if (awaited.by != waiting.index) continue;
        add(fmt::format("waits for a message at {}", describe_port(awaited.channel, false)));
    }
    for (const Step::Put& put : step_.puts) {
        if (put.by != waiting.index) continue;
        add(fmt::format("is done if {} fires", describe_port(put.channel, true)));
    }
    for (const wire::SiteId site : place_.realtime) {
        const bool has_said =
            site == place_.self || std::ranges::any_of(kept_, [&](const auto& kept) {
                return kept->from == site && kept->step.has_leaf;
            });
        if (!has_said)
            add(fmt::format("nothing for its round has come from '{}'", place_.sites[site]));
    }
    return needs;
}

}  // namespace reowolf::runtime
