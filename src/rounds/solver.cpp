// SPDX-License-Identifier: MIT
#include "rounds/solver.hpp"

#include <algorithm>
#include <span>

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Decision;
using wire::Leaf;
using wire::NodeRef;
using wire::Use;

Held* Holdings::find(const AttemptId& attempt) {
    const auto found = held_.find(attempt);
    return found == held_.end() ? nullptr : &found->second;
}

void Holdings::add_leaf(const AttemptId& attempt, Leaf leaf) {
    Held& held = held_.at(attempt);
    for (const Use& use : leaf.uses) ends_[{use.channel, use.puts}] = attempt;
    const auto place = std::ranges::upper_bound(held.leaves, leaf.rank, {}, &Leaf::rank);
    held.leaves.insert(place, std::move(leaf));
}

void Holdings::withdraw_leaf(const AttemptId& attempt, wire::NodeId node) {
    if (Held* held = find(attempt)) {
        std::erase_if(held->leaves, [&](const Leaf& leaf) { return leaf.node == node; });
    }
}

Held Holdings::remove(const AttemptId& attempt) {
    const auto found = held_.find(attempt);
    if (found == held_.end()) return {};
    for (const Leaf& leaf : found->second.leaves) {
        for (const Use& use : leaf.uses) {
            const auto end = ends_.find({use.channel, use.puts});
            if (end != ends_.end() && end->second == attempt) ends_.erase(end);
        }
    }
    Held held = std::move(found->second);
    held_.erase(found);
    return held;
}

bool Holdings::is_realtime(const AttemptId& attempt) const {
    return attempt.component.index == 0 && std::ranges::binary_search(realtime_, attempt.owner());
}

std::vector<AttemptId> Holdings::realtime_held() const {
    std::vector<AttemptId> attempts;
    for (const wire::SiteId site : realtime_) {
        const auto found = held_.lower_bound({{site, 0}, 0});
        if (found != held_.end() && found->first.component == wire::ComponentId{site, 0}) {
            attempts.push_back(found->first);
        }
    }
    return attempts;
}

std::optional<AttemptId> Holdings::at_other_end(const Use& use) const {
    const auto end = ends_.find({use.channel, !use.puts});
    if (end == ends_.end()) return std::nullopt;
    return end->second;
}

// One search. First every leaf that lacks a partner in some attempt that it needs is struck out,
// again and again until nothing changes; then what is left is tried in order of rank. On networks
// without cycles the first part alone leaves no wrong turn to take.
class Search {
  public:
    Search(const Holdings& holdings, const Forest& forest, const Holdings::Skip& skip)
        : holdings_(holdings), forest_(forest), skip_(skip) {}

    std::optional<Decision> run(const AttemptId& seed) {
        collect(seed);
        strike_out();
        extend(needed_by_all(seed));
        return best_;
    }

  private:
    struct Candidate {
        const Leaf* leaf = nullptr;
        std::vector<AttemptId> needs;
    };
    using Candidates = std::vector<Candidate>;

    // Enough to prefer among alternatives of applications without enumerating without end.
    static constexpr int rounds_compared_max = 64;

    // The attempts that can be in a round with the seed, each with the leaves that can be.
    void collect(const AttemptId& seed) {
        std::vector<AttemptId> open{seed};
        while (!open.empty()) {
            const AttemptId attempt = open.back();
            open.pop_back();
            const auto held = holdings_.held_.find(attempt);
            if (held == holdings_.held_.end() || candidates_.contains(attempt)) continue;
            Candidates& list = candidates_[attempt];
            const bool realtime = holdings_.is_realtime(attempt);
            for (const Leaf& leaf : held->second.leaves) {
                if (leaf.is_silent() && !realtime) continue;
                auto needs = needs_of(attempt, leaf);
                if (!needs) continue;
                open.insert(open.end(), needs->begin(), needs->end());
                list.push_back({&leaf, std::move(*needs)});
                optional_ports_ |= leaf.optional_fired > 0;
            }
            if (const std::size_t skipped = skip_ ? skip_(attempt) : 0; skipped > 0) {
                std::ranges::stable_sort(
                    list, std::ranges::lexicographical_compare, [&](const Candidate& candidate) {
                        return std::span(candidate.leaf->rank)
                            .subspan(std::min(skipped, candidate.leaf->rank.size()));
                    });
            }
        }
    }

    // The attempts that must be in every round with this leaf, or nothing if one is not held here.
    std::optional<std::vector<AttemptId>> needs_of(const AttemptId& attempt, const Leaf& leaf) {
        std::vector<AttemptId> needs;
        for (const Use& use : leaf.uses) {
            const auto other = holdings_.at_other_end(use);
            if (!other) return std::nullopt;
            needs.push_back(*other);
        }
        if (!counts_equal(leaf, attempt, leaf)) return std::nullopt;  // channels to itself
        for (const NodeRef& cause : leaf.depends) {
            if (!holdings_.contains(cause.attempt)) return std::nullopt;
            needs.push_back(cause.attempt);
        }
        if (holdings_.is_realtime(attempt)) {
            const auto together = holdings_.realtime_held();
            if (together.size() != holdings_.realtime_sites().size()) return std::nullopt;
            needs.insert(needs.end(), together.begin(), together.end());
        }
        std::ranges::sort(needs);
        const auto [first, last] = std::ranges::unique(needs);
        needs.erase(first, last);
        std::erase(needs, attempt);
        return needs;
    }

