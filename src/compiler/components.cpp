// SPDX-License-Identifier: MIT
// Tarjan's algorithm, without recursion, as chains may be long.
#include "compiler/components.hpp"

#include <algorithm>
#include <cstddef>

namespace reowolf::compiler {

std::vector<std::vector<std::uint32_t>> components_of(
    const std::vector<std::vector<std::uint32_t>>& graph) {
    struct Node {
        std::uint32_t number = 0;  // in the order of discovery, from 1
        std::uint32_t lowest = 0;  // that it leads to, of those in no component yet
        bool waits = false;        // it is in no component yet
    };
    struct Step {
        std::uint32_t at;
        std::size_t next;
    };
    std::vector<Node> nodes(graph.size());
    std::vector<std::uint32_t> waiting;
    std::vector<std::vector<std::uint32_t>> found;
    std::vector<Step> path;
    std::uint32_t count = 0;
    const auto enter = [&](std::uint32_t at) {
        ++count;
        nodes[at] = {count, count, true};
        waiting.push_back(at);
        path.push_back({at, 0});
    };
    for (std::uint32_t root = 0; root < graph.size(); ++root) {
        if (nodes[root].number != 0) continue;
        enter(root);
        while (!path.empty()) {
            const std::uint32_t at = path.back().at;
            if (path.back().next < graph[at].size()) {
                const std::uint32_t to = graph[at][path.back().next++];
                if (nodes[to].number == 0) {
                    enter(to);
                } else if (nodes[to].waits) {
                    nodes[at].lowest = std::min(nodes[at].lowest, nodes[to].number);
                }
                continue;
            }
            path.pop_back();
            if (!path.empty()) {
                Node& before = nodes[path.back().at];
                before.lowest = std::min(before.lowest, nodes[at].lowest);
            }
            if (nodes[at].lowest != nodes[at].number) continue;
            found.emplace_back();
            std::uint32_t last = 0;
            do {
                last = waiting.back();
                waiting.pop_back();
                nodes[last].waits = false;
                found.back().push_back(last);
            } while (last != at);
        }
    }
    return found;
}

}  // namespace reowolf::compiler
