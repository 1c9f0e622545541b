// SPDX-License-Identifier: MIT
#include "check/ports.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "check/flow.hpp"

namespace reowolf::check {

using diagnostics::Code;
using diagnostics::NoteCode;

namespace {

// The locals of which something is certain, and since where, in the order of their numbers. Copied
// at every branch, and so flat and kept small; what is over is noticed when it runs.
class Marked {
  public:
    std::optional<Span> where(LocalId local) const {
        const auto at = find(local);
        return is(at, local) ? std::optional(at->where) : std::nullopt;
    }
    void add(LocalId local, Span where) {
        constexpr std::size_t entries_max = 1'000;
        const auto at = find(local);
        if (is(at, local)) {
            entries_[static_cast<std::size_t>(at - entries_.begin())] = {local, where};
        } else if (entries_.size() < entries_max) {
            entries_.insert(at, {local, where});
        }
    }
    void remove(LocalId local) {
        const auto at = find(local);
        if (is(at, local)) entries_.erase(at);
    }
    void clear() { entries_.clear(); }
    bool may_be_back(LocalId local) const {
        const auto at = find(local);
        return is(at, local) && at->may_be_back;
    }
    template <typename May>
    void note_what_may_be_back(May may) {
        for (Entry& each : entries_) each.may_be_back = each.may_be_back || may(each.local);
    }
    void remove_what_may_be_back() { std::erase_if(entries_, &Entry::may_be_back); }
    // What is marked in both.
    Marked meet(const Marked& other) const {
        Marked both;
        std::ranges::set_intersection(entries_, other.entries_, std::back_inserter(both.entries_),
                                      {}, &Entry::local, &Entry::local);
        both.note_what_may_be_back([&](LocalId local) { return other.may_be_back(local); });
        return both;
    }

  private:
    struct Entry {
        LocalId local;
        Span where;
        bool may_be_back = false;
    };
    using At = std::vector<Entry>::const_iterator;

    At find(LocalId local) const {
        return std::ranges::lower_bound(entries_, local, {}, &Entry::local);
    }
    bool is(At at, LocalId local) const { return at != entries_.end() && at->local == local; }

    std::vector<Entry> entries_;
};

struct Known {
    // Names of ports that were handed away. One that has come back since is known by its old names
    // too: it can be handed on at once, and used in the next block.
    Marked gone;
    Marked coming;  // names of ports that this sync block has got
};

// Nothing: no way leads here.
using State = std::optional<Known>;

State meet(const State& a, const State& b) {
    if (!a) return b;
    if (!b) return a;
    return Known{a->gone.meet(b->gone), a->coming.meet(b->coming)};
}

class Ports {
  public:
    Ports(const Routine& routine, const Terms& terms, const MayHold& may_hold,
          diagnostics::Diagnostics& diagnostics)
        : routine_(routine), terms_(terms), may_hold_(may_hold), diagnostics_(diagnostics) {}

    void run() { statements(routine_.body); }

  private:
    // A port or an array of ports: a name of nothing else.
    bool names_ports(Term type) const { return is_port(terms_.kind(element(type))); }
    Term element(Term type) const {
        while (terms_.kind(type) == TermKind::array) type = terms_.argument(type);
        return type;
    }

    // ---- expressions

