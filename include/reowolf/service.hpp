// SPDX-License-Identifier: MIT
// The service network: objects as nodes of a tree that carries messages, and functions as services
// that anybody in the tree requests by name. Link with libreowolf-cpp (CMake: reowolf::cpp).
//
//     namespace rs = reowolf::service;
//
//     class Adder : public rs::Node {
//       public:
//         explicit Adder(rs::Node& parent) : Node(parent, "adder") {
//             provide("add", &Adder::add);
//             provide("mean", &Adder::mean, {.reentrant = true});
//         }
//
//       private:
//         int add(int a, int b) { return a + b; }
//         rs::Task<int> mean(int a, int b) {  // a coroutine: occupies no thread while it waits
//             co_return co_await request<int>("add", a, b) / 2;
//         }
//     };
//
//     int main() {
//         rs::Network network;                   // the workers of this process
//         rs::Node master(network, "master");    // the root of a tree
//         rs::Object<Adder> adder(master);       // connected by its construction
//         master.start();                        // returns when everybody is there
//         return master.call<int>("mean", 3, 5); // 4
//     }
//
// Conventions.
//
// 1. What a service takes and gives are values, as those of ports: see <reowolf/values.hpp>. Within
//    a process they are moved, and not written to bytes.
// 2. All functions may be called from any thread, unless it says otherwise.
// 3. Functions throw Error; a request that has no result says why by its Code.
// 4. A node goes before its parent, and the network last, as is the case for members and local
//    variables. What a service uses must stay until leave() has returned: see Object.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <reowolf/service/answer.hpp>
#include <reowolf/service/call.hpp>
#include <reowolf/service/handler.hpp>
#include <reowolf/service/task.hpp>

namespace reowolf::service {

class Node;
struct NodeRecord;
struct Service;

// How a service is executed.
struct Provide {
    // False: one request at a time, the others wait. True: any number at the same time, also in
    // parallel; what it uses must allow that.
    bool reentrant = false;
    // Executed by a thread of its own instead of the workers: for functions that block.
    bool thread = false;
    // With `thread` and `reentrant`: how many threads at most.
    std::uint32_t threads_max = 4;
    // So many requests may wait; those beyond end with Code::overloaded, if there is no other
    // provider. 0: 65536.
    std::uint32_t queue_max = 0;
    // For people.
    std::string version = "1";
};

// What has happened in the network, for a log.
struct Event {
    enum class Kind : std::uint8_t {
        joined,       // another process is there, as a subtree or as the parent
        lost,         // it is gone, without having left in order
        left,         // it has left in order
        jammed,       // a provider has worked at one request for longer than the tick's patience
        recovered,    // it goes on
        undelivered,  // a request without answer (post) has failed
        failed,       // listening or joining does not work; it is tried again where that may help
    };
    Kind kind = Kind::failed;
    std::string node;  // the path of the node it concerns
    std::string text;  // a sentence without a full stop
};

// One node or service of a running network, as `reowolf services` shows it.
struct NodeLine {
    NodeId id = 0;
    NodeId parent = 0;  // 0: a master, or a root that has joined elsewhere
    std::string name;
    std::string remote;  // the address, if the node is a subtree in another process
    bool up = false;
    std::uint32_t children = 0;
};
struct ServiceLine {
    NodeId node = 0;
    std::string name;
    std::string types;  // "(s32, s32) -> s32"
    std::string version;
    bool reentrant = false;
    bool thread = false;
    bool jammed = false;
    bool leaving = false;  // takes no new requests
    std::uint32_t waiting = 0;
    std::uint32_t running = 0;
    std::uint64_t served = 0;   // since the beginning
    std::uint64_t failed = 0;   // of these, with an error
    std::uint64_t time_ns = 0;  // measured for one request, lately
};
struct Listing {
    std::vector<NodeLine> nodes;  // parents before their children, no more than asked for
    std::vector<ServiceLine> services;
    std::uint64_t nodes_total = 0;
    std::uint64_t services_total = 0;
    std::uint32_t workers = 0;
};

struct NetworkOptions {
    // Threads that execute services. 0: as many as there are processors.
    std::uint32_t workers = 0;
    // How often the parents of subtrees in other processes, and these, ask whether the other side
    // lives, and after which time without an answer it is taken for gone. A path that works again
    // before that, with a second to spare for finding it, loses nothing.
    std::chrono::milliseconds tick{500};
    std::chrono::milliseconds tick_patience{3'000};
};

// What all nodes of a process share: workers, timers, connections. Two networks in one process have
// nothing in common.
class REOWOLF_CPP Network {
  public:
    explicit Network(const NetworkOptions& options = {});
    // All nodes must be gone, and all that was spawned must have ended.
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    // Called for each event, one at a time, in a thread of the network; should be short, must not
    // throw, and must not use the network. Set it before the first node is made.
    void on_event(std::function<void(const Event&)> handler);

