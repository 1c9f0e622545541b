// SPDX-License-Identifier: MIT
// Many processes of a service network in one thread, with virtual time and a simulated network
// between them, repeatable from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <reowolf/service.hpp>

#include "base/service_limits.hpp"
#include "post/simulated.hpp"
#include "tasks/simulated.hpp"

namespace reowolf::service {

class SimulatedWorld {
  public:
    explicit SimulatedWorld(std::uint64_t seed, const NetworkOptions& options = {});
    // All networks must be gone.
    ~SimulatedWorld();
    SimulatedWorld(const SimulatedWorld&) = delete;
    SimulatedWorld& operator=(const SimulatedWorld&) = delete;

    // A process on the host. It listens at the host's name. The one that was there before must be
    // gone; killed or not.
    std::unique_ptr<Network> process(const std::string& host);

    // What it sends does not arrive any more, and nothing reaches it. What is in it still runs, and
    // is to be destroyed.
    void kill(const std::string& host) { network_.kill(host); }
    post::SimulatedNetwork& network() { return network_; }
    Random& random() { return loop_.random(); }

    std::int64_t now_ms() const { return loop_.now_ms(); }
    void run_for(std::int64_t duration_ms);
    // Until it is so (true), or so much time has passed.
    template <class Condition>
    bool run_until(Condition condition, std::int64_t limit_ms = 600'000) {
        const std::int64_t end_ms = now_ms() + limit_ms;
        while (!condition()) {
            if (now_ms() >= end_ms) return false;
            step();
        }
        return true;
    }

  private:
    struct Process {
        std::shared_ptr<tasks::Simulated> scheduler;
        std::unique_ptr<post::Loop> loop;
        std::unique_ptr<post::Transport> transport;
    };

    // One job, or else a millisecond.
    void step();

    const std::uint64_t seed_;
    const NetworkOptions options_;
    std::uint64_t processes_made_ = 0;
    const ServiceLimits limits_;
    post::SimulatedLoop loop_;
    post::SimulatedNetwork network_;
    std::map<std::string, Process> processes_;
    std::map<std::uint64_t, Process> former_;
};

}  // namespace reowolf::service
