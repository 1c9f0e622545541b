// SPDX-License-Identifier: MIT
#include "service/simulated.hpp"

#include <algorithm>
#include <utility>

#include "post/lasting.hpp"
#include "service/core.hpp"
#include "service/edges.hpp"

namespace reowolf::service {

namespace {

// Whoever waits in a simulation for what never happens is told so after that much.
constexpr std::int64_t end_of_time_ms = 100'000'000;

}  // namespace

SimulatedWorld::SimulatedWorld(std::uint64_t seed, const NetworkOptions& options)
    : seed_(seed),
      options_(options),
      limits_(limits_of_edges({}, options.tick_patience.count())),
      loop_(seed),
      network_(loop_, seed + 1, {}, limits_) {}

SimulatedWorld::~SimulatedWorld() = default;

std::unique_ptr<Network> SimulatedWorld::process(const std::string& host) {
    const std::uint64_t number = ++processes_made_;
    // What the former one has asked of the loop may still come, and do nothing.
    if (const auto former = processes_.find(host); former != processes_.end()) {
        former_.emplace(number, std::move(former->second));
    }
    Process process{.scheduler = std::make_shared<tasks::Simulated>(seed_ + number),
                    .loop = network_.loop(host),
                    .transport = {}};
    process.transport = post::make_lasting_transport(
        *process.loop, limits_, network_.endpoint(host), {}, [this] { return random().next(); });
    process.scheduler->advance_to(loop_.now_ms() * 1'000'000);
    process.scheduler->drive_with([this] {
        step();
        return now_ms() < end_of_time_ms;
    });
    Environment environment;
    // As with workers, what has not begun when the network ends does not run any more.
    environment.scheduler = {process.scheduler.get(),
                             [held = process.scheduler](auto* scheduler) { scheduler->forget(); }};
    environment.seed = seed_ * 1'000 + number;
    environment.tick_ms = options_.tick.count();
    environment.tick_patience_ms = options_.tick_patience.count();
    environment.loop = process.loop.get();
    environment.transport = process.transport.get();
    processes_[host] = std::move(process);
    return std::make_unique<Network>(std::make_shared<Core>(std::move(environment)));
}

void SimulatedWorld::step() {
    const std::size_t first = random().below(std::max<std::size_t>(processes_.size(), 1));
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        const auto at = std::next(processes_.begin(),
                                  static_cast<std::ptrdiff_t>((first + i) % processes_.size()));
        if (at->second.scheduler->run_one()) return;
    }
    loop_.run_for(1);
    for (auto& [host, process] : processes_) {
        process.scheduler->advance_to(loop_.now_ms() * 1'000'000);
    }
}

void SimulatedWorld::run_for(std::int64_t duration_ms) {
    const std::int64_t end_ms = now_ms() + duration_ms;
    while (now_ms() < end_ms) step();
}

}  // namespace reowolf::service