    // Runs a coroutine on the workers.
    template <class R>
    Answer<R> spawn(Task<R> task);

    // An answer that comes after so long: to wait without occupying a worker.
    Answer<void> after(std::chrono::nanoseconds delay);

    // Waits until stop(): for processes that only provide.
    void run();
    void stop();

    // All nodes and services of this process, and what is known of others; at most so many.
    Listing listing(std::size_t lines_max = 10'000) const;

    // Of the whole layer; there is no use for it outside.
    explicit Network(std::shared_ptr<Core> core);
    Core& core() const { return *core_; }

  private:
    std::shared_ptr<Core> core_;
};

// An object of the network. Programs derive from it, or use it as it is: a master governs a tree, a
// node without services routes.
class REOWOLF_CPP Node {
  public:
    // The root of a tree: a master, or after join() the root of a subtree of another process.
    Node(Network& network, std::string name);
    // A child. If the tree has been started, it is part of it at once.
    Node(Node& parent, std::string name);
    // Leaves. Children that are still there become roots.
    virtual ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    NodeId id() const;
    const std::string& name() const;
    // "master/left/adder"
    std::string path() const;
    Network& network() const { return *network_; }

    // HELLO from here to the leaves, ECHO back: returns when the whole tree is there, with
    // Error(timed_out) if a subtree in another process does not answer in time. Its services can
    // then be requested. Roots only; may be called again.
    void start(std::chrono::milliseconds timeout = std::chrono::seconds(10));

    // Registers a service: a function, a member function of a class that derives from Node, an
    // object that is called, or one of these as a coroutine, which returns Task<R>. Its first
    // parameter may be a const Context&.
    //
    // If this node provides the name already, the new one takes its place at once: requests that
    // have come before are served by the old one, all others by the new one.
    template <class F>
    void provide(std::string name, F function, const Provide& how = {}) {
        add(std::move(name), make_handler(std::move(function)), how);
    }
    template <class R, class C, class... A>
    void provide(std::string name, R (C::*function)(A...), const Provide& how = {}) {
        provide_member<C, R, A...>(std::move(name), function, how);
    }
    template <class R, class C, class... A>
    void provide(std::string name, R (C::*function)(A...) const, const Provide& how = {}) {
        provide_member<const C, R, A...>(std::move(name), function, how);
    }

    // Takes no new requests for this service; those that have come are served. Returns at once.
    // Unknown names are no error.
    void withdraw(std::string_view name);

    // Requests a service: of the nearest subtree that has one, seen from here towards the master;
    // of several providers, the one that will probably be done first. Arguments are copied or
    // moved. Never blocks.
    template <class R, class... A>
    Answer<R> request(std::string_view name, A&&... arguments) {
        return request<R>(Options{}, name, std::forward<A>(arguments)...);
    }
    template <class R, class... A>
    Answer<R> request(const Options& options, std::string_view name, A&&... arguments) {
        auto* call = new CallWith<CallFor<R>, Arguments<A...>>(std::forward<A>(arguments)...);
        Answer<R> answer(call);
        send(*call, name, options);
        return answer;
    }

    // The same, and waits for the result.
    template <class R, class... A>
    R call(std::string_view name, A&&... arguments) {
        return request<R>(name, std::forward<A>(arguments)...).get();
    }
    template <class R, class... A>
    R call(const Options& options, std::string_view name, A&&... arguments) {
        return request<R>(options, name, std::forward<A>(arguments)...).get();
    }

    // The same without an answer. If it fails, that is an event of the network. Whatever the
    // result's type is.
    template <class... A>
    void post(std::string_view name, A&&... arguments) {
        post(Options{}, name, std::forward<A>(arguments)...);
    }
    template <class... A>
    void post(const Options& options, std::string_view name, A&&... arguments) {
        auto* call =
            new CallWith<CallWithoutAnswer, Arguments<A...>>(std::forward<A>(arguments)...);
        send(*call, name, options);
        call->release();
    }

    // Waits until `providers` of a service can be reached from here. False: not in time.
    bool wait_for(std::string_view service, std::size_t providers = 1,
                  std::chrono::milliseconds timeout = std::chrono::seconds(10));

    // This node and all below become a part of another tree of the same network, while requests
    // flow. Error(refused) if `parent` is in this subtree, or if this node has joined elsewhere.
    void move_to(Node& parent);

    // Takes subtrees of other processes as children of this node, at "host:port" or "[v6]:port";
    // port 0 is a free one. Returns the address with the real port. The other side is not
    // authenticated: for networks that are trusted.
    std::string listen(const std::string& address);

