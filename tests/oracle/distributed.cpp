// SPDX-License-Identifier: MIT
#include "distributed.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/random.hpp"
#include "judge.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {

namespace {

// Rounds in an order in which each comes after those before it at all its sites: that in which any
// site hears of them, since nobody can be in a round before its last one is known where it runs.
class Rounds {
  public:
    explicit Rounds(const simulation::Cluster& cluster) {
        for (const simulation::Committed& committed : cluster.committed()) {
            // Without records it was decided at one site for itself.
            std::size_t place = rounds_.size();
            if (!committed.decision.empty()) {
                place = index_.emplace(committed.decision, rounds_.size()).first->second;
            }
            if (place == rounds_.size()) rounds_.push_back({&committed.decision, {}, {}});
            One& round = rounds_[place];
            round.told.insert(committed.site);
            for (const std::string& line : committed.lines) {
                if (const auto component = component_of(line)) {
                    round.lines[*component].push_back(line);
                }
            }
        }
    }

    // Judges the rounds up to the first that has not come to everybody in it.
    std::optional<std::string> judge(Judge& judge) const {
        for (const One& round : rounds_) {
            const bool complete = std::ranges::all_of(*round.decision, [&](const auto& member) {
                return round.told.contains(member.attempt.owner());
            });
            if (!complete) return std::nullopt;
            if (auto problem = judge.on_round(round.lines, false)) return problem;
        }
        return std::nullopt;
    }

  private:
    struct One {
        const wire::Decision* decision;
        std::set<std::size_t> told;
        Lines lines;
    };
    std::map<wire::Decision, std::size_t> index_;
    std::vector<One> rounds_;
};

std::set<std::size_t> reported(const simulation::Cluster& cluster) {
    std::set<std::size_t> components;
    for (std::size_t site = 0; site < cluster.size(); ++site) {
        for (const runtime::Report& report : cluster.reports(site)) {
            const std::string name = report.trace.empty() ? "" : report.trace.back().name;
            if (name.starts_with('p')) components.insert(std::stoul(name.substr(1)));
        }
    }
    return components;
}

std::optional<std::string> check_rest(const simulation::Cluster& cluster, Judge& judge) {
    if (auto problem = cluster.check_complete()) return problem;
    if (auto problem = judge.on_rest(reported(cluster))) return problem;
    std::size_t left = 0;
    for (std::size_t site = 0; site < cluster.size(); ++site) {
        left += cluster.member(site).runtime().components_left();
        if (!cluster.member(site).runtime().is_idle()) return "at rest, but not idle";
    }
    if (left != judge.left()) {
        return fmt::format("{} components are left, it should be {}", left, judge.left());
    }
    if (reported(cluster) != judge.failed()) {
        return fmt::format("{} components have failed, it should be {}", reported(cluster).size(),
                           judge.failed().size());
    }
    return std::nullopt;
}

}  // namespace

Spread spread(const System& system, std::uint64_t seed, std::size_t sites_max) {
    Random random(seed ^ 0x5157);
    Spread spread;
    spread.seed = seed;
    spread.sites = 2 + random.below(sites_max - 1);
    for (std::size_t i = 0; i < system.primitives.size(); ++i) {
        spread.placement.push_back(random.below(spread.sites));
    }
    // Ports are handed over within a site.
    for (std::size_t i = 0; i < system.channels.size(); ++i) {
        for (const Channel& channel : system.channels) {
            if (!channel.carries_ports()) continue;
            std::size_t& from = spread.placement[channel.from];
            std::size_t& to = spread.placement[channel.to];
            from = to = std::min(from, to);
        }
    }
    return spread;
}

Verdict run_distributed(const System& system, const Spread& spread, std::uint64_t rounds_max,
                        Helpers helpers) {
    const std::uint64_t steps_max = helpers == Helpers::none ? 60'000 : 600'000;
    constexpr std::int64_t connect_ms = 60'000;

    std::vector<std::string> texts;
    for (std::size_t site = 0; site < spread.sites; ++site) {
        texts.push_back(to_text(system, spread.placement, spread.sites, site));
    }
    Limits limits;
    if (helpers != Helpers::none) {
        limits.instructions_per_slice = 5;
        limits.instructions_before_workers = 1;
    }
    simulation::Cluster cluster(texts, spread.seed, {.min_ms = 1, .max_ms = 30}, limits);
    Judge judge(system);
    Verdict verdict;
    const auto finish = [&](std::optional<std::string> problem) {
        verdict.is_too_large = judge.is_too_large();
        verdict.rounds = judge.rounds();
        verdict.silent_rounds = judge.silent_rounds();
        verdict.failures = judge.failed().size();
        verdict.ports_handed_over = judge.ports_handed_over();
        if (!verdict.is_too_large) verdict.problem = std::move(problem);
        return verdict;
    };
    if (cluster.problem()) return finish(cluster.problem());
    for (std::size_t site = 0; site < spread.sites; ++site) {
        if (helpers == Helpers::simulated) cluster.employ_workers(site);
        cluster.connect(site, connect_ms);
    }
    std::uint64_t steps = 0;
    while (cluster.committed().size() < rounds_max && steps < steps_max) {
        ++steps;
        if (!cluster.step()) {
            verdict.came_to_rest = true;
            break;
        }
    }
    for (std::size_t site = 0; verdict.came_to_rest && site < spread.sites; ++site) {
        if (!cluster.is_connected(site)) return finish("cannot connect");
    }
    if (steps == steps_max) return finish("it never comes to rest, without rounds");
    auto problem = cluster.check_agreement();
    if (!problem) problem = Rounds(cluster).judge(judge);
    if (!problem && verdict.came_to_rest) problem = check_rest(cluster, judge);
    return finish(std::move(problem));
}

}  // namespace reowolf::oracle
