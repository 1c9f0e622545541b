// SPDX-License-Identifier: MIT
// What the nodes of one process share: the tree, who provides what in it, and where requests go.
//
// A request does not wander from node to node within a process: who makes it follows the tables up
// the tree under one lock, and puts its address into the queue of the provider. What was found is
// kept until something changes that it depends on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <reowolf/service.hpp>

#include "base/random.hpp"
#include "base/service_limits.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"
#include "service/frames.hpp"
#include "service/provider.hpp"
#include "tasks/scheduler.hpp"

namespace reowolf::service {

class Edges;
class Line;
class Link;
class RemoteCall;
class RemoteProvider;
struct Joint;
using RemoteProviders = std::map<std::uint32_t, std::shared_ptr<RemoteProvider>>;

// The name of a service that somebody in this process provides or has provided.
struct Name {
    std::string text;
    std::atomic<std::uint64_t> changes = 1;
    std::vector<std::shared_ptr<Provider>> providers;
};

// Where requests for a name go from a node: its subtree's providers.
struct Route {
    struct End {
        std::shared_ptr<Provider> provider;
        std::uint32_t hops = 0;  // down to it
    };
    const Name* name = nullptr;
    std::uint64_t name_changes = 0;
    std::uint64_t tree_changes = 0;
    std::vector<End> ends;
    mutable std::atomic<std::uint32_t> turn = 0;
};

// From a node up to one that knows providers, or out of this process.
struct Way {
    std::shared_ptr<const Route> route;
    std::shared_ptr<Link> uplink;  // if there is no route
    NodeId root = 0;               // where it leaves
    std::uint32_t hops = 0;        // up to it
};

struct NodeRecord {
    Core* core = nullptr;
    NodeId id = 0;
    std::string name;
    NodeRecord* parent = nullptr;
    NodeRecord* first_child = nullptr;
    NodeRecord* next = nullptr;
    NodeRecord* previous = nullptr;
    std::uint32_t children = 0;
    std::uint32_t echoes_missing = 0;
    bool is_up = false;     // HELLO has come, and ECHO gone back
    bool is_known = false;  // its parent's table has what its own has
    bool has_left = false;
    bool has_edges = false;      // listens, or has joined
    Line* lines = nullptr;       // whose requests are its own
    Joint* joint = nullptr;      // a root that is a subtree of another process
    std::shared_ptr<Link> link;  // a subtree in another process, for which this stands

    // How many providers the subtree has, by name; sorted.
    std::vector<std::pair<Name*, std::uint32_t>> known;
    std::vector<std::shared_ptr<LocalProvider>> providers;  // its own
    std::vector<std::shared_ptr<LocalProvider>> leaving;    // not drained yet, when last looked
    std::vector<std::pair<const Name*, std::shared_ptr<const Route>>> routes;
};
static_assert(sizeof(NodeRecord) + sizeof(Node) < 512);

// What the core is made of in production, and in a simulation.
struct Environment {
    std::shared_ptr<tasks::Scheduler> scheduler;
    std::uint64_t seed = 0;
    ServiceLimits limits;
    std::int64_t tick_ms = 0;
    std::int64_t tick_patience_ms = 0;
    // If they are null, there are real ones when they are needed.
    post::Loop* loop = nullptr;
    post::Transport* transport = nullptr;
};

class Core {
  public:
    explicit Core(Environment environment);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    tasks::Scheduler& scheduler() { return scheduler_; }
    const ServiceLimits& limits() const { return environment_.limits; }

    // The tree (tree.cpp).
    NodeRecord* add_node(NodeRecord* parent, std::string name);
    void remove_node(NodeRecord* node);
    void start(NodeRecord& root, std::int64_t timeout_ms);
    void move(NodeRecord& node, NodeRecord& parent);
    std::string path(const NodeRecord& node);

    // Who provides what (registry.cpp).
    void provide(NodeRecord& node, std::string name, std::unique_ptr<Handler> handler,
                 const Provide& how);
    void withdraw(NodeRecord& node, std::string_view name);
    void leave(NodeRecord& node);
    bool wait_for(NodeRecord& node, std::string_view name, std::size_t providers,
                  std::int64_t timeout_ms);

    // Requests (routing.cpp). `way` is what was found out the last time, if that is kept.
    void prepare(Call& call, const NodeRecord& from, const Options& options);
    void send(Call& call, NodeRecord& from, std::string_view name, Way* way);
    void set_deadline(Call& call, std::int64_t deadline_ns);

    // Of those whose order is kept (line.cpp).
    void enter(NodeRecord& node, Line& line);
    void erase(Line& line);
    void close_lines(NodeRecord& node);
    void drop_lines();

