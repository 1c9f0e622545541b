// SPDX-License-Identifier: MIT
// The search for a round among what a site holds.
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rounds/solver.hpp"

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Decision;
using wire::Leaf;
using wire::NodeRef;
using wire::Use;

// One search. First the attempts that can be in a round with the seed are collected; of those that
// must be, only leaves that fit. Then every leaf that lacks a partner in some attempt that it needs
// is struck out, again and again until nothing changes; then what is left is tried in order of
// rank. On networks without cycles the first two parts leave no wrong turn to take. What a leaf
// fits is looked up by the branches that it and they hang on, so that of two attempts with many
// leaves not every one is compared with every other.
class Search {
  public:
    Search(const Holdings& holdings, const Forest& forest, const Holdings::Skip& skip)
        : holdings_(holdings), forest_(forest), skip_(skip) {}

    std::optional<Decision> run(const AttemptId& seed) {
        number(seed);
        if (!collect()) return {};
        std::vector<Part> all(members_.size());
        for (Part part = 0; part < members_.size(); ++part) all[members_.size() - 1 - part] = part;
        strike_out(std::move(all));
        if (members_[0].left == 0) return {};
        extend();
        return best_;
    }

  private:
    // An attempt's number in this search; the seed's is 0.
    using Part = std::uint32_t;
    // In which order attempts get a leaf: those that prefer one to another first, then those that
    // have few.
    using Turn = std::tuple<bool, std::size_t, Part>;

    struct Candidate {
        const Leaf* leaf = nullptr;
        std::vector<Part> ends;   // of each use: whose the other end is
        std::vector<Part> needs;  // ascending
        // In each of them the one that was found to fit last.
        std::vector<const Candidate*> partners;
        std::vector<const NodeRef*> causes;  // by component
        bool is_struck_out = false;
    };
    using Places = std::vector<std::uint32_t>;  // among the candidates of a member
    // Of many candidates: those below a node, those that use a channel, those that hang on a node
    // of another attempt.
    struct Index {
        std::unordered_map<wire::NodeId, Places> below;
        std::map<wire::ChannelId, Places> users;
        std::map<NodeRef, Places> hanging;
    };
    struct Member {
        AttemptId attempt;
        bool is_gathered = false;
        bool is_queued = false;
        std::vector<Candidate> candidates;
        std::size_t left = 0;          // of them
        std::vector<Part> dependents;  // who has a candidate that needs it
        std::optional<Index> index;
        Turn turn;
        const Candidate* chosen = nullptr;
        std::vector<Part> chosen_with;  // those chosen that need it
    };
    struct Level {
        Part part = 0;
        std::size_t next = 0;        // candidate to try
        std::vector<Part> added;     // to those that are open
        std::size_t struck_out = 0;  // how many were, before
    };

    // Enough to prefer among alternatives of applications without enumerating without end.
    static constexpr int rounds_compared_max = 64;
    // From so many on they are looked up.
    static constexpr std::size_t many = 16;
    // After so many choices in vain each choice strikes out what does not fit with it. In most
    // searches there are none, and it would only cost time.
    static constexpr int vain_choices_max = 32;

    Part number(const AttemptId& attempt) {
        const auto [place, is_new] = parts_.emplace(attempt, static_cast<Part>(members_.size()));
        if (is_new) members_.emplace_back().attempt = attempt;
        return place->second;
    }

    // False: somebody who must be in the round has no leaf that can be.
    bool collect() {
        gather(0, std::nullopt);
        if (members_[0].left == 0) return false;
        std::vector<Part> certain{0};
        for (std::size_t i = 0; i < certain.size(); ++i) {
            for (const Part other : needed_by_all(certain[i])) {
                if (members_[other].is_gathered) continue;
                gather(other, certain[i]);
                if (members_[other].left == 0) return false;
                certain.push_back(other);
            }
        }
        for (Part part = 0; part < members_.size(); ++part) {
            if (!members_[part].is_gathered) gather(part, std::nullopt);
        }
        for (Part part = 0; part < members_.size(); ++part) {
            for (const Candidate& candidate : members_[part].candidates) {
                for (const Part other : candidate.needs) {
                    auto& dependents = members_[other].dependents;
                    if (dependents.empty() || dependents.back() != part) dependents.push_back(part);
                }
            }
        }
        return true;
    }

