// SPDX-License-Identifier: MIT
#include "check/flow.hpp"

#include <vector>

namespace reowolf::check {

using diagnostics::Code;

bool is_true(const Expression& condition) {
    const auto* number = std::get_if<Number>(&condition.node);
    return number != nullptr && number->bits == 1;
}

namespace {

bool begins_with_label(const Statement& of) {
    if (std::holds_alternative<Labelled>(of.node)) return true;
    const auto* block = std::get_if<Block>(&of.node);
    return block && !block->statements.empty() && begins_with_label(*block->statements[0]);
}

class Flow {
  public:
    explicit Flow(diagnostics::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    // Whether execution can go on after it.
    bool completes(const Statement& of) {
        return std::visit([&](const auto& node) { return visit(node); }, of.node);
    }
    bool completes(const Block& of) {
        bool goes_on = true;
        bool said = false;
        for (const StatementPtr& each : of.statements) {
            // Something may jump there.
            if (begins_with_label(*each)) goes_on = true;
            if (!goes_on && !said) {
                diagnostics_.report<Code::unreachable>(each->span);
                said = true;
            }
            // What is unreachable is looked at nevertheless, for what is inside.
            const bool after = completes(*each);
            goes_on = goes_on && after;
        }
        return goes_on;
    }
    bool returns() const { return returns_; }

  private:
    bool visit(const Block& of) { return completes(of); }
    bool visit(const If& of) {
        const bool yes = completes(*of.yes);
        const bool no = of.no ? completes(*of.no) : true;
        return yes || no;
    }
    bool visit(const While& of) {
        breaks_.push_back(false);
        completes(*of.body);
        const bool left = breaks_.back();
        breaks_.pop_back();
        return left || !is_true(*of.condition);
    }
    template <typename Loop>
    bool loop(const Loop& of) {
        breaks_.push_back(false);
        completes(*of.body);
        breaks_.pop_back();
        return true;
    }
    bool visit(const Range& of) { return loop(of); }
    bool visit(const Each& of) { return loop(of); }
    bool visit(const Break& of) {
        if (of.loop < breaks_.size()) breaks_[breaks_.size() - 1 - of.loop] = true;
        return false;
    }
    bool visit(const Continue&) { return false; }
    bool visit(const Goto&) { return false; }
    bool visit(const Select& of) {
        bool any = false;
        for (const Select::Arm& arm : of.arms) {
            const bool after = completes(*arm.body);
            any = any || after;
        }
        return any;
    }
    bool visit(const Return&) {
        returns_ = true;
        return false;
    }
    bool visit(const Sync& of) { return completes(*of.body); }
    bool visit(const Fork& of) {
        bool any = false;
        for (const StatementPtr& each : of.alternatives) {
            const bool after = completes(*each);
            any = any || after;
        }
        return any;
    }
    template <typename Other>
    bool visit(const Other&) {
        return true;
    }

    diagnostics::Diagnostics& diagnostics_;
    std::vector<bool> breaks_;  // of the loops around: whether something leaves them
    bool returns_ = false;
};

}  // namespace

void check_flow(Routine& routine, const Terms& terms, diagnostics::Diagnostics& diagnostics) {
    Flow flow(diagnostics);
    const bool completes = flow.completes(routine.body);
    routine.may_end = completes || flow.returns();
    if (routine.kind == program::RoutineKind::function && completes && !routine.constant) {
        auto& said = diagnostics.report<Code::missing_return>(routine.end, routine.name);
        if (routine.result && !terms.contains_invalid(*routine.result)) {
            said.note<diagnostics::NoteCode::result_here>(routine.result_span, routine.name,
                                                          terms.name(*routine.result));
        }
    }
}

}  // namespace reowolf::check
