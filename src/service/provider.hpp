// SPDX-License-Identifier: MIT
// Where requests for one service at one node go: the queue, and how it is served.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <reowolf/service.hpp>

#include "service/access.hpp"
#include "service/frames.hpp"
#include "tasks/scheduler.hpp"
#include "tasks/spin_lock.hpp"

namespace reowolf::service {

struct Name;

// Somebody who takes requests for a service: a node of this process, or a tree in another one.
class Provider : public std::enable_shared_from_this<Provider> {
  public:
    enum class Taken : std::uint8_t { yes, full, closed };

    virtual ~Provider() = default;

    // If it is taken, it is not the caller's any more.
    virtual Taken push(Call& call) = 0;
    // When a request that comes now will probably have been served.
    virtual std::uint64_t load_ns() const = 0;
    virtual bool is_idle() const = 0;
    // As it is told to other processes; with the origin 0 if it is here.
    virtual RegFrame::Entry describe() const = 0;
    virtual bool is_jammed() const = 0;
    // More than any other has: it is only chosen if all are jammed.
    static constexpr std::uint64_t jammed_load_ns = std::uint64_t{1} << 62;
    virtual ServiceLine line() const = 0;

    Name* name = nullptr;
    NodeRecord* node = nullptr;  // for who holds the tree, or serves
    NodeId node_id = 0;
    NodeId origin = 0;  // the root of its tree, if that is in another process
    std::string parameter_types;
    std::string result_type;
    std::string version;
    bool reentrant = false;
    bool thread = false;
};

// One that is served in this process. Once it is closed it takes no more, serves what it has, and
// is drained; it lives until then.
class LocalProvider final : public Provider {
  public:
    LocalProvider(Core& core, std::unique_ptr<Handler> handler, const Provide& how);

    Taken push(Call& call) override;
    std::uint64_t load_ns() const override;
    bool is_idle() const override { return work_before() == 0; }

    // Must be held by a shared_ptr.
    void close();
    bool is_drained() const { return drained_.is_set(); }
    void wait_until_drained();

    // A coroutine that served the call has ended.
    void on_end_of_service(Call& call);

    // For TICK, by one thread at a time. Whether it has anything to do.
    bool tick(std::uint32_t patience_ticks);
    bool is_jammed() const override { return is_jammed_.load(std::memory_order_relaxed); }
    RegFrame::Entry describe() const override;
    ServiceLine line() const override;

    // Whether this thread is just serving a request for a service of the node.
    static bool is_serving(const NodeRecord& node);

  private:
    std::shared_ptr<LocalProvider> self() {
        return std::static_pointer_cast<LocalProvider>(shared_from_this());
    }
    static constexpr unsigned priorities = Options::most_urgent + 1;

    // Serves what waits, a batch at a time.
    struct Runner : Job {
        LocalProvider* provider = nullptr;
        std::atomic<std::uint32_t> bell = 0;  // of its thread, if it has one
        bool has_thread = false;
        bool is_active = false;
    };

    Runner* wake_runner();
    void launch(Runner& runner);
    void set_expectation(Runner& runner) const;
    void run_thread(Runner& runner);
    bool run_batch(Runner& runner);
    Call* take(Runner& runner);
    bool serve(Call& call);
    void begin(Call& call);
    void end(Call& call);
    void measure(std::int64_t time_ns);
    bool is_idle_and_closed() const;
    std::uint32_t work_before() const {
        return waiting_.load(std::memory_order_relaxed) + running_.load(std::memory_order_relaxed);
    }
    void drain();

    Core& core_;
    std::unique_ptr<Handler> handler_;
    const std::uint32_t queue_max_;

    mutable tasks::SpinLock lock_;
    std::array<CallQueue, priorities> lines_;
    std::uint32_t lines_with_calls_ = 0;  // a bit for each
    std::uint32_t active_ = 0;
    bool is_closed_ = false;
    std::vector<Runner> runners_;

    std::atomic<std::uint32_t> waiting_ = 0;
    std::atomic<std::uint32_t> running_ = 0;
    std::atomic<std::uint64_t> served_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
    std::atomic<std::uint64_t> time_ns_ = 0;  // of one request, smoothed; 0: not known yet
    std::atomic<std::uint64_t> peak_ns_ = 0;  // the same of the longest ones
    std::atomic<bool> is_jammed_ = false;
    std::uint64_t served_at_tick_ = 0;
    std::uint32_t ticks_without_progress_ = 0;

    tasks::Signal drained_;
    std::shared_ptr<LocalProvider> self_;  // from close() until it is drained
};

}  // namespace reowolf::service
