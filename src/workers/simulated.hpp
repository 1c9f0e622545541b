// SPDX-License-Identifier: MIT
// Errands run in the runtime's own thread, a few instructions at a time, between whatever else it
// does: repeatable from a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "runtime/errand.hpp"

namespace reowolf::workers {

class Simulated final : public runtime::Workers {
  public:
    explicit Simulated(std::uint64_t seed) : random_(seed) {}

    void give(runtime::Errand& errand) override { waiting_.push_back(&errand); }
    runtime::Errand* take_returned() override;
    void take_back(runtime::Errand& errand) override;
    bool help() override;
    void pause() override {}
    void go_on() override {}

    std::uint64_t returned() const { return returns_; }
    std::uint64_t taken_back() const { return taken_back_; }

  private:
    void run_one();

    Random random_;
    std::vector<runtime::Errand*> waiting_;
    std::vector<runtime::Errand*> returned_;
    std::uint64_t returns_ = 0;
    std::uint64_t taken_back_ = 0;
};

}  // namespace reowolf::workers
