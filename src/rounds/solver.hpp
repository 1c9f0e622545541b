// SPDX-License-Identifier: MIT
// Finds a round among the attempts whose authority one site holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "rounds/forest.hpp"
#include "wire/ids.hpp"

namespace reowolf::rounds {

// What a holder knows of an attempt.
struct Held {
    struct ByRank {
        bool operator()(const wire::Leaf& a, const wire::Leaf& b) const { return a.rank < b.rank; }
    };
    using Leaves = std::multiset<wire::Leaf, ByRank>;  // of the same rank, the earlier one first

    // If there is one.
    wire::Leaf take_first_leaf() { return std::move(leaves.extract(leaves.begin()).value()); }

    Leaves leaves;
    std::set<wire::AttemptId> touches;
};

// All attempts that one site holds.
class Holdings {
  public:
    // `realtime`: the sites whose applications step together.
    explicit Holdings(std::vector<wire::SiteId> realtime) : realtime_(std::move(realtime)) {}

    bool contains(const wire::AttemptId& attempt) const { return held_.contains(attempt); }
    Held* find(const wire::AttemptId& attempt);
    Held& add(const wire::AttemptId& attempt) { return held_[attempt]; }
    void add_leaf(const wire::AttemptId& attempt, wire::Leaf leaf);
    Held remove(const wire::AttemptId& attempt);
    const std::map<wire::AttemptId, Held>& all() const { return held_; }

    bool is_realtime(const wire::AttemptId& attempt) const;
    // Of the sites that step together: their attempts held here.
    std::vector<wire::AttemptId> realtime_held() const;
    bool is_empty() const { return held_.empty(); }
    const std::vector<wire::SiteId>& realtime_sites() const { return realtime_; }

    // Of an attempt: so many of the first numbers of its leaves' ranks do not count.
    using Skip = std::function<std::size_t(const wire::AttemptId&)>;

    // A round that contains the attempt (semantics.md: closed, agreeing, causal), or nothing. Of
    // several, the one in which most optional ports fire, then by the ranks of the leaves.
    // Behaviours that use no port are considered only if nothing else fits and `silent_too`.
    std::optional<wire::Decision> find_round(const Forest& forest, const wire::AttemptId& attempt,
                                             bool silent_too, const Skip& skip = {}) const;
    // For tests: what all searches so far have cost.
    std::uint64_t pairs_compared() const { return pairs_compared_; }

  private:
    friend class Search;
    std::optional<wire::AttemptId> at_other_end(const wire::Use& use) const;

    std::vector<wire::SiteId> realtime_;
    std::map<wire::AttemptId, Held> held_;
    // Which held attempt has leaves that use an end of a channel.
    std::map<std::pair<wire::ChannelId, bool>, wire::AttemptId> ends_;
    mutable std::uint64_t pairs_compared_ = 0;
};

}  // namespace reowolf::rounds
