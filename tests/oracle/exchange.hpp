// SPDX-License-Identifier: MIT
// Applications that exchange values through a connector, again and again, while peers fall out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {

// Every peer gives a value and takes that of the next one, all or nothing.
enum class Exchange {
    plain,         // one component does it all
    alternatives,  // or collects what is given, if nobody takes; or fails for large values
    forwarders,    // a component for each channel, at different sites
};
std::vector<std::string> exchange_texts(Exchange kind, std::size_t peers, std::size_t at);

class ExchangeRun {
  public:
    ExchangeRun(Exchange kind, std::size_t peers, std::uint64_t seed, bool with_fault);

    // What is wrong, or nothing.
    std::optional<std::string> run();
    std::uint64_t succeeded() const { return succeeded_; }
    std::uint64_t failed() const { return failed_; }

  private:
    void begin_calls();
    void begin_call(std::size_t site, bool matching, std::int64_t timeout_ms);
    void break_something();
    bool all_done() const;
    std::optional<std::string> check_values() const;
    std::optional<std::string> check_all_can_exchange();
    std::optional<std::string> check_durations() const;

    Random random_;
    std::size_t peers_;
    bool with_fault_;
    std::int64_t fault_ms_;
    bool is_broken_ = false;
    std::size_t calls_each_ = 10;
    simulation::Cluster cluster_;
    std::vector<std::int64_t> next_call_ms_;
    struct Given {
        std::uint64_t value = 0;
        bool takes = true;
    };
    std::vector<std::vector<Given>> given_;  // by site and call
    std::uint64_t succeeded_ = 0;
    std::uint64_t failed_ = 0;
};

}  // namespace reowolf::oracle