    // The leaves of an attempt that can be in a round and, if it is named, have a partner in one
    // that must be in it too.
    void gather(Part part, std::optional<Part> with) {
        members_[part].is_gathered = true;
        const AttemptId attempt = members_[part].attempt;
        const auto held = holdings_.held_.find(attempt);
        if (held == holdings_.held_.end()) return;
        const bool realtime = holdings_.is_realtime(attempt);
        std::vector<Candidate> candidates;
        for (const Leaf& leaf : held->second.leaves) {
            if (leaf.is_silent() && !realtime) continue;
            if (with && !has_counts(leaf, part, *with)) continue;
            Candidate candidate;
            if (!find_needs(part, leaf, candidate)) continue;
            if (with && !partner_of(part, candidate, *with)) continue;
            optional_ports_ |= leaf.optional_fired > 0;
            candidates.push_back(std::move(candidate));
        }
        if (const std::size_t skipped = skip_ ? skip_(attempt) : 0; skipped > 0) {
            std::ranges::stable_sort(
                candidates, std::ranges::lexicographical_compare, [&](const Candidate& candidate) {
                    return std::span(candidate.leaf->rank)
                        .subspan(std::min(skipped, candidate.leaf->rank.size()));
                });
        }
        members_[part].left = candidates.size();
        members_[part].candidates = std::move(candidates);
    }

    // The attempts that must be in every round with this leaf. False: one is not held here.
    bool find_needs(Part part, const Leaf& leaf, Candidate& candidate) {
        const AttemptId attempt = members_[part].attempt;
        candidate.leaf = &leaf;
        for (const Use& use : leaf.uses) {
            const auto other = holdings_.at_other_end(use);
            if (!other) return false;
            candidate.ends.push_back(number(*other));
        }
        candidate.needs = candidate.ends;
        if (!counts_equal(candidate, part, leaf)) return false;  // channels to itself
        for (const NodeRef& cause : leaf.depends) {
            if (!holdings_.contains(cause.attempt)) return false;
            candidate.needs.push_back(number(cause.attempt));
            candidate.causes.push_back(&cause);
        }
        if (holdings_.is_realtime(attempt)) {
            const auto together = holdings_.realtime_held();
            if (together.size() != holdings_.realtime_sites().size()) return false;
            for (const AttemptId& other : together) candidate.needs.push_back(number(other));
        }
        std::ranges::sort(candidate.needs);
        if (!std::ranges::is_sorted(candidate.causes, {}, component_of)) {
            std::ranges::sort(candidate.causes, {}, component_of);  // another site's
        }
        const auto [first, last] = std::ranges::unique(candidate.needs);
        candidate.needs.erase(first, last);
        std::erase(candidate.needs, part);
        candidate.partners.resize(candidate.needs.size());
        return true;
    }

    // Candidates of these that lack a partner, and then of those that depend on them. Goes on to
    // the end even if somebody has none left.
    void strike_out(std::vector<Part> open) {
        for (const Part part : open) members_[part].is_queued = true;
        while (!open.empty()) {
            const Part part = open.back();
            open.pop_back();
            Member& member = members_[part];
            member.is_queued = false;
            const std::size_t before = member.left;
            for (Candidate& candidate : member.candidates) {
                if (!candidate.is_struck_out && !has_partners(part, candidate)) {
                    strike_out(member, candidate);
                }
            }
            if (member.left == before) continue;
            for (const Part other : member.dependents) {
                if (std::exchange(members_[other].is_queued, true)) continue;
                open.push_back(other);
            }
        }
    }

    void strike_out(Member& member, Candidate& candidate) {
        candidate.is_struck_out = true;
        --member.left;
        struck_out_.emplace_back(&member, &candidate);
    }

    // What does not fit with the choice. False: somebody who is needed has nothing left.
    bool strike_out_beside(Part part) {
        Member& member = members_[part];
        for (Candidate& candidate : member.candidates) {
            if (&candidate != member.chosen && !candidate.is_struck_out) {
                strike_out(member, candidate);
            }
        }
        strike_out(member.dependents);
        return std::ranges::all_of(members_, [&](const Member& each) {
            return each.left > 0 || (!each.chosen && !open_.contains(each.turn));
        });
    }

    bool has_partners(Part part, Candidate& candidate) {
        for (std::size_t i = 0; i < candidate.needs.size(); ++i) {
            const Candidate*& partner = candidate.partners[i];
            if (partner && !partner->is_struck_out) continue;
            partner = partner_of(part, candidate, candidate.needs[i]);
            if (!partner) return false;
        }
        return true;
    }