    void use(const Expression* of) {
        if (of != nullptr) {
            std::visit([&](const auto& node) { read(node, *of); }, of->node);
        }
    }
    void read(const Use& of, const Expression& whole) {
        if (state_ && !state_->gone.may_be_back(of.local)) refuse_gone(of, whole);
    }
    void refuse_gone(const Use& of, const Expression& whole) {
        const auto gone = state_->gone.where(of.local);
        if (!gone) return;
        if (*gone == whole.span) {
            diagnostics_.report<Code::port_handed_in_loop>(whole.span,
                                                           routine_.locals[of.local].name);
        } else {
            diagnostics_.report<Code::port_handed_away>(whole.span, routine_.locals[of.local].name)
                .note<NoteCode::handed_away_here>(*gone);
        }
        // Once is enough.
        state_->gone.remove(of.local);
    }
    // The port of a get, put or fires. One that came in this block can be handed on, but not used.
    void use_port(const Expression& port) {
        use(&port);
        const auto* name = std::get_if<Use>(&port.node);
        if (!state_ || !name) return;
        refuse_gone(*name, port);
        const auto came = state_->coming.where(name->local);
        if (!came) return;
        diagnostics_.report<Code::port_not_yet_owned>(port.span, routine_.locals[name->local].name)
            .note<NoteCode::got_here>(*came);
        state_->coming.remove(name->local);
    }
    void read(const Array& of, const Expression&) {
        for (const auto& each : of.elements) use(each.get());
    }
    void read(const Index& of, const Expression&) {
        use(of.of.get());
        use(of.index.get());
    }
    void read(const Slice& of, const Expression&) {
        use(of.of.get());
        use(of.low.get());
        use(of.high.get());
    }
    void read(const Length& of, const Expression&) { use(of.of.get()); }
    void read(const Create& of, const Expression&) { use(of.count.get()); }
    void read(const Cast& of, const Expression&) { use(of.of.get()); }
    void read(const Unary& of, const Expression&) { use(of.of.get()); }
    void read(const Binary& of, const Expression&) {
        use(of.left.get());
        use(of.right.get());
    }
    void read(const Conditional& of, const Expression&) {
        use(of.condition.get());
        use(of.yes.get());
        use(of.no.get());
    }
    void read(const Tuple& of, const Expression&) {
        for (const auto& each : of.elements) use(each.get());
    }
    void read(const Construct& of, const Expression&) {
        for (const auto& each : of.values) use(each.get());
    }
    void read(const Field& of, const Expression&) { use(of.of.get()); }
    void read(const Let& of, const Expression&) { use(of.value.get()); }
    void read(const Call& of, const Expression&) {
        for (const auto& each : of.arguments) use(each.get());
    }
    void read(const Get& of, const Expression& whole) {
        use_port(*of.port);
        come_back(whole.type);
    }
    void read(const Put& of, const Expression&) {
        use_port(*of.port);
        use(of.value.get());
        hand_away(*of.value);
    }
    void read(const Fires& of, const Expression&) { use_port(*of.port); }
    void read(const Print& of, const Expression&) {
        for (const auto& each : of.values) use(each.get());
    }
    template <typename Other>
    void read(const Other&, const Expression&) {}

    void hand_away(const Expression& of) {
        if (!state_) return;
        const auto all = [&](const std::vector<ExpressionPtr>& parts) {
            for (const auto& each : parts) hand_away(*each);
        };
        if (const auto* name = std::get_if<Use>(&of.node); name && names_ports(of.type)) {
            // Twice in one value.
            read(*name, of);
            state_->gone.add(name->local, of.span);
        }
        if (const auto* array = std::get_if<Array>(&of.node)) all(array->elements);
        if (const auto* tuple = std::get_if<Tuple>(&of.node)) all(tuple->elements);
        if (const auto* made = std::get_if<Construct>(&of.node)) all(made->values);
    }
    void come_back(Term message) {
        if (!state_) return;
        state_->gone.note_what_may_be_back([&](LocalId local) {
            return may_hold_(message, element(routine_.locals[local].type));
        });
    }
    void set(LocalId local) {
        if (!state_) return;
        state_->gone.remove(local);
        state_->coming.remove(local);
    }
    void set(LocalId local, const Expression* value) {
        set(local);
        if (state_ && value && std::holds_alternative<Get>(value->node) && names_ports(value->type))
            state_->coming.add(local, value->span);
    }

    // ---- statements

