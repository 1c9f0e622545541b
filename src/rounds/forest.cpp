// SPDX-License-Identifier: MIT
#include "rounds/forest.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

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

bool Forest::is_only_branch(const NodeRef& ref) const {
    const auto tree = trees_.find(ref.attempt);
    return tree == trees_.end() || find(tree->second, ref.node).depth == tree->second.size();
}

void Forest::forget(const AttemptId& attempt) {
    trees_.erase(attempt);
    kept_.erase(attempt);
}

namespace {

// Calls `both` with the nodes of attempts of one component, `one` with those of others. False if
// `both` was false.
template <class Both, class One>
bool side_by_side(Nodes a, Nodes b, Both both, One one) {
    while (!a.empty() || !b.empty()) {
        const Nodes left = first_of(a);
        const Nodes right = first_of(b);
        const bool is_both = !left.empty() && !right.empty() &&
                             left[0].attempt.component == right[0].attempt.component;
        const bool is_left = !left.empty() && (right.empty() || left[0] < right[0]);
        if (is_both && !both(left, right)) return false;
        if (!is_both) one(is_left ? left : right);
        if (is_both || is_left) a = a.subspan(left.size());
        if (is_both || !is_left) b = b.subspan(right.size());
    }
    return true;
}

void append(Depends& to, Nodes nodes) {
    to.insert(to.end(), nodes.begin(), nodes.end());
}

}  // namespace

std::optional<Depends> join(const Forest& forest, const Depends& a, const Depends& b) {
    // What either() keeps is far less: another site that says more must not keep this one busy.
    constexpr std::size_t pairs_max = std::size_t{1} << 16;

    Depends joined;
    joined.reserve(a.size() + b.size());
    const auto deepest = [&](Nodes left, Nodes right) {
        const auto before = static_cast<std::ptrdiff_t>(joined.size());
        const AttemptId& attempt = left[0].attempt;
        if (attempt != right[0].attempt) return false;
        if (std::ranges::equal(left, right)) {
            append(joined, left);
            return true;
        }
        if (left.size() > pairs_max / right.size()) return false;
        for (const NodeRef& one : left) {
            for (const NodeRef& other : right) {
                if (forest.is_above(attempt, one.node, other.node)) {
                    joined.push_back(other);
                } else if (forest.is_above(attempt, other.node, one.node)) {
                    joined.push_back(one);
                }
            }
        }
        std::sort(joined.begin() + before, joined.end());
        joined.erase(std::unique(joined.begin() + before, joined.end()), joined.end());
        return joined.begin() + before != joined.end();
    };
    const bool agree = side_by_side(a, b, deepest, [&](Nodes alone) { append(joined, alone); });
    return agree ? std::optional(std::move(joined)) : std::nullopt;
}

std::optional<Depends> either(const Depends& a, const Depends& b, const IsCertain& is_certain) {
    // Every behaviour that follows has a copy of them.
    constexpr std::ptrdiff_t certain_max = 64;
    constexpr std::ptrdiff_t others_max = 2;

    Depends either;
    const auto all = [&](Nodes left, Nodes right) {
        const auto before = std::ssize(either);
        const AttemptId& attempt = left[0].attempt;
        if (attempt != right[0].attempt) return false;
        std::ranges::set_union(left, right, std::back_inserter(either));
        const auto size = std::ssize(either) - before;
        if (size <= others_max) return true;
        if (is_certain(attempt)) return size <= certain_max;
        either.resize(static_cast<std::size_t>(before));
        return true;
    };
    const bool agree = side_by_side(a, b, all, [](Nodes) {});
    return agree ? std::optional(std::move(either)) : std::nullopt;
}

void shorten(const Forest& forest, Depends& depends, const IsCertain& is_certain) {
    std::erase_if(depends, [&](const NodeRef& ref) {
        return forest.is_only_branch(ref) && !is_certain(ref.attempt);
    });
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