    // One of the other's candidates that fits; none if there is none left.
    const Candidate* partner_of(Part part, const Candidate& candidate, Part other) {
        Member& member = members_[other];
        const auto fits = [&](const Candidate& partner) {
            return !partner.is_struck_out && fit(part, candidate, other, partner);
        };
        const auto find_in_all = [&]() -> const Candidate* {
            const auto found = std::ranges::find_if(member.candidates, fits);
            return found == member.candidates.end() ? nullptr : &*found;
        };
        if (member.candidates.size() < many) return find_in_all();
        const auto find_in = [&](const Places& places) -> const Candidate* {
            const auto found = std::ranges::find_if(
                places, [&](std::uint32_t place) { return fits(member.candidates[place]); });
            return found == places.end() ? nullptr : &member.candidates[*found];
        };
        const Index& index = index_of(other);
        const Causes causes = causes_in(candidate, member.attempt);
        if (!causes.empty() && causes[0]->attempt != member.attempt) return nullptr;
        if (causes.size() > 1) {
            for (const NodeRef* cause : causes) {
                if (const auto* partner = find_in(at(index.below, cause->node))) return partner;
            }
            return nullptr;
        }
        const Places* fewest = causes.empty() ? nullptr : &at(index.below, causes[0]->node);
        for (std::size_t i = 0; i < candidate.ends.size(); ++i) {
            if (candidate.ends[i] != other) continue;
            const Places& places = at(index.users, candidate.leaf->uses[i].channel);
            if (!fewest || places.size() < fewest->size()) fewest = &places;
        }
        if (!fewest) return find_in_all();
        if (!causes.empty() || fewest->size() < many) return find_in(*fewest);
        // What gets its messages hangs on it.
        const AttemptId& attempt = members_[part].attempt;
        for (wire::NodeId node = candidate.leaf->node;;) {
            if (const auto* partner = find_in(at(index.hanging, NodeRef{attempt, node}))) {
                return partner;
            }
            if (node == 0) return nullptr;
            node = forest_.parent({attempt, node}).value_or(0);
        }
    }

    template <class Map>
    static const Places& at(const Map& map, const typename Map::key_type& key) {
        static const Places none;
        const auto found = map.find(key);
        return found == map.end() ? none : found->second;
    }

    const Index& index_of(Part part) {
        Member& member = members_[part];
        if (member.index) return *member.index;
        Index& index = member.index.emplace();
        for (std::uint32_t place = 0; place < member.candidates.size(); ++place) {
            const Candidate& candidate = member.candidates[place];
            for (const Use& use : candidate.leaf->uses) index.users[use.channel].push_back(place);
            for (const NodeRef& cause : candidate.leaf->depends) {
                index.hanging[cause].push_back(place);
            }
            for (wire::NodeId node = candidate.leaf->node;;) {
                index.below[node].push_back(place);
                if (node == 0) break;
                node = forest_.parent({member.attempt, node}).value_or(0);
            }
        }
        return index;
    }

    static wire::ComponentId component_of(const NodeRef* ref) { return ref->attempt.component; }

    // What of the attempt's component led to the leaf: one of these did.
    using Causes = std::span<const NodeRef* const>;
    static Causes causes_in(const Candidate& candidate, const AttemptId& attempt) {
        const auto found =
            std::ranges::equal_range(candidate.causes, attempt.component, {}, component_of);
        return {found.begin(), found.end()};
    }

    // Whether two leaves of different attempts can be in one round.
    bool fit(Part a, const Candidate& left, Part b, const Candidate& right) const {
        ++holdings_.pairs_compared_;
        return counts_equal(left, b, *right.leaf) && counts_equal(right, a, *left.leaf) &&
               cause_chosen(left, b, *right.leaf) && cause_chosen(right, a, *left.leaf);
    }

    // Channels that `left` uses and whose other end is the other attempt's: as often there.
    static bool counts_equal(const Candidate& left, Part b, const Leaf& right) {
        for (std::size_t i = 0; i < left.ends.size(); ++i) {
            if (left.ends[i] != b) continue;
            const Use& use = left.leaf->uses[i];
            const auto found = std::ranges::find_if(right.uses, [&](const Use& other) {
                return other.channel == use.channel && other.puts != use.puts;
            });
            if (found == right.uses.end() || found->count != use.count) return false;
        }
        return true;
    }

    // Whether somebody in `with` uses the channels between them as often. Asked first, because it
    // needs no search for the other ends of all that the leaf uses.
    bool has_counts(const Leaf& leaf, Part part, Part with) const {
        const auto& candidates = members_[with].candidates;
        return candidates.size() >= many ||
               std::ranges::any_of(candidates, [&](const Candidate& candidate) {
                   return counts_equal(candidate, part, leaf);
               });
    }

    // What `left` got from the other attempt was put on the branch that ends in `right`.
    bool cause_chosen(const Candidate& left, Part b, const Leaf& right) const {
        const AttemptId& attempt = members_[b].attempt;
        const Causes causes = causes_in(left, attempt);
        return causes.empty() || std::ranges::any_of(causes, [&](const NodeRef* cause) {
                   return cause->attempt == attempt &&
                          forest_.is_above(attempt, cause->node, right.node);
               });
    }

