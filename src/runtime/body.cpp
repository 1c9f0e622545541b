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

void ProgramBody::leave(ComponentIndex component, std::optional<wire::NodeId> behaviour,
                        std::uint64_t instructions) {
    errand_ =
        std::make_unique<Errand>(shared_->machine, state_, component, behaviour, instructions);
    ++shared_->away;
    shared_->workers->give(*errand_);
}

machine::Request ProgramBody::come_back(std::uint64_t& instructions) {
    --shared_->away;
    instructions = errand_->instructions();
    machine::Request request = errand_->take_request();
    errand_.reset();
    return request;
}

void ProgramBody::take_back() {
    if (!errand_) return;
    shared_->workers->take_back(*errand_);
    --shared_->away;
    errand_.reset();
}

std::vector<TraceLine> ProgramBody::trace() const {
    if (errand_) return {};
    std::vector<TraceLine> lines;
    for (const auto& entry : state_.trace()) {
        const program::Routine& routine = shared_->program.routines[entry.routine];
        lines.push_back(
            {std::string(program::keyword(routine.kind)), routine.name, entry.position});
    }
    return lines;
}

}  // namespace reowolf::runtime
