// SPDX-License-Identifier: MIT
// Things that hang on nodes of one attempt's tree, by these: so that those which lie on one branch
// with a node are found without looking at all others.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "rounds/forest.hpp"

namespace reowolf::rounds {

class Branches {
  public:
    using Item = std::uint64_t;

    explicit Branches(const wire::AttemptId& attempt) : attempt_(attempt) {}
    const wire::AttemptId& attempt() const { return attempt_; }

    // It hangs on all of the nodes, which are of the attempt; on none: on every branch.
    void add(const Forest& forest, Nodes nodes, Item item);
    // What may lie on one branch with one of the nodes, with none: all. Ascending.
    std::vector<Item> find(const Forest& forest, Nodes nodes) const;
    // Whether there is such a thing at the node or at one above it. Of those that hang deep, none
    // is known.
    template <class Is>
    bool any_above(const Forest& forest, const wire::NodeRef& node, Is is_such) const {
        bool found = false;
        forest.climb(node, [&](wire::NodeId each) {
            const auto items = at_.find(each);
            found = items != at_.end() && std::ranges::any_of(items->second, is_such);
            return !found;
        });
        return found;
    }

  private:
    wire::AttemptId attempt_;
    std::vector<Item> all_;
    std::vector<Item> on_every_branch_;
    std::unordered_map<wire::NodeId, std::vector<Item>> at_;
    std::unordered_map<wire::NodeId, std::vector<Item>> below_;  // or at it
};

}  // namespace reowolf::rounds