    // The attempts that every candidate needs that is left.
    std::vector<Part> needed_by_all(Part part) const {
        std::vector<Part> common;
        bool is_first = true;
        for (const Candidate& candidate : members_[part].candidates) {
            if (candidate.is_struck_out) continue;
            if (std::exchange(is_first, false)) {
                common = candidate.needs;
            } else {
                std::erase_if(common, [&](Part other) {
                    return !std::ranges::binary_search(candidate.needs, other);
                });
            }
            if (common.empty()) break;
        }
        return common;
    }

    Turn turn_of(Part part) const {
        const Member& member = members_[part];
        const auto& list = member.candidates;
        const auto left = [](const Candidate& candidate) { return !candidate.is_struck_out; };
        const auto first = std::ranges::find_if(list, left);
        const auto last = std::find_if(list.rbegin(), list.rend(), left);
        const bool prefers = first != list.end() && first->leaf->rank != last->leaf->rank;
        return {!prefers, member.left, part};
    }

    void open(Part part, std::vector<Part>& added) {
        if (members_[part].chosen || !open_.insert(members_[part].turn).second) return;
        added.push_back(part);
    }

    void choose(Level& level, const Candidate& candidate) {
        members_[level.part].chosen = &candidate;
        for (const Part other : candidate.needs) {
            members_[other].chosen_with.push_back(level.part);
            open(other, level.added);
        }
    }

    void take_back(Level& level) {
        const Candidate*& chosen = members_[level.part].chosen;
        if (!chosen) return;
        for (const Part other : chosen->needs) members_[other].chosen_with.pop_back();
        for (const Part other : level.added) open_.erase(members_[other].turn);
        level.added.clear();
        chosen = nullptr;
        for (; struck_out_.size() > level.struck_out; struck_out_.pop_back()) {
            const auto& [member, candidate] = struck_out_.back();
            candidate->is_struck_out = false;
            ++member->left;
        }
    }

    bool fits_chosen(Part part, const Candidate& candidate) const {
        const auto fits = [&](Part other) {
            const Candidate* const chosen = members_[other].chosen;
            return !chosen || fit(part, candidate, other, *chosen);
        };
        return std::ranges::all_of(candidate.needs, fits) &&
               std::ranges::all_of(members_[part].chosen_with, fits);
    }

    // Gives leaves to the seed and to all that are needed with it.
    void extend() {
        for (Part part = 0; part < members_.size(); ++part) members_[part].turn = turn_of(part);
        // To choose first among the leaves of those that are needed in any case lets the component
        // that has the choice make it, whoever came last.
        std::vector<Part> certain;
        open(0, certain);
        for (std::size_t i = 0; i < certain.size(); ++i) {
            for (const Part other : needed_by_all(certain[i])) open(other, certain);
        }
        std::vector<Level> levels;
        const auto descend = [&] {
            levels.push_back({.part = std::get<Part>(*open_.begin()),
                              .next = 0,
                              .added = {},
                              .struck_out = struck_out_.size()});
            open_.erase(open_.begin());
        };
        const auto ascend = [&] {
            open_.insert(members_[levels.back().part].turn);
            levels.pop_back();
        };
        int vain_choices = 0;
        descend();
        while (!levels.empty()) {
            Level& level = levels.back();
            take_back(level);
            const auto& candidates = members_[level.part].candidates;
            while (level.next < candidates.size() &&
                   (candidates[level.next].is_struck_out ||
                    !fits_chosen(level.part, candidates[level.next]))) {
                ++level.next;
            }
            if (level.next == candidates.size()) {
                ascend();
                if (++vain_choices != vain_choices_max) continue;
                for (; !levels.empty(); ascend()) take_back(levels.back());  // from the beginning
                descend();
                continue;
            }
            choose(level, candidates[level.next++]);
            if (vain_choices >= vain_choices_max && !strike_out_beside(level.part)) {
                ++vain_choices;
            } else if (!open_.empty()) {
                descend();
            } else if (found()) {
                return;
            }
        }
    }

    // True: stop.
    bool found() {
        std::uint32_t fired = 0;
        for (const Member& member : members_) {
            if (member.chosen) fired += member.chosen->leaf->optional_fired;
        }
        if (!best_ || fired > best_fired_) {
            best_.emplace();
            for (const Member& member : members_) {
                if (member.chosen) best_->push_back({member.attempt, member.chosen->leaf->node});
            }
            std::ranges::sort(*best_);
            best_fired_ = fired;
        }
        return !optional_ports_ || ++compared_ == rounds_compared_max;
    }

    const Holdings& holdings_;
    const Forest& forest_;
    const Holdings::Skip& skip_;
    std::map<AttemptId, Part> parts_;
    std::deque<Member> members_;
    std::set<Turn> open_;                                     // wait for a leaf
    std::vector<std::pair<Member*, Candidate*>> struck_out_;  // in this order
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
