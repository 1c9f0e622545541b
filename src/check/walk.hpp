// SPDX-License-Identifier: MIT
// Visits every expression of a typed tree, also those inside others, operands first.
#pragma once

#include "check/typed.hpp"

namespace reowolf::check {

template <typename Visit>
class Walk {
  public:
    explicit Walk(Visit visit) : visit_(visit) {}

    void block(const Block& of) {
        for (const auto& each : of.statements) statement(*each);
    }
    void statement(const Statement& of) {
        std::visit([&](const auto& node) { step(node); }, of.node);
    }
    void expression(const ExpressionPtr& of) {
        if (!of) return;
        std::visit([&](const auto& node) { inside(node); }, of->node);
        visit_(*of);
    }

  private:
    void all(const std::vector<ExpressionPtr>& of) {
        for (const auto& each : of) expression(each);
    }
    void pattern(const Pattern& of) {
        expression(of.value);
        for (const Pattern& each : of.inside) pattern(each);
    }

    void inside(const Array& of) { all(of.elements); }
    void inside(const Tuple& of) { all(of.elements); }
    void inside(const Construct& of) { all(of.values); }
    void inside(const Field& of) { expression(of.of); }
    void inside(const Let& of) {
        expression(of.value);
        if (of.pattern) pattern(*of.pattern);
    }
    void inside(const Index& of) {
        expression(of.of);
        expression(of.index);
    }
    void inside(const Slice& of) {
        expression(of.of);
        expression(of.low);
        expression(of.high);
    }
    void inside(const Length& of) { expression(of.of); }
    void inside(const Create& of) { expression(of.count); }
    void inside(const Cast& of) { expression(of.of); }
    void inside(const Unary& of) { expression(of.of); }
    void inside(const Binary& of) {
        expression(of.left);
        expression(of.right);
    }
    void inside(const Conditional& of) {
        expression(of.condition);
        expression(of.yes);
        expression(of.no);
    }
    void inside(const Call& of) { all(of.arguments); }
    void inside(const Get& of) { expression(of.port); }
    void inside(const Put& of) {
        expression(of.port);
        expression(of.value);
    }
    void inside(const Fires& of) { expression(of.port); }
    void inside(const Print& of) { all(of.values); }
    void inside(const Invalid&) {}
    void inside(const Number&) {}
    void inside(const EnumValue&) {}
    void inside(const Float&) {}
    void inside(const Text&) {}
    void inside(const Use&) {}

    void step(const Block& of) { block(of); }
    void step(const Declare& of) { expression(of.value); }
    void step(const Assign& of) {
        for (const PlaceStep& each : of.place.steps) expression(each.index);
        expression(of.value);
    }
    void step(const Evaluate& of) { expression(of.expression); }
    void step(const If& of) {
        expression(of.condition);
        statement(*of.yes);
        if (of.no) statement(*of.no);
    }
    void step(const While& of) {
        expression(of.condition);
        statement(*of.body);
    }
    void step(const Range& of) {
        expression(of.low);
        expression(of.high);
        statement(*of.body);
    }
    void step(const Each& of) {
        expression(of.of);
        statement(*of.body);
    }
    void step(const Return& of) { expression(of.value); }
    void step(const Assert& of) { expression(of.condition); }
    void step(const Sync& of) { statement(*of.body); }
    void step(const Fork& of) {
        for (const auto& each : of.alternatives) statement(*each);
    }
    void step(const Select& of) {
        for (const Select::Arm& arm : of.arms) {
            all(arm.ports);
            statement(*arm.body);
        }
    }
    void step(const Start& of) { all(of.arguments); }
    void step(const Break&) {}
    void step(const Continue&) {}
    void step(const Channel&) {}
    void step(const Goto&) {}
    void step(const Labelled&) {}

    Visit visit_;
};

template <typename Visit>
void for_each_expression(const Block& of, Visit visit) {
    Walk<Visit>(visit).block(of);
}

}  // namespace reowolf::check