    void statements(const Block& of) {
        for (const StatementPtr& each : of.statements) run(*each);
    }
    void run(const Statement& of) {
        std::visit([&](const auto& node) { step(node); }, of.node);
    }
    void step(const Block& of) { statements(of); }
    void step(const Declare& of) {
        use(of.value.get());
        set(of.local, of.value.get());
    }
    void step(const Assign& of) {
        for (const auto& each : of.place.steps) use(each.index.get());
        use(of.value.get());
        set(of.place.local, of.place.steps.empty() ? of.value.get() : nullptr);
    }
    void step(const Evaluate& of) { use(of.expression.get()); }
    void step(const If& of) {
        use(of.condition.get());
        const State before = state_;
        run(*of.yes);
        const State after_yes = std::exchange(state_, before);
        if (of.no) run(*of.no);
        state_ = meet(after_yes, state_);
    }
    void step(const While& of) {
        const bool endless = is_true(*of.condition);
        use(of.condition.get());
        round(*of.body, endless);
    }
    void round(const Statement& body, bool endless) {
        const State before = state_;
        State left = std::exchange(left_, std::nullopt);
        State continued = std::exchange(continued_, std::nullopt);
        run(body);
        state_ = meet(state_, continued_);
        // Only an endless loop certainly comes round again; loops inside it need not any more.
        if (endless && state_ && !again_) {
            again_ = true;
            run(body);
            again_ = false;
            state_ = meet(state_, continued_);
        }
        // What a round takes away from what is known may be missing at the breaks of the next.
        const State after = meet(left_, state_);
        state_ = endless ? (left_ ? after : std::nullopt) : meet(before, after);
        left_ = std::move(left);
        continued_ = std::move(continued);
    }
    template <typename Loop>
    void loop(const Loop& of) {
        set(of.local);
        round(*of.body, false);
    }
    void step(const Range& of) {
        use(of.low.get());
        use(of.high.get());
        loop(of);
    }
    void step(const Each& of) {
        use(of.of.get());
        loop(of);
    }
    void step(const Break&) {
        left_ = meet(left_, state_);
        state_.reset();
    }
    void step(const Continue&) {
        continued_ = meet(continued_, state_);
        state_.reset();
    }
    void step(const Return& of) {
        use(of.value.get());
        state_.reset();
    }
    void step(const Assert& of) { use(of.condition.get()); }
    void step(const Sync& of) {
        run(*of.body);
        if (!state_) return;
        state_->coming.clear();
        state_->gone.remove_what_may_be_back();
    }
    void step(const Fork& of) {
        const State before = state_;
        State after;
        for (const StatementPtr& each : of.alternatives) {
            state_ = before;
            run(*each);
            after = meet(after, state_);
        }
        state_ = std::move(after);
    }
    void step(const Goto&) {}
    void step(const Labelled&) {}
    void step(const Select& of) {
        const State before = state_;
        State after;
        for (const Select::Arm& arm : of.arms) {
            state_ = before;
            for (const auto& each : arm.ports) use_port(*each);
            for (std::size_t i = 0; i < arm.locals.size(); ++i) {
                come_back(routine_.locals[arm.locals[i]].type);
                set(arm.locals[i]);
                if (state_ && names_ports(routine_.locals[arm.locals[i]].type)) {
                    state_->coming.add(arm.locals[i], arm.ports[i]->span);
                }
            }
            run(*arm.body);
            after = meet(after, state_);
        }
        state_ = std::move(after);
    }
    void step(const Channel& of) {
        set(of.out);
        set(of.in);
    }
    void step(const Start& of) {
        for (const auto& each : of.arguments) {
            use(each.get());
            hand_away(*each);
        }
    }

    const Routine& routine_;
    const Terms& terms_;
    const MayHold& may_hold_;
    diagnostics::Diagnostics& diagnostics_;
    State state_ = Known{};
    bool again_ = false;
    State left_;       // where the breaks of the innermost loop lead
    State continued_;  // and its continues
};

}  // namespace

void check_ports(const Routine& routine, const Module& module, const MayHold& may_hold,
                 diagnostics::Diagnostics& diagnostics) {
    // Where jumps lead is not followed; what is wrong then fails when it runs.
    if (routine.kind == program::RoutineKind::function || routine.labels > 0) return;
    Ports(routine, module.terms, may_hold, diagnostics).run();
}

}  // namespace reowolf::check
