// SPDX-License-Identifier: MIT
// The trees of alternatives of all attempts that a site knows of, as far as it knows them: enough
// to tell which nodes lie on one branch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
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
    // The node and those above it but for the root, as far as they are known, until `visit` says
    // false.
    template <class Visit>
    void climb(const wire::NodeRef& from, Visit visit) const {
        const auto tree = trees_.find(from.attempt);
        for (wire::NodeId node = from.node; node != 0 && visit(node);) {
            node = tree == trees_.end() ? 0 : find(tree->second, node).parent;
        }
    }
    // Nothing of its attempt is known but the node, and those above it.
    bool is_only_branch(const wire::NodeRef& ref) const;
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

// What led to a behaviour: of every other attempt the deepest node, sorted; some need not be named
// (see shorten()). Of an attempt with several nodes one of them led to it, and it is the same
// whichever that was.
using Depends = std::vector<wire::NodeRef>;

using Nodes = std::span<const wire::NodeRef>;

// Those of the first attempt.
inline Nodes first_of(Nodes depends) {
    std::size_t size = depends.empty() ? 0 : 1;
    while (size < depends.size() && depends[size].attempt == depends[0].attempt) ++size;
    return depends.first(size);
}

// Those of one attempt.
inline Nodes of_attempt(Nodes depends, const wire::AttemptId& attempt) {
    return std::ranges::equal_range(depends, attempt, {}, &wire::NodeRef::attempt);
}

// Whether one of the nodes of each attempt is so.
template <class IsSo>
bool one_of_each(Nodes depends, IsSo is_so) {
    for (; !depends.empty(); depends = depends.subspan(first_of(depends).size())) {
        if (!std::ranges::any_of(first_of(depends), is_so)) return false;
    }
    return true;
}

// All of both, or nothing if they contradict each other: two branches of one attempt, or two
// attempts of one component.
std::optional<Depends> join(const Forest& forest, const Depends& a, const Depends& b);

// What can be said of a behaviour that one or the other led to. Of attempts that it has messages
// of (`is_certain`) everything has to be; what else there is says less, or nothing, where it would
// get long. Nothing if they are attempts of one component, or more than is worth keeping.
using IsCertain = std::function<bool(const wire::AttemptId&)>;
std::optional<Depends> either(const Depends& a, const Depends& b, const IsCertain& is_certain);

// Leaves out the attempts with one branch, but for those of which it has messages (`is_certain`):
// who gave it theirs says the same of them. Else in a row of components each would name all before
// it.
void shorten(const Forest& forest, Depends& depends, const IsCertain& is_certain);

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
