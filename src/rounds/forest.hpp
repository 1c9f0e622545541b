// SPDX-License-Identifier: MIT
// The trees of alternatives of all attempts that a site knows of, as far as it knows them: enough
// to tell which nodes lie on one branch.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "wire/ids.hpp"
#include "wire/message.hpp"

namespace reowolf::rounds {

class Forest {
  public:
    // False if the parent is unknown or the node is there with another parent.
    bool grow(const wire::AttemptId& attempt, wire::NodeId node, wire::NodeId parent);
    bool knows(const wire::NodeRef& ref) const;
    std::optional<wire::NodeId> parent(const wire::NodeRef& ref) const;
    // `above` is `below` or one of its ancestors. False for nodes that are not known.
    bool is_above(const wire::AttemptId& attempt, wire::NodeId above, wire::NodeId below) const;
    void forget(const wire::AttemptId& attempt);
    // The tree stays until it is forgotten or released, although there may be a newer attempt.
    void keep(const wire::AttemptId& attempt) { kept_.insert(attempt); }
    void release(const wire::AttemptId& attempt) { kept_.erase(attempt); }
    std::size_t size() const { return trees_.size(); }

  private:
    // `jump` is an ancestor chosen so that any ancestor is found in logarithmically many steps
    // (Myers, "An applicative random-access stack", 1983).
    struct Node {
        wire::NodeId parent = 0;
        wire::NodeId jump = 0;
        std::uint32_t depth = 0;
    };
    using Tree = std::unordered_map<wire::NodeId, Node>;

    static Node find(const Tree& tree, wire::NodeId node);

    std::map<wire::AttemptId, Tree> trees_;
    std::set<wire::AttemptId> kept_;
};

// What led to a behaviour: of every other attempt the deepest node, sorted by attempt.
using Depends = std::vector<wire::NodeRef>;

// All of both, or nothing if they contradict each other: two branches of one attempt, or two
// attempts of one component.
std::optional<Depends> join(const Forest& forest, const Depends& a, const Depends& b);

// What each other site has been told of the forest.
class Announcements {
  public:
    // Appends what `site` has to know before it can understand `ref`.
    void describe(const Forest& forest, wire::SiteId site, const wire::NodeRef& ref,
                  std::vector<wire::Lineage>& out);

  private:
    std::map<wire::AttemptId, std::set<std::pair<wire::SiteId, wire::NodeId>>> told_;
};

}  // namespace reowolf::rounds
