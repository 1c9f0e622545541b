// SPDX-License-Identifier: MIT
// Complete behaviours that can be in no round, because somebody whose messages they got uses the
// channels between them another number of times, whatever it does. What they put is taken back, so
// that nobody builds on it: else each in a row of components would pass on the wrong guesses of all
// before it, and there would be exponentially many. The behaviour itself stays: its component is
// not dead because of it.
#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

namespace {

// Larger trees are not looked through.
constexpr std::size_t nodes_looked_at_max = 256;
constexpr std::size_t leaves_looked_at_max = 256;

bool is_complete(const Node& node) {
    return node.phase == Node::Phase::complete && !node.is_hopeless;
}

}  // namespace

// The complete behaviours below the node, if that is all that will ever be there.
std::optional<std::vector<NodeId>> Runtime::final_leaves(const Attempt& of, NodeId below) {
    std::vector<NodeId> leaves;
    std::vector<NodeId> open{below};
    for (std::size_t looked_at = 0; !open.empty(); ++looked_at) {
        if (looked_at == nodes_looked_at_max) return std::nullopt;
        const Node& node = of.nodes[open.back()];
        if (is_complete(node)) leaves.push_back(open.back());
        open.pop_back();
        switch (node.phase) {
            case Node::Phase::runnable:
            case Node::Phase::waiting:
            case Node::Phase::foreseen:
                return std::nullopt;
            default:
                open.insert(open.end(), node.children.begin(), node.children.end());
        }
    }
    return leaves;
}

bool Runtime::is_hopeless(ComponentIndex index, NodeId id) const {
    const Node& leaf = component(index).attempt->nodes[id];
    const auto has_partner = [&](const wire::NodeRef& cause) {
        // The behaviour is over with the attempt that it depends on. Others may have another one.
        const auto other = owner(cause.attempt);
        if (!other || *other == index) return true;
        const Attempt& theirs = *component(*other).attempt;
        const auto leaves = final_leaves(theirs, cause.node);
        if (!leaves) return true;
        return std::ranges::any_of(*leaves, [&](NodeId partner) {
            return std::ranges::all_of(leaf.counts, [&](const Node::Count& count) {
                const Channel::End& end = channels_[count.channel].end(!count.puts);
                if (!end.here || end.owner != *other) return true;
                return theirs.nodes[partner].count(count.channel, !count.puts) == count.count;
            });
        });
    };
    return !rounds::one_of_each(leaf.depends, has_partner);
}

// Looks at the behaviours that have become complete, and again at those that were not yet known to
// be hopeless when others were not done.
void Runtime::prune(ComponentIndex index) {
    Attempt& exploring = attempt(index);
    const std::size_t leaves = exploring.leaves.size();
    if (leaves < 2 || leaves > leaves_looked_at_max || is_promised(exploring.id)) return;
    std::erase_if(exploring.leaves, [&](NodeId id) {
        if (!is_complete(exploring.nodes[id])) return true;
        if (!is_hopeless(index, id)) return false;
        give_up(index, id);
        return true;
    });
}

// With all above it that lead nowhere else.
void Runtime::give_up(ComponentIndex index, NodeId id) {
    Attempt& exploring = attempt(index);
    std::vector<Offer::Taker> victims;
    arbiter_.withdraw(exploring.id, {&id, 1});
    ++counters_.hopeless;
    for (NodeId above = id;; above = exploring.nodes[above].parent) {
        Node& node = exploring.nodes[above];
        const bool leads_nowhere =
            above == id || (node.phase == Node::Phase::split &&
                            std::ranges::all_of(node.children, [&](NodeId child) {
                                const Node& each = exploring.nodes[child];
                                return each.is_hopeless || each.phase == Node::Phase::discarded ||
                                       each.phase == Node::Phase::dropped;
                            }));
        if (!leads_nowhere) break;
        node.is_hopeless = true;
        for (const Node::Put& put : take_puts(node)) {
            const wire::NodeRef branch{exploring.id, above};
            retract({&branch, 1}, put.channel, put.index, victims);
        }
        if (above == 0) break;
    }
    drop_all(std::move(victims));
}

}  // namespace reowolf::runtime
