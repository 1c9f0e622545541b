// SPDX-License-Identifier: MIT
// The tree of nodes: CONFIG, HELLO, ECHO and EXIT within a process. Nodes are neighbours in memory
// there, so that these are steps from node to node; with other processes they are messages.
#include <utility>

#include <fmt/format.h>

#include "service/core.hpp"
#include "service/edges.hpp"

namespace reowolf::service {

NodeRecord* Core::add_node(NodeRecord* parent, std::string name) {
    auto node = std::make_unique<NodeRecord>();
    node->core = this;
    node->name = std::move(name);
    const std::scoped_lock lock(tree_mutex_);
    do node->id = random_.next();
    while (node->id == 0);
    if (parent != nullptr && parent->has_left) {
        throw Error(
            Code::left,
            fmt::format("'{}' has left the network, and so can have no children", parent->name));
    }
    ++nodes_;
    link(*node, parent);
    return node.release();
}

void Core::remove_node(NodeRecord* node) {
    leave(*node);
    close_lines(*node);
    leave_edges(*node);
    const std::scoped_lock lock(tree_mutex_);
    // Whoever is still below goes on as a tree of its own.
    if (node->first_child != nullptr) tree_changes_.fetch_add(1);
    while (node->first_child != nullptr) {
        NodeRecord& child = *node->first_child;
        unlink(child);
        link(child, nullptr);
    }
    unlink(*node);
    --nodes_;
    delete node;
}

// CONFIG: child and parent know each other.
void Core::link(NodeRecord& node, NodeRecord* parent) {
    NodeRecord& above = parent != nullptr ? *parent : roots_;
    node.parent = parent;
    node.previous = nullptr;
    node.next = std::exchange(above.first_child, &node);
    if (node.next != nullptr) node.next->previous = &node;
    ++above.children;
    if (parent == nullptr || !parent->is_up) return;
    if (!node.is_up) return hello(node);
    make_known(node);
}

void Core::unlink(NodeRecord& node) {
    make_unknown(node);
    NodeRecord& above = node.parent != nullptr ? *node.parent : roots_;
    (node.previous != nullptr ? node.previous->next : above.first_child) = node.next;
    if (node.next != nullptr) node.next->previous = node.previous;
    node.next = node.previous = nullptr;
    --above.children;
    NodeRecord* parent = std::exchange(node.parent, nullptr);
    if (parent == nullptr || node.is_up || parent->echoes_missing == 0) return;
    --parent->echoes_missing;
    echo_above(parent);
}

void Core::leave_edges(NodeRecord& node) {
    if (node.has_edges) edges().forget(node);
}

// The wave from a node to the leaves; each answers when all below it have.
void Core::hello(NodeRecord& root) {
    NodeRecord* node = &root;
    for (;;) {
        node->echoes_missing = node->children;
        if (node->first_child != nullptr) {
            node = node->first_child;
            continue;
        }
        // A leaf. On to the next node that has not been visited.
        while (node != &root && node->next == nullptr) {
            NodeRecord* parent = node->parent;
            visit_last(*node);
            node = parent;
        }
        NodeRecord* next = node->next;
        visit_last(*node);
        if (node == &root) return;
        node = next;
    }
}

// All below has been visited. A subtree in another process is asked, and answers later.
void Core::visit_last(NodeRecord& node) {
    if (node.link && !node.is_up)
        node.link->send(HelloFrame{});
    else if (node.echoes_missing == 0)
        echo(node);
}

void Core::echo(NodeRecord& node) {
    node.is_up = true;
    make_known(node);
    if (node.parent == nullptr) return echo_to_parent(node);
    if (node.parent->echoes_missing > 0) --node.parent->echoes_missing;
}

// One below has answered, or is not waited for any more.
void Core::echo_above(NodeRecord* node) {
    for (; node != nullptr && !node->is_up && node->echoes_missing == 0; node = node->parent) {
        echo(*node);
    }
}

void Core::start(NodeRecord& root, std::int64_t timeout_ms) {
    {
        const std::scoped_lock lock(tree_mutex_);
        if (root.parent != nullptr) {
            throw Error(Code::refused,
                        fmt::format("'{}' is no root: its tree is started by its master",
                                    path_locked(root)));
        }
        hello(root);
        if (root.is_up) return changed();
    }
    if (wait_for({.node = &root, .name = {}, .providers = 0, .signal = nullptr}, timeout_ms))
        return;
    throw Error(Code::timed_out,
                fmt::format("a subtree of '{}' in another process has not answered", root.name));
}

void Core::move(NodeRecord& node, NodeRecord& parent) {
    const std::scoped_lock lock(tree_mutex_);
    if (parent.core != this) throw Error(Code::refused, "the nodes are in different networks");
    if (is_below(parent, node)) {
        throw Error(Code::refused, fmt::format("'{}' cannot be moved below itself, to '{}'",
                                               path_locked(node), path_locked(parent)));
    }
    if (parent.has_left || node.has_left) {
        throw Error(Code::left, fmt::format("'{}' has left the network",
                                            parent.has_left ? parent.name : node.name));
    }
    if (node.joint != nullptr) {
        throw Error(Code::refused,
                    fmt::format("'{}' has joined another process", path_locked(node)));
    }
    unlink(node);
    link(node, &parent);
    tree_changes_.fetch_add(1);
    changed();
}

bool Core::is_below(const NodeRecord& node, const NodeRecord& root) {
    for (const NodeRecord* each = &node; each != nullptr; each = each->parent) {
        if (each == &root) return true;
    }
    return false;
}

std::string Core::path(const NodeRecord& node) {
    const std::scoped_lock lock(tree_mutex_);
    return path_locked(node);
}

// Deep trees have long paths: only the two ends are told of them.
std::string Core::path_locked(const NodeRecord& node) const {
    constexpr std::size_t names_max = 16;
    std::vector<const NodeRecord*> way;
    for (const NodeRecord* each = &node; each != nullptr; each = each->parent) way.push_back(each);
    std::string path;
    for (std::size_t i = way.size(); i-- > 0;) {
        if (way.size() > names_max && i == way.size() - 1 - names_max / 2) {
            path += "…/";
            i = names_max / 2;
            continue;
        }
        path += way[i]->name;
        if (i > 0) path += '/';
    }
    return path;
}

}  // namespace reowolf::service