    // This root and all below become a subtree of the node that listens at the address, also
    // when that comes later: it is tried again and again, and so it is whenever the other process
    // is lost. Returns at once; the network's events tell.
    void join(const std::string& address);
    // Leaves the other process's tree.
    void part();

    // Leaves the network: its services take no new requests, those that have come are served, and
    // then it is gone. Must not be called by a service of this very node. May be called again.
    void leave();

    // For Function.
    void send(Call& call, std::string_view name, const Options& options);
    NodeRecord& record() const { return *record_; }

  private:
    void add(std::string name, std::unique_ptr<Handler> handler, const Provide& how);

    template <class C, class R, class... A, class M>
    void provide_member(std::string name, M function, const Provide& how) {
        static_assert(std::derived_from<C, Node>, "a member function of this node's class");
        auto* self = static_cast<C*>(this);
        provide(
            std::move(name),
            [self, function](A... arguments) -> R {
                return (self->*function)(std::forward<A>(arguments)...);
            },
            how);
    }

    Network* network_;
    NodeRecord* record_;
};

// An object of a class that derives from Node: leaves before anything of the object is destroyed.
// Without it, the destructor of a class whose services use its members begins with leave().
template <std::derived_from<Node> T>
class Object final : public T {
  public:
    using T::T;
    ~Object() override { this->leave(); }
};

// A service to be requested many times: what has been found out about the way to it is kept until
// something changes. R() takes and gives the types of the service.
//
//     rs::Function<int(int, int)> add(node, "add");
//     int three = add(1, 2);                        // waits
//     int four = co_await add.request(2, 2);        // in a coroutine
//
// For one thread at a time; copies are independent. The node must stay.
template <class F>
class Function;

class REOWOLF_CPP FunctionBase {
  public:
    FunctionBase(const FunctionBase& other);
    FunctionBase& operator=(const FunctionBase& other);
    ~FunctionBase();

  protected:
    FunctionBase(Node& node, std::string_view name, const Options& options, bool ordered);
    void send(Call& call);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

template <class R, class... A>
class Function<R(A...)> : public FunctionBase {
  public:
    Function(Node& node, std::string_view name, const Options& options = {})
        : FunctionBase(node, name, options, false) {}

    // Whose requests are served in the order in which they are made, whatever happens to providers
    // meanwhile: each when the one before is answered.
    static Function ordered(Node& node, std::string_view name, const Options& options = {}) {
        return Function(node, name, options, true);
    }

    R operator()(KeptType<A>... arguments) { return request(std::move(arguments)...).get(); }
    Answer<R> request(KeptType<A>... arguments) {
        auto* call = new CallWith<CallFor<R>, Arguments<A...>>(std::move(arguments)...);
        Answer<R> answer(call);
        send(*call);
        return answer;
    }
    void post(KeptType<A>... arguments) {
        auto* call = new CallWith<CallWithoutAnswer, Arguments<A...>>(std::move(arguments)...);
        send(*call);
        call->release();
    }

  private:
    Function(Node& node, std::string_view name, const Options& options, bool ordered)
        : FunctionBase(node, name, options, ordered) {}
};

// The coroutine of Network::spawn.
class REOWOLF_CPP Spawning {
  public:
    static void begin(Core& core, Call& call);
    static auto on_worker(Core& core) {
        struct Awaiter : Job {
            explicit Awaiter(Core& which) : core(which) {}
            Core& core;
            std::coroutine_handle<> waiting;
            bool await_ready() const { return false; }
            void await_suspend(std::coroutine_handle<> handle) {
                waiting = handle;
                run = [](Job& job) { static_cast<Awaiter&>(job).waiting.resume(); };
                Spawning::start(core, *this);
            }
            void await_resume() const {}
        };
        return Awaiter(core);
    }
    template <class R>
    static Detached run(Core& core, CallFor<R>& call, Task<R> task) {
        co_await on_worker(core);
        try {
            if constexpr (std::is_void_v<R>) {
                co_await std::move(task);
                answer(call, std::tuple<>{});
            } else {
                answer(call, typename CallFor<R>::Value(co_await std::move(task)));
            }
        } catch (const Error& error) {
            call.fail(error.code(), error.reason());
        } catch (...) {
            answer_with_exception(call);
        }
        end(call);
    }

  private:
    static void start(Core& core, Job& job);
    static void end(Call& call);
};

template <class R>
Answer<R> Network::spawn(Task<R> task) {
    auto* call = new CallWith<CallFor<R>, Arguments<>>();
    Answer<R> answer(call);
    Spawning::begin(*core_, *call);
    Spawning::run(*core_, *call, std::move(task));
    return answer;
}

}  // namespace reowolf::service