    void strike_out() {
        for (bool changed = true; changed;) {
            changed = false;
            for (auto& [attempt, list] : candidates_) {
                changed |= std::erase_if(list, [&](const Candidate& candidate) {
                               return !has_partners(attempt, candidate);
                           }) > 0;
            }
        }
    }

    bool has_partners(const AttemptId& attempt, const Candidate& candidate) {
        return std::ranges::all_of(candidate.needs, [&](const AttemptId& other) {
            return std::ranges::any_of(candidates_[other], [&](const Candidate& partner) {
                return fit(attempt, *candidate.leaf, other, *partner.leaf);
            });
        });
    }

    // Whether two leaves of different attempts can be in one round.
    bool fit(const AttemptId& a, const Leaf& left, const AttemptId& b, const Leaf& right) const {
        return counts_equal(left, b, right) && counts_equal(right, a, left) &&
               cause_chosen(left, b, right) && cause_chosen(right, a, left);
    }

    // Channels that `left` uses and whose other end is the other attempt's: as often there.
    bool counts_equal(const Leaf& left, const AttemptId& b, const Leaf& right) const {
        return std::ranges::all_of(left.uses, [&](const Use& use) {
            if (holdings_.at_other_end(use) != b) return true;
            const auto found = std::ranges::find_if(right.uses, [&](const Use& other) {
                return other.channel == use.channel && other.puts != use.puts;
            });
            return found != right.uses.end() && found->count == use.count;
        });
    }

    // What `left` got from the other attempt was put on the branch that ends in `right`.
    bool cause_chosen(const Leaf& left, const AttemptId& b, const Leaf& right) const {
        return std::ranges::all_of(left.depends, [&](const NodeRef& cause) {
            if (cause.attempt.component != b.component) return true;
            return cause.attempt == b && forest_.is_above(b, cause.node, right.node);
        });
    }

    // The attempts that are in every round with the seed. To choose among their leaves first lets
    // the component that has the choice make it, whoever came last.
    std::vector<AttemptId> needed_by_all(const AttemptId& seed) {
        std::vector<AttemptId> certain{seed};
        for (std::size_t i = 0; i < certain.size(); ++i) {
            const Candidates& list = candidates_[certain[i]];
            if (list.empty()) continue;
            for (const AttemptId& other : list.front().needs) {
                const bool always = std::ranges::all_of(list, [&](const Candidate& candidate) {
                    return std::ranges::binary_search(candidate.needs, other);
                });
                if (always && std::ranges::find(certain, other) == certain.end()) {
                    certain.push_back(other);
                }
            }
        }
        return certain;
    }

    bool has_preference(const AttemptId& attempt) {
        const Candidates& list = candidates_[attempt];
        return !list.empty() && list.front().leaf->rank != list.back().leaf->rank;
    }

    // Tries to complete the chosen leaves with one of every attempt in `needed`. True: stop.
    bool extend(std::vector<AttemptId> needed) {
        std::erase_if(needed, [&](const AttemptId& attempt) { return chosen_.contains(attempt); });
        if (needed.empty()) return found();
        const auto next_one = std::ranges::min_element(needed, {}, [&](const AttemptId& other) {
            return std::pair(!has_preference(other), candidates_[other].size());
        });
        const AttemptId attempt = *next_one;
        for (const Candidate& candidate : candidates_[attempt]) {
            const bool fits = std::ranges::all_of(chosen_, [&](const auto& other) {
                return fit(attempt, *candidate.leaf, other.first, *other.second);
            });
            if (!fits) continue;
            chosen_[attempt] = candidate.leaf;
            std::vector<AttemptId> next = needed;
            next.insert(next.end(), candidate.needs.begin(), candidate.needs.end());
            if (extend(std::move(next))) return true;
            chosen_.erase(attempt);
        }
        return false;
    }

    bool found() {
        std::uint32_t fired = 0;
        for (const auto& [attempt, leaf] : chosen_) fired += leaf->optional_fired;
        if (!best_ || fired > best_fired_) {
            best_.emplace();
            for (const auto& [attempt, leaf] : chosen_) best_->push_back({attempt, leaf->node});
            best_fired_ = fired;
        }
        return !optional_ports_ || ++compared_ == rounds_compared_max;
    }

    const Holdings& holdings_;
    const Forest& forest_;
    const Holdings::Skip& skip_;
    std::map<AttemptId, Candidates> candidates_;
    std::map<AttemptId, const Leaf*> chosen_;
    std::optional<Decision> best_;
    std::uint32_t best_fired_ = 0;
    int compared_ = 0;
    bool optional_ports_ = false;
};

std::optional<Decision> Holdings::find_round(const Forest& forest, const AttemptId& attempt,
                                             bool silent_too, const Skip& skip) const {
    const auto held = held_.find(attempt);
    if (held == held_.end()) return std::nullopt;
    if (auto round = Search(*this, forest, skip).run(attempt)) return round;
    if (!silent_too || is_realtime(attempt)) return std::nullopt;
    const auto silent = std::ranges::find_if(held->second.leaves, &Leaf::is_silent);
    if (silent == held->second.leaves.end()) return std::nullopt;
    return Decision{{attempt, silent->node}};
}

}  // namespace reowolf::rounds
