// SPDX-License-Identifier: MIT
// All edges that lead to other processes: who listens, who has joined, and the links there are. Has
// a loop of its own, with a thread if it is a real one. Links are carriers: when a connection
// breaks another one takes its place, and only when that takes longer than the tick's patience, or
// the other process has ended, the link has, too.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "base/service_limits.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"
#include "service/core.hpp"
#include "service/link.hpp"

namespace reowolf::service {

// Of the connections below links: what is silent is given up for another one before the tick's
// patience is over.
ServiceLimits limits_of_edges(ServiceLimits limits, std::int64_t tick_patience_ms);

// A root that is a subtree elsewhere, connected or trying to be.
struct Joint {
    NodeRecord* root = nullptr;
    post::Address address;
    std::unique_ptr<post::Dial> dial;
    post::TimerId redial = 0;
    bool failure_is_told = false;
    std::shared_ptr<Link> link;  // the loop's
    std::shared_ptr<Link> up;    // who holds the tree's: the same, once the parent has answered
};

class Edges {
  public:
    // `transport` is a lasting one.
    Edges(Core& core, post::Loop& loop, post::Transport& transport);  // simulated
    explicit Edges(Core& core);                                       // real
    ~Edges();
    Edges(const Edges&) = delete;
    Edges& operator=(const Edges&) = delete;

    // From any thread, without holding the tree.
    std::string listen(NodeRecord& node, const std::string& address);
    void join(NodeRecord& root, const std::string& address);
    void part(NodeRecord& root, const std::string& reason);
    // The node goes: it listens no more and is joined nowhere.
    void forget(NodeRecord& node);

    // From any thread, also by who holds the tree: what is provided has changed.
    void changed();
    void post(std::function<void()> action) { loop_->post(std::move(action)); }

    // For links, on the loop.
    Core& core() { return core_; }
    post::Loop& loop() { return *loop_; }
    void on_link_ended(const std::shared_ptr<Link>& link, bool was_part, const std::string& why);
    void end_link_of(NodeId root);

  private:
    void on_loop(const std::function<void()>& action);
    void dial(Joint& joint);
    void on_dialled(Joint& joint,
                    std::expected<std::unique_ptr<post::Connection>, post::Error> result);
    void redial_later(Joint& joint);
    // Once, until it is joined: it is tried again and again.
    void tell_failure(Joint& joint, const std::string& why);
    void accept(NodeRecord& node, std::unique_ptr<post::Connection> connection);
    void leave_all(const std::string& reason);

    Core& core_;
    const ServiceLimits limits_;
    std::unique_ptr<post::RealLoop> real_loop_;
    std::unique_ptr<post::Transport> real_transport_;
    post::Loop* loop_;
    post::Transport* transport_;
    std::thread thread_;

    // The loop's.
    std::multimap<NodeRecord*, std::unique_ptr<post::Acceptor>> acceptors_;
    std::map<NodeRecord*, std::unique_ptr<Joint>> joints_;
    std::set<std::shared_ptr<Link>> links_;
    // Callbacks that have been asked for hold it weakly: they do nothing after the end.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

    std::atomic<bool> announcing_ = false;
};

}  // namespace reowolf::service
