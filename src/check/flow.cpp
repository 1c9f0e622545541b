// SPDX-License-Identifier: MIT
#include "check/flow.hpp"

#include <utility>

namespace reowolf::check {

using diagnostics::Code;

bool is_true(const Expression& condition) {
    const auto* number = std::get_if<Number>(&condition.node);
    return number != nullptr && number->bits == 1;
}

namespace {

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
        const bool outer = std::exchange(breaks_, false);
        completes(*of.body);
        const bool left = std::exchange(breaks_, outer);
        return left || !is_true(*of.condition);
    }
    template <typename Loop>
    bool loop(const Loop& of) {
        const bool outer = std::exchange(breaks_, false);
        completes(*of.body);
        breaks_ = outer;
        return true;
    }
    bool visit(const Range& of) { return loop(of); }
    bool visit(const Each& of) { return loop(of); }
    bool visit(const Break&) {
        breaks_ = true;
        return false;
    }
    bool visit(const Continue&) { return false; }
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
    bool breaks_ = false;
    bool returns_ = false;
};

}  // namespace

void check_flow(Routine& routine, const Terms& terms, diagnostics::Diagnostics& diagnostics) {
    Flow flow(diagnostics);
    const bool completes = flow.completes(routine.body);
    routine.may_end = completes || flow.returns();
    if (routine.kind == program::RoutineKind::function && completes && !routine.constant) {
        auto& said = diagnostics.report<Code::missing_return>(routine.end, routine.name);
        if (routine.result) {
            said.note<diagnostics::NoteCode::result_here>(routine.result_span, routine.name,
                                                          terms.name(*routine.result));
        }
    }
}

}  // namespace reowolf::check
