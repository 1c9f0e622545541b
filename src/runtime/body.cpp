// SPDX-License-Identifier: MIT
#include "runtime/body.hpp"

#include <utility>

namespace reowolf::runtime {

bool ProgramBody::same_state(const Body& other) const {
    return shared_->comparison.same(state_, static_cast<const ProgramBody&>(other).state_);
}

namespace {

class ProgramForesight final : public Foresight {
  public:
    explicit ProgramForesight(machine::Forecast forecast) : forecast_(std::move(forecast)) {}
    void got(std::optional<machine::Value> message) override { forecast_.got(std::move(message)); }
    std::optional<machine::Foreseen> next() override { return forecast_.next(); }

  private:
    machine::Forecast forecast_;
};

}  // namespace

std::unique_ptr<Foresight> ProgramBody::foresee() const {
    return std::make_unique<ProgramForesight>(
        machine::Forecast(shared_->machine, shared_->program, state_, shared_->limits));
}

std::vector<TraceLine> ProgramBody::trace() const {
    std::vector<TraceLine> lines;
    for (const auto& entry : state_.trace()) {
        const program::Routine& routine = shared_->program.routines[entry.routine];
        lines.push_back(
            {std::string(program::keyword(routine.kind)), routine.name, entry.position});
    }
    return lines;
}

}  // namespace reowolf::runtime
