// SPDX-License-Identifier: MIT
// A request on its way, and the place for its answer. Part of <reowolf/service.hpp>; programs meet
// of it Options, Code, Error and Context.
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include <reowolf/export.hpp>
#include <reowolf/service/job.hpp>
#include <reowolf/values.hpp>

namespace reowolf::service {

class Core;
class Line;
class LocalProvider;

// Identifies a node, also among processes. 0 is nobody.
using NodeId = std::uint64_t;

// Why a request has no result. There is no way for a request to end without either.
enum class Code : std::uint8_t {
    none = 0,
    unknown_service,  // nobody on the way to the master provides a service of this name
    wrong_types,      // somebody does, but its parameters or its result have other types
    timed_out,        // no answer in time; whether the service has been executed is not known
    thrown,           // the service threw an exception; the text is what it says
    hops_exhausted,   // the request has passed as many nodes as it may
    loop,             // the request came back to a tree that it had left: processes are joined in
                      // a circle
    lost,             // the process with the provider is gone, or the way to it; whether the
                      // service has been executed is not known
    overloaded,       // every provider has as many requests waiting as it may
    left,             // the requesting node has left the network, or the network ends
    malformed,        // another process sent what is no value of these types
    not_started,      // the master of the tree has not been started
    refused,          // a call that makes no sense, as moving a node below itself
};

// "unknown service", "wrong types", …
REOWOLF_CPP std::string_view to_string(Code code);

// What is thrown where a request has no result, and by calls that fail.
class REOWOLF_CPP Error : public std::runtime_error {
  public:
    Error(Code code, const std::string& reason);
    Code code() const { return code_; }
    // what() without the name of the code before it.
    const char* reason() const { return what() + to_string(code_).size() + 2; }

  private:
    Code code_;
};

// How a request is to be treated.
struct Options {
    static constexpr std::chrono::milliseconds forever{-1};
    static constexpr std::uint8_t most_urgent = 7;

    // When it ends with Code::timed_out. It does not begin to be served after that.
    std::chrono::milliseconds timeout{10'000};
    // The larger, the earlier in the queue of its provider; at most 7. Within one priority, the
    // order of coming.
    std::uint8_t priority = 0;
    // How many edges of the tree it may pass. 0: a million.
    std::uint32_t hops = 0;
};

enum class Layer : std::uint8_t { transmission = 1, service = 2 };

// What a message asks for. The first five belong to the transmission layer, the others to the
// service layer.
enum class Action : std::uint8_t {
    config = 1,  // child and parent make each other known
    hello = 2,   // from the master to the leaves: is everybody there?
    echo = 3,    // back: all of this subtree is
    tick = 4,    // are you alive? and the answer
    exit = 5,    // leaves the network
    reg = 16,    // these services are there now, or are not any more
    req = 17,    // a request
    ack = 18,    // its answer
};

// The head of a message; its parameters are what Call adds.
struct Message {
    Layer layer = Layer::service;
    Action action = Action::req;
    bool answer_wanted = true;
    std::uint8_t priority = 0;
    std::uint32_t hops_left = 0;
    NodeId address = 0;      // the node where it is
    NodeId destination = 0;  // the node it is for; 0 as long as that is not known
    NodeId creator = 0;      // the node that requests
    // The roots of the trees that it has left on its way, in order. Within a process it is the
    // address of the message that travels, and its way is that of the tree.
    std::vector<NodeId> route;
};

// A message and the place for its answer. Who holds it counts; the last one deletes it.
class REOWOLF_CPP Call : public Message {
  public:
    // A value of a type, or nothing, where all there is are bytes.
    struct Place {
        const std::type_info* type = nullptr;
        void* at = nullptr;
    };

    Call();
    virtual ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void retain() { holders_.fetch_add(1, std::memory_order_relaxed); }
    void release() {
        if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }

    // A tuple, which may be moved out once.
    virtual Place arguments() = 0;
    virtual void write_arguments(Bytes& out) = 0;
    // An optional, empty until it is answered.
    virtual Place result() = 0;
    // False: the bytes are no result of the type wanted.
    virtual bool read_result(std::span<const std::byte> bytes) = 0;
    // What is to be known to match a service: see Codec::type(). The result is null if any will do.
    virtual const std::string& parameter_types() const = 0;
    virtual const std::string* result_type() const = 0;

    // For who serves it. Whoever gets true may write the result, and must call one of end_answer
    // and end_failure; all others have come too late.
    bool begin_answer() {
        std::uint8_t open = 0;
        return answer_begun_.load(std::memory_order_relaxed) == 0 &&
               answer_begun_.compare_exchange_strong(open, 1, std::memory_order_acq_rel);
    }
    void end_answer();
    void end_failure(Code code, std::string text);
    // Both in one.
    void fail(Code code, std::string text);
    bool answer_has_begun() const { return answer_begun_.load(std::memory_order_acquire) != 0; }
    // A coroutine that served it has ended. Nothing of the call may be touched after.
    void end_service();

    // For who requests. False: it is answered already.
    bool resume_when_answered(std::coroutine_handle<> waiting);
    void wait();
    bool is_answered() const { return waiting_.load(std::memory_order_acquire) == this; }
    Code code() const { return code_; }
    [[noreturn]] void throw_failure() const;

    std::int64_t deadline_ns() const { return deadline_ns_; }
    // Whether anybody would still get an answer.
    bool is_expired() const;

  protected:
    // After the answer, instead of telling somebody who waits in this process.
    virtual void answered() {}

  private:
    friend struct CallAccess;
    struct Resumption : Job {
        std::coroutine_handle<> waiting;
    };

    struct Deadline : Timer {
        Call* call = nullptr;
    };

    void finish();

    Deadline timer_;
    Resumption resumption_;
    Call* next_ = nullptr;  // in the queue of a provider, or of an ordered line
    Core* core_ = nullptr;
    LocalProvider* provider_ = nullptr;
    Line* line_ = nullptr;
    NodeId wanted_tree_ = 0;  // where it is to be served, if it matters
    std::int64_t deadline_ns_ = 0;
    std::int64_t begun_ns_ = 0;  // being served, if it is measured
    // Nobody (null), a coroutine (the resumption), a thread (its signal), or answered (this).
    std::atomic<void*> waiting_ = nullptr;
    std::atomic<std::uint32_t> holders_ = 1;
    std::atomic<std::uint8_t> answer_begun_ = 0;
    std::atomic<std::uint8_t> served_ = 0;  // by its provider and by its coroutine
    bool has_timer_ = false;
    Code code_ = Code::none;
    std::string text_;
};

// What a service may want to know of the request that it serves: its first parameter, if it has
// the type const Context&. Lives as long as the service runs.
class Context {
  public:
    explicit Context(const Call& call) : call_(&call) {}

    NodeId requester() const { return call_->creator; }
    std::uint8_t priority() const { return call_->priority; }
    std::uint32_t hops_left() const { return call_->hops_left; }
    // The roots of the trees of other processes that the request has left on its way.
    const std::vector<NodeId>& route() const { return call_->route; }
    // Whether nobody waits any more, as the time is over. May be asked again and again.
    bool expired() const { return call_->is_expired(); }

  private:
    const Call* call_;
};

}  // namespace reowolf::service