    // Other processes (elsewhere.cpp).
    std::string listen(NodeRecord& node, const std::string& address);
    void join(NodeRecord& root, const std::string& address);
    void part(NodeRecord& root);
    // For Edges and Link.
    std::int64_t tick_ms() const { return environment_.tick_ms; }
    std::int64_t tick_patience_ms() const { return environment_.tick_patience_ms; }
    void set_joint(NodeRecord& root, Joint* joint);
    void set_uplink(Joint& joint, std::shared_ptr<Link> link);
    NodeRecord* add_proxy(NodeRecord& parent, NodeId id, const std::string& name,
                          std::shared_ptr<Link> there);
    void remove_proxy(NodeRecord* proxy, RemoteProviders& providers);
    void on_hello(NodeRecord& root);
    void on_echo(NodeRecord& proxy);
    void enter_remote(NodeRecord& proxy, RemoteProviders& providers, std::uint32_t number,
                      const std::string& name, std::shared_ptr<RemoteProvider> provider);
    void erase_remote(RemoteProviders& providers, std::uint32_t number);
    std::map<std::string, RegFrame::Entry> entries_below(NodeRecord& root);
    void send_from_elsewhere(RemoteCall& call, NodeRecord& node);

    // run() of the network.
    void run_until_stopped();
    void stop();

    // Looking at it (watching.cpp).
    void begin_ticking() {
        if (!is_ticking_.load(std::memory_order_relaxed)) set_tick();
    }
    void on_event(std::function<void(const Event&)> handler);
    void tell(const Event& event);
    Listing listing(std::size_t lines_max);

  private:
    struct Waiter {
        NodeRecord* node = nullptr;
        std::string_view name;            // empty: for its being up
        std::size_t providers = 0;        // of the service, that can be reached
        tasks::Signal* signal = nullptr;  // if it has not been told yet
    };
    struct Tick : Timer {
        Core* core = nullptr;
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    void link(NodeRecord& node, NodeRecord* parent);
    void unlink(NodeRecord& node);
    void hello(NodeRecord& root);
    void echo(NodeRecord& node);
    void echo_above(NodeRecord* node);
    void visit_last(NodeRecord& node);
    static void echo_to_parent(NodeRecord& root);
    void leave_edges(NodeRecord& node);
    static bool is_below(const NodeRecord& node, const NodeRecord& root);
    std::string path_locked(const NodeRecord& node) const;

    Name& intern(std::string_view name);
    void enter(NodeRecord& node, std::shared_ptr<Provider> provider);
    void erase(NodeRecord& node, const Provider& provider);
    static void count(NodeRecord* node, Name& name, std::int32_t change);
    void make_known(NodeRecord& node);
    void make_unknown(NodeRecord& node);
    void begin_leaving(NodeRecord& node, const std::shared_ptr<LocalProvider>& provider);
    bool wait_for(Waiter waiter, std::int64_t timeout_ms);
    std::size_t providers_of(const Waiter& waiter);
    void changed();
    Edges& edges();

    Way find_way(NodeRecord& from, std::string_view name, const Call* call);
    std::shared_ptr<const Route> route_at(NodeRecord& node, Name& name);
    bool is_current(const Way& way) const;
    bool hand_over(Call& call, const Way& way, std::string_view name);
    static void send_up(Call& call, const Way& way, std::string_view name,
                        const ServiceLimits& limits);
    std::expected<Way, Error> find_way_or_failure(NodeRecord& from, std::string_view name,
                                                  const Call& call);

    void set_tick();
    void tick();

    Environment environment_;
    tasks::Scheduler& scheduler_;
    mutable std::mutex tree_mutex_;  // for what follows, up to the next one
    Random random_;
    std::unordered_map<std::string, std::unique_ptr<Name>, Hash, std::equal_to<>> names_;
    NodeRecord roots_;  // its children are the roots of trees
    std::uint64_t nodes_ = 0;
    std::list<Waiter> waiters_;
    // They may have a job to come, which holds them, and does not come any more if all ends.
    std::vector<std::shared_ptr<Line>> closed_lines_;
    std::atomic<std::uint64_t> tree_changes_ = 1;

    std::mutex events_mutex_;
    std::function<void(const Event&)> on_event_;

    std::mutex edges_mutex_;
    std::unique_ptr<Edges> edges_owned_;
    std::atomic<Edges*> edges_ = nullptr;

    std::mutex run_mutex_;
    std::condition_variable run_ends_;
    bool is_stopped_ = false;

    std::mutex tick_mutex_;
    Tick tick_;
    std::atomic<bool> is_ticking_ = false;
    bool is_stopping_ = false;
};

}  // namespace reowolf::service
