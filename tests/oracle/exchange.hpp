// SPDX-License-Identifier: MIT
// Applications that exchange values through a connector, again and again, while peers fall out.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
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
inline constexpr std::uint64_t exchange_kinds = 3;
std::vector<std::string> exchange_texts(Exchange kind, std::size_t peers, std::size_t at);

class ExchangeRun {
  public:
    struct Plan {
        Exchange kind = Exchange::plain;
        std::size_t peers = 3;
        std::uint64_t seed = 1;
        std::size_t faults_max = 0;
        std::size_t calls_each = 10;
        bool may_be_optional =
            false;  // an application may leave it open whether it takes something
    };
    explicit ExchangeRun(const Plan& plan);

    // What is wrong, or nothing.
    std::optional<std::string> run();
    std::uint64_t succeeded() const { return succeeded_; }
    std::uint64_t failed() const { return failed_; }

  private:
    void begin_calls();
    void begin_call(std::size_t site, bool matching, std::int64_t timeout_ms);
    void break_something();
    void come_to_faults();
    std::optional<std::string> check_new_rounds();
    std::optional<std::string> check_survivors() const;
    bool all_done() const;
    std::optional<std::string> check_values() const;
    std::optional<std::string> check_all_can_exchange();
    std::optional<std::string> check_durations() const;

    Random random_;
    std::size_t peers_;
    std::size_t calls_each_;
    bool may_be_optional_;
    std::vector<std::int64_t> faults_ms_;  // when, after all are connected; the latest first
    std::optional<std::int64_t> heal_ms_;  // when a silent one is heard again
    std::set<std::size_t> broken_;         // that something happened to
    std::size_t rounds_checked_ = 0;
    simulation::Cluster cluster_;
    std::vector<std::int64_t> next_call_ms_;
    struct Given {
        std::uint64_t value = 0;
        bool takes = true;
        bool is_optional = false;
    };
    std::vector<std::vector<Given>> given_;  // by site and call
    std::uint64_t succeeded_ = 0;
    std::uint64_t failed_ = 0;
};

}  // namespace reowolf::oracle
