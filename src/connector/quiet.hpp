// SPDX-License-Identifier: MIT
// Finds out that a round is impossible: everybody has arrived, and there is nothing left to do
// anywhere and nothing on its way. Done by the lowest-numbered of the peers that step together, who
// holds what there is to decide. Two waves of questions; if at both everybody is quiet and as many
// messages were received as sent, and as many at the second as at the first, nothing has happened
// between (Mattern, "Algorithms for distributed termination detection", 1987: four counters).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "post/loop.hpp"
#include "wire/message.hpp"

namespace reowolf::connector {

class Quiet {
  public:
    struct Asked {
        std::function<void(wire::Probe)> ask_all;               // every other site that is not lost
        std::function<std::size_t()> others;                    // how many that are
        std::function<wire::Probed()> here;                     // this site's own answer
        std::function<bool()> is_step_complete;                 // everybody has arrived here
        std::function<void(const std::string&)> on_impossible;  // with everybody's explanation
    };
    Quiet(post::Loop& loop, Asked asked) : loop_(loop), asked_(std::move(asked)) {}
    ~Quiet() { loop_.cancel(timer_); }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

    // This site has nothing left to do.
    void on_idle();
    // A step begins: patience starts anew.
    void on_step();
    void on_answer(wire::SiteId from, const wire::Probed& answer);

  private:
    void ask();
    void conclude();
    void later();

    post::Loop& loop_;
    Asked asked_;
    post::TimerId timer_ = 0;
    std::int64_t delay_ms_ = 0;
    std::uint64_t wave_ = 0;
    bool is_asking_ = false;
    std::map<wire::SiteId, wire::Probed> answers_;
    std::optional<std::uint64_t> balance_;  // messages sent and received, at the last quiet wave
};

}  // namespace reowolf::connector
