// SPDX-License-Identifier: MIT
// Finds out that nothing is left to do anywhere and nothing is on its way, by waves of questions to
// all sites: if at two of them in a row everybody is quiet and as many messages were received as
// sent, and as many at the second as at the first, nothing has happened between (Mattern,
// "Algorithms for distributed termination detection", 1987: four counters).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "post/loop.hpp"
#include "wire/message.hpp"

namespace reowolf::connector {

class Quiet {
  public:
    // The answers to one wave, the own one among them.
    struct Wave {
        std::map<wire::SiteId, wire::Probed> answers;
        int number = 0;            // since the search began, from 1
        bool is_balanced = false;  // everybody is quiet, and as much was received as sent
        bool is_still = false;     // and so it was at the wave before

        std::string explanation() const;
    };
    struct Asked {
        std::function<void(const wire::Probe&)> ask_all;    // every other site that is left
        std::function<std::vector<wire::SiteId>()> others;  // which ones
        std::function<wire::Probed()> here;                 // this site's own answer
    };
    // Searches of one site that go on at once tell their answers apart by their place among those.
    static constexpr std::uint64_t places = 6;
    Quiet(post::Loop& loop, wire::SiteId self, std::uint64_t place, Asked asked)
        : loop_(loop), self_(self), asked_(std::move(asked)), wave_(place) {}
    ~Quiet() { loop_.cancel(timer_); }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

    // Begins waves, the first after `delay_ms`, until `enough` says so of one. Never calls it from
    // within this call.
    void seek(std::int64_t delay_ms, std::function<bool(const Wave&)> enough);
    void stop();
    bool is_seeking() const { return enough_ != nullptr; }

    bool awaits(const wire::Probed& answer) const { return is_asking_ && answer.number == wave_; }
    void on_answer(wire::SiteId from, const wire::Probed& answer);
    // Somebody's answer is not waited for any more.
    void on_loss() { conclude(); }

  private:
    void ask();
    void conclude();
    void later();

    post::Loop& loop_;
    wire::SiteId self_;
    Asked asked_;
    std::function<bool(const Wave&)> enough_;
    post::TimerId timer_ = 0;
    std::int64_t delay_ms_ = 0;
    std::uint64_t wave_ = 0;
    int waves_asked_ = 0;
    bool is_asking_ = false;
    std::map<wire::SiteId, wire::Probed> answers_;
    std::optional<std::uint64_t> balance_;  // messages sent and received, at the last quiet wave
};

}  // namespace reowolf::connector
