// SPDX-License-Identifier: MIT
#include "tools/stats.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "inspection/counts.hpp"

namespace reowolf::tools {

namespace {

using inspection::sum;
using runtime::Counters;
using runtime::Sizes;

class Exposition {
  public:
    void declare(std::string_view name, std::string_view type, std::string_view help) {
        text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
    }
    template <class Number>
    void add(std::string_view name, Number value) {
        text_ += fmt::format("{} {}\n", name, value);
    }
    template <class Number>
    void counter(std::string_view name, std::string_view help, Number value) {
        declare(name, "counter", help);
        add(name, value);
    }
    void counters(std::string_view name, std::string_view help, std::string_view label,
                  std::span<const std::uint64_t> counts, std::span<const std::string_view> names) {
        declare(name, "counter", help);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, names[i], counts[i]);
        }
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

void expose_sizes(const Sizes& sizes, Exposition& out) {
    constexpr std::string_view name = "reowolf_round_components";
    out.declare(name, "histogram", "Components in a round.");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i + 1 < Sizes::buckets; ++i) {
        below += sizes.rounds[i];
        out.add(fmt::format("{}_bucket{{le=\"{}\"}}", name, Sizes::bound(i)), below);
    }
    out.add(fmt::format("{}_bucket{{le=\"+Inf\"}}", name), sum(sizes.rounds));
    out.add(fmt::format("{}_sum", name), sizes.components);
    out.add(fmt::format("{}_count", name), sum(sizes.rounds));
}

}  // namespace

std::string workers_as_text(const Labour& labour) {
    return fmt::format("{}; steals {}; idle {:.3f} s who runs the rounds, {:.3f} s the others",
                       labour.workers, labour.steals, labour.rounds_idle_seconds,
                       labour.others_idle_seconds);
}

std::string stats_as_text(const Counters& counters, const Labour& labour, double seconds) {
    const double rate = seconds > 0 ? static_cast<double>(counters.rounds()) / seconds : 0;
    return fmt::format(
        "time        {:.3f} s, {:.0f} rounds a second\n"
        "rounds      {}: {} in the lane, {} in the general way\n"
        "sizes       {}\n"
        "commits     {}\n"
        "messages    {}\n"
        "components  {}\n"
        "behaviours  {}\n"
        "falls       {}{}\n"
        "workers     {}\n",
        seconds, rate, counters.rounds(), counters.rounds_in_lane, counters.rounds_in_general,
        inspection::sizes_as_text(counters.sizes), counters.sizes.components, counters.messages,
        inspection::components_as_text(counters), inspection::behaviours_as_text(counters),
        sum(counters.falls), inspection::in_detail(counters.falls, runtime::fall_names),
        workers_as_text(labour));
}

std::string stats_for_prometheus(const Counters& counters, const Labour& labour, double seconds) {
    Exposition out;
    out.declare("reowolf_run_seconds", "gauge", "Time since the start.");
    out.add("reowolf_run_seconds", fmt::format("{:.6f}", seconds));
    constexpr std::string_view ways[] = {"lane", "general"};
    const std::uint64_t rounds[] = {counters.rounds_in_lane, counters.rounds_in_general};
    out.counters("reowolf_rounds_total", "Rounds committed, by the way they took.", "way", rounds,
                 ways);
    expose_sizes(counters.sizes, out);
    out.counter("reowolf_commits_total", "Behaviours committed: one of each component in a round.",
                counters.sizes.components);
    out.counter("reowolf_messages_total", "Messages of committed behaviours.", counters.messages);
    out.counter("reowolf_behaviours_total", "Behaviours explored in the general way.",
                counters.behaviours);
    out.counters("reowolf_behaviours_discarded_total", "Behaviours that came to nothing.", "cause",
                 counters.discarded, runtime::cause_names);
    out.counter("reowolf_behaviours_hopeless_total",
                "Complete behaviours that can be in no round: a count that nobody matches.",
                counters.hopeless);
    out.counter("reowolf_behaviours_dropped_total",
                "Behaviours given up because what they had got was taken back.", counters.dropped);
    out.counters("reowolf_lane_falls_total", "Regions that had to leave the lane.", "reason",
                 counters.falls, runtime::fall_names);
    out.declare("reowolf_components", "gauge", "Components that have not ended.");
    out.add("reowolf_components", counters.components_made - counters.components_ended);
    out.counter("reowolf_components_made_total", "Components made.", counters.components_made);
    out.counter("reowolf_components_ended_total", "Components that have ended, failed ones too.",
                counters.components_ended);
    out.counter("reowolf_components_failed_total", "Components that have failed.",
                counters.components_failed);
    out.counter("reowolf_components_stuck_total", "Components reported as stuck.",
                counters.components_stuck);
    out.declare("reowolf_workers", "gauge", "Threads that run components.");
    out.add("reowolf_workers", labour.workers);
    out.counter("reowolf_steals_total",
                "Long computing, and parts of the program, taken over by another thread.",
                labour.steals);
    constexpr std::string_view idle = "reowolf_idle_seconds_total";
    out.declare(idle, "counter", "Time that threads have slept, having nothing to do.");
    out.add(fmt::format("{}{{thread=\"rounds\"}}", idle),
            fmt::format("{:.6f}", labour.rounds_idle_seconds));
    out.add(fmt::format("{}{{thread=\"others\"}}", idle),
            fmt::format("{:.6f}", labour.others_idle_seconds));
    return out.take();
}

}  // namespace reowolf::tools
