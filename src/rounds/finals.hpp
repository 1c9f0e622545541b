// SPDX-License-Identifier: MIT
// What a site knows of the attempts that have been published to all that step together (the
// shortcut of docs/deciding.md, rules 11 to 16): their leaves, and which of them are over for whom.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "wire/ids.hpp"
#include "wire/message.hpp"

namespace reowolf::rounds {

// Among so many that step together each may tell all others what it does, in n(n-1) frames; among
// more, all tell one.
inline constexpr std::size_t publishing_sites_max = 8;

// More than that is not worth to be told to everybody, nor to be looked at.
inline constexpr std::size_t parts_max = 256;
inline constexpr std::size_t actions_max = 4'096;

using Leaves = std::vector<const wire::Final*>;

class Finals {
  public:
    // `sites`: those that step together, ascending.
    Finals(wire::SiteId self, std::vector<wire::SiteId> sites);

    const std::vector<wire::SiteId>& sites() const { return sites_; }
    bool is_stepping(const wire::AttemptId& attempt) const;

    // Highest number of an application's attempts that this site will not decide a round with by
    // the shortcut any more, because it has released it, or because it is over. Never lowered.
    std::uint64_t floor(wire::SiteId site) const;
    const std::vector<std::uint64_t>& floors() const { return floors_; }
    void raise_floor(const wire::AttemptId& application);

    // Of another site: neither over nor malformed.
    bool is_proper(const wire::Final& leaf) const;
    // Keeps the leaf of another site; not if it is not proper, or too many are kept.
    bool keep(const wire::Final& leaf);
    std::vector<wire::Final> kept() const;
    bool is_empty() const;
    // Forgets those that the floors exclude.
    std::vector<wire::Final> take_excluded();
    // Whether a kept leaf has a part of this attempt.
    bool names(const wire::AttemptId& attempt) const;

    // With `own`, one leaf of every site, none of which is over for another one of them; in the
    // order of the sites. There is at most one such choice, and it is the same at every site.
    // Valid until something is kept or taken.
    std::optional<Leaves> complete(const wire::Final& own) const;

    // Neither of the two is over for the other one.
    bool agrees(const wire::Final& one, const wire::Final& other) const;

  private:
    bool choose(Leaves& chosen) const;
    std::size_t place(wire::SiteId site) const;

    wire::SiteId self_;
    std::vector<wire::SiteId> sites_;
    std::vector<std::uint64_t> floors_;                         // by place
    std::vector<std::map<std::uint64_t, wire::Final>> leaves_;  // by place, by number
};

// Whether the behaviours published are a round: on each channel as many values are put as got, each
// of them before it is got, and whoever depends on an attempt depends on one that is among them.
bool is_round(const Leaves& leaves);
// A part of that: whoever depends on an attempt depends on one that is among them.
bool has_causes(const Leaves& leaves);
wire::Decision decision_of(const Leaves& leaves);

}  // namespace reowolf::rounds
