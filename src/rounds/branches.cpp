// SPDX-License-Identifier: MIT
#include "rounds/branches.hpp"

#include <algorithm>
#include <cstddef>

namespace reowolf::rounds {

namespace {

// What hangs deeper is not looked up, but found with every node: it would be noted at each of those
// above it.
constexpr std::size_t depth_max = 64;

}  // namespace

void Branches::add(const Forest& forest, Nodes nodes, Item item) {
    all_.push_back(item);
    std::vector<wire::NodeId> above;
    for (const wire::NodeRef& node : nodes) {
        std::size_t depth = 0;
        forest.climb(node, [&](wire::NodeId each) {
            above.push_back(each);
            return ++depth <= depth_max;
        });
        if (depth == 0 || depth > depth_max) above.clear();
        if (above.empty()) break;
    }
    if (above.empty()) {
        on_every_branch_.push_back(item);
        return;
    }
    std::ranges::sort(above);
    const auto repeated = std::ranges::unique(above);
    above.erase(repeated.begin(), repeated.end());
    for (const wire::NodeId each : above) below_[each].push_back(item);
    for (const wire::NodeRef& node : nodes) at_[node.node].push_back(item);
}

std::vector<Branches::Item> Branches::find(const Forest& forest, Nodes nodes) const {
    if (nodes.empty()) return all_;
    std::vector<Item> found = on_every_branch_;
    const auto add = [&](const auto& from, wire::NodeId node) {
        const auto items = from.find(node);
        if (items == from.end()) return;
        found.insert(found.end(), items->second.begin(), items->second.end());
    };
    for (const wire::NodeRef& node : nodes) {
        if (node.node == 0) return all_;
        add(below_, node.node);
        forest.climb(node, [&](wire::NodeId each) {
            if (each != node.node) add(at_, each);
            return true;
        });
    }
    std::ranges::sort(found);
    const auto repeated = std::ranges::unique(found);
    found.erase(repeated.begin(), repeated.end());
    return found;
}

}  // namespace reowolf::rounds
