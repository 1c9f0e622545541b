// SPDX-License-Identifier: MIT
#include "rounds/forest.hpp"

#include <algorithm>
#include <iterator>

namespace reowolf::rounds {

using wire::AttemptId;
using wire::NodeId;
using wire::NodeRef;

// The root is in every tree without being stored.
Forest::Node Forest::find(const Tree& tree, NodeId node) {
    const auto found = tree.find(node);
    return found == tree.end() ? Node{} : found->second;
}

bool Forest::grow(const AttemptId& attempt, NodeId node, NodeId parent) {
    if (node == 0) return parent == 0;
    // A component has one open attempt: a newer one says that the older are over.
    for (auto older = trees_.lower_bound({attempt.component, 0});
         older != trees_.end() && older->first < attempt;) {
        older = kept_.contains(older->first) ? std::next(older) : trees_.erase(older);
    }
    Tree& tree = trees_[attempt];
    if (const auto found = tree.find(node); found != tree.end()) {
        return found->second.parent == parent;
    }
    if (parent != 0 && !tree.contains(parent)) return false;
    const Node above = find(tree, parent);
    const Node jumped = find(tree, above.jump);
    const Node jumped_twice = find(tree, jumped.jump);
    const bool equal_steps =
        above.depth - jumped.depth == jumped.depth - jumped_twice.depth && parent != 0;
    tree.emplace(node, Node{.parent = parent,
                            .jump = equal_steps ? jumped.jump : parent,
                            .depth = above.depth + 1});
    return true;
}

bool Forest::knows(const NodeRef& ref) const {
    if (ref.node == 0) return true;
    const auto tree = trees_.find(ref.attempt);
    return tree != trees_.end() && tree->second.contains(ref.node);
}

std::optional<NodeId> Forest::parent(const NodeRef& ref) const {
    const auto tree = trees_.find(ref.attempt);
    if (tree == trees_.end()) return std::nullopt;
    const auto node = tree->second.find(ref.node);
    if (node == tree->second.end()) return std::nullopt;
    return node->second.parent;
}

bool Forest::is_above(const AttemptId& attempt, NodeId above, NodeId below) const {
    if (above == below || above == 0) return true;
    const auto tree = trees_.find(attempt);
    if (tree == trees_.end() || !tree->second.contains(above)) return false;
    const std::uint32_t depth = find(tree->second, above).depth;
    Node node = find(tree->second, below);
    while (node.depth > depth) {
        const Node jumped = find(tree->second, node.jump);
        below = jumped.depth >= depth ? node.jump : node.parent;
        node = jumped.depth >= depth ? jumped : find(tree->second, node.parent);
    }
    return below == above;
}

void Forest::forget(const AttemptId& attempt) {
    trees_.erase(attempt);
    kept_.erase(attempt);
}

std::optional<Depends> join(const Forest& forest, const Depends& a, const Depends& b) {
    Depends joined;
    joined.reserve(a.size() + b.size());
    auto left = a.begin();
    auto right = b.begin();
    while (left != a.end() && right != b.end()) {
        if (left->attempt == right->attempt) {
            if (forest.is_above(left->attempt, left->node, right->node)) {
                joined.push_back(*right);
            } else if (forest.is_above(left->attempt, right->node, left->node)) {
                joined.push_back(*left);
            } else {
                return std::nullopt;
            }
            ++left;
            ++right;
        } else if (left->attempt.component == right->attempt.component) {
            return std::nullopt;
        } else if (*left < *right) {
            joined.push_back(*left++);
        } else {
            joined.push_back(*right++);
        }
    }
    joined.insert(joined.end(), left, a.end());
    joined.insert(joined.end(), right, b.end());
    return joined;
}

void Announcements::describe(const Forest& forest, wire::SiteId site, const NodeRef& ref,
                             std::vector<wire::Lineage>& out) {
    if (ref.node == 0) return;
    told_.erase(told_.lower_bound({ref.attempt.component, 0}), told_.lower_bound(ref.attempt));
    auto& told = told_[ref.attempt];
    const auto first = static_cast<std::ptrdiff_t>(out.size());
    NodeId node = ref.node;
    while (node != 0 && told.emplace(site, node).second) {
        const auto parent = forest.parent({ref.attempt, node});
        if (!parent) break;  // forgotten, because its attempt is over: nobody can use it any more
        out.push_back({ref.attempt, node, *parent});
        node = *parent;
    }
    std::reverse(out.begin() + first, out.end());
}

}  // namespace reowolf::rounds
