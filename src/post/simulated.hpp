// SPDX-License-Identifier: MIT
// A loop with virtual time and a network in memory, both repeatable from a seed: thousands of
// hosts in one thread, their connections delayed, cut, silenced and healed, hosts killed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// Runs what is due in the order of its time, and what is due at once in the order in which it was
// asked for. Time passes only by step(). Unlike the real loop it belongs to one thread, post()
// included.
class SimulatedLoop final : public Loop {
  public:
    explicit SimulatedLoop(std::uint64_t seed) : random_(seed) {}

    // Runs the next callback, moving time forward to it. False: nothing is left to run.
    bool step();
    // Steps until nothing is left (true) or `steps_max` have been made (false).
    bool run_until_idle(std::uint64_t steps_max);
    // Runs everything due within the next `duration_ms` and moves time forward by that much.
    void run_for(std::int64_t duration_ms);

    // For whoever simulates something and must draw lots.
    Random& random() { return random_; }

    std::int64_t now_ms() const override { return now_ms_; }
    TimerId after(std::int64_t delay_ms, std::function<void()> action) override;
    void cancel(TimerId timer) override;
    void post(std::function<void()> action) override;

  private:
    using Due = std::pair<std::int64_t, TimerId>;
    Random random_;
    std::int64_t now_ms_ = 0;
    TimerId last_timer_ = 0;
    std::map<Due, std::function<void()>> due_;
    std::map<TimerId, std::int64_t> time_of_;
};

struct DelayRange {
    std::int64_t min_ms = 1;
    std::int64_t max_ms = 20;
};

// What went from one host to another: data frames only, with their headers.
struct Traffic {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
};

// The order of messages within a connection is kept; between connections random delays mix
// them. An address belongs to the host that listens at it, whatever its name: a host may listen
// at "127.0.0.1". Listening at "0.0.0.0" or "::" listens at the host's own name.
class SimulatedNetwork {
  public:
    SimulatedNetwork(SimulatedLoop& loop, std::uint64_t seed, DelayRange delays,
                     const Limits& limits = {});
    ~SimulatedNetwork();
    SimulatedNetwork(const SimulatedNetwork&) = delete;
    SimulatedNetwork& operator=(const SimulatedNetwork&) = delete;

    // What a process on the host holds. After kill(), asking again starts a new process there.
    // A Transport and all it made may outlive the network; then they are dead.
    std::unique_ptr<Transport> endpoint(const std::string& host);

    // The loop as a process on the host sees it: what it asked for does not run after kill().
    // Must not outlive the SimulatedLoop.
    std::unique_ptr<Loop> loop(const std::string& host);

    // Connections between the two break: each side gets what had come through by then, up to a
    // random point of what was on its way, and then Failure::lost. New ones are unreachable.
    void cut(const std::string& host_a, const std::string& host_b);
    // Cut off from all others, also from those that come later.
    void isolate(const std::string& host);
    // The process vanishes: its side gets no callback any more, others see their connections
    // lost after some delay, and are refused when they dial.
    void kill(const std::string& host);
    // Nothing passes from or to the host, and nobody is told. Whoever waits longer than
    // silence_patience_ms gets timed_out; if it is healed before, everything arrives late.
    void silence(const std::string& host);

    // Takes back cut, or isolate and silence, or all of these.
    void heal(const std::string& host_a, const std::string& host_b);
    void heal(const std::string& host);
    void heal();

    // Since the beginning, or since forget_traffic().
    Traffic traffic(const std::string& from, const std::string& to) const;
    Traffic traffic() const;
    void forget_traffic();

  private:
    class Net;
    class SimulatedConnection;
    class SimulatedAcceptor;
    class SimulatedDial;
    class SimulatedTransport;
    class ProcessLoop;
    std::shared_ptr<Net> net_;
};

}  // namespace reowolf::post
