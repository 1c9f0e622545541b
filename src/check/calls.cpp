// SPDX-License-Identifier: MIT
#include <algorithm>

#include "check/checker.hpp"

namespace reowolf::check {

using program::RoutineKind;

// ---- what may stand where

bool Checker::only_in(std::initializer_list<RoutineKind> kinds, std::string_view what, Span span) {
    const RoutineKind here = routine().kind;
    if (std::find(kinds.begin(), kinds.end(), here) != kinds.end()) return true;
    const bool builds =
        std::find(kinds.begin(), kinds.end(), RoutineKind::composite) != kinds.end();
    const std::string_view hint = here == RoutineKind::function ? "; functions only compute"
                                  : builds ? "; a 'composite' or a 'comp' can build"
                                           : "; a 'primitive' or a 'comp' can synchronise";
    report<Code::not_in_this_kind>(span, what, kind_name(here), hint)
        .note<NoteCode::defined_here>(routine().span, routine().name);
    return false;
}

bool Checker::only_inside_sync(std::string_view what, Span span) {
    if (!only_in({RoutineKind::primitive, RoutineKind::component}, what, span)) return false;
    if (sync_) return true;
    report<Code::outside_sync>(span, what);
    return false;
}

bool Checker::only_outside_sync(std::string_view what, Span span) {
    if (!only_in({RoutineKind::composite, RoutineKind::component, RoutineKind::connector}, what,
                 span)) {
        return false;
    }
    if (!sync_) return true;
    report<Code::inside_sync>(span, what).note<NoteCode::sync_begins_here>(*sync_);
    return false;
}

// ---- calls of what the module defines

void Checker::arguments(const Signature& of, const std::vector<ExpressionPtr>& given, Span span) {
    const std::size_t wanted = of.parameters.size();
    if (given.size() != wanted) {
        report<Code::argument_count>(span, of.name, wanted, wanted == 1 ? "" : "s", given.size())
            .note<NoteCode::defined_here>(of.span, of.name);
        give_up(of.type_arguments, span);
    }
    for (std::size_t i = 0; i < std::min(given.size(), wanted); ++i) {
        const Signature::Parameter& parameter = of.parameters[i];
        if (terms().unify(given[i]->type, parameter.type, given[i]->span)) continue;
        if (terms().contains_invalid(given[i]->type) || terms().contains_invalid(parameter.type)) {
            continue;
        }
        Diagnostic& said = report<Code::type_mismatch>(given[i]->span, terms().name(parameter.type),
                                                       terms().name(given[i]->type));
        note_type(said, *given[i]);
        said.note<NoteCode::parameter_here>(parameter.span, parameter.name, of.name,
                                            terms().name(parameter.type));
        note_conflict(said);
        give_up(of.type_arguments, span);
    }
}

ExpressionPtr Checker::check(const tree::Call& of, Span span) {
    if (is_builtin(of.callee.text)) return builtin(of, span);
    const auto routine = callee(of.callee, find_symbol(of.callee.text), false);
    if (routine) return call(*routine, {}, of.arguments, span);
    give_up(values(of.arguments));
    return invalid(span);
}

void Checker::give_up(const std::vector<ExpressionPtr>& given) {
    for (const ExpressionPtr& each : given) given_to_unknown_.emplace_back(each->type, each->span);
}

void Checker::give_up(const std::vector<Term>& types, Span span) {
    for (const Term each : types) given_to_unknown_.emplace_back(each, span);
}

// ---- what is built in

bool Checker::takes(const tree::Call& of, std::size_t arguments, Span span) {
    if (of.arguments.size() == arguments) return true;
    for (const auto& each : of.arguments) value(*each);
    report<Code::argument_count>(span, of.callee.text, arguments, arguments == 1 ? "" : "s",
                                 of.arguments.size());
    return false;
}

ExpressionPtr Checker::builtin(const tree::Call& of, Span span) {
    const std::string& name = of.callee.text;
    if (name == "length") return length(of, span);
    if (name == "create") return create(of, span);
    if (routine().kind == RoutineKind::function) {
        // What else is wrong with it does not matter: it cannot stay.
        only_in({}, name, span);
        values(of.arguments);
        return invalid(span);
    }
    if (name == "get") return get(of, span);
    if (name == "put") return put(of, span);
    if (name == "fires") return fires(of, span);
    return print(of, span);
}

Term Checker::port_message(const Expression& port, TermKind kind) {
    const Term message = terms().variable(port.span, "the type of the port's messages");
    const bool is_known = !terms().contains_invalid(port.type);
    if (is_known && terms().unify(port.type, terms().port(kind, message), port.span)) {
        return terms().argument(port.type);
    }
    if (is_known) {
        note_type(report<Code::expected_port>(
                      port.span, kind == TermKind::in_port ? "an 'in' port" : "an 'out' port",
                      terms().name(port.type)),
                  port);
    }
    (void)terms().unify(message, terms().invalid(), port.span);
    return terms().invalid();
}

ExpressionPtr Checker::get(const tree::Call& of, Span span) {
    only_inside_sync("get", span);
    if (!takes(of, 1, span)) return invalid(span);
    ExpressionPtr port = value(*of.arguments[0]);
    const Term message = port_message(*port, TermKind::in_port);
    return make(span, message, Get{std::move(port)});
}

ExpressionPtr Checker::put(const tree::Call& of, Span span) {
    only_inside_sync("put", span);
    const Term nothing = terms().plain(TermKind::nothing);
    if (!takes(of, 2, span)) return make(span, nothing, Invalid{});
    ExpressionPtr port = value(*of.arguments[0]);
    ExpressionPtr message = value(*of.arguments[1]);
    const Term carried = port_message(*port, TermKind::out_port);
    if (!terms().unify(message->type, carried, message->span) &&
        !terms().contains_invalid(message->type) && !terms().contains_invalid(carried)) {
        Diagnostic& said = report<Code::type_mismatch>(message->span, terms().name(carried),
                                                       terms().name(message->type));
        note_type(said, *message);
        if (const auto* use = std::get_if<Use>(&port->node)) {
            const Local& local = routine().locals[use->local];
            said.note<NoteCode::port_carries>(local.span, local.name, terms().name(carried));
        }
        note_conflict(said);
    }
    return make(span, nothing, Put{std::move(port), std::move(message)});
}

ExpressionPtr Checker::fires(const tree::Call& of, Span span) {
    only_inside_sync("fires", span);
    const Term boolean = terms().plain(TermKind::boolean);
    if (!takes(of, 1, span)) return make(span, boolean, Invalid{});
    ExpressionPtr port = value(*of.arguments[0]);
    const Operand found(*port);
    when_known(port->type, [this, found] {
        const TermKind kind = terms().kind(found.type);
        if (is_port(kind) || kind == TermKind::invalid) return;
        note_type(report<Code::expected_port>(found.span, "a port", terms().name(found.type)),
                  found);
    });
    return make(span, boolean, Fires{std::move(port)});
}

ExpressionPtr Checker::length(const tree::Call& of, Span span) {
    if (!takes(of, 1, span)) return make(span, terms().plain(TermKind::u32), Invalid{});
    ExpressionPtr inner = value(*of.arguments[0]);
    const Term type = length_of(*inner);
    return make(span, type, Length{std::move(inner)});
}

ExpressionPtr Checker::create(const tree::Call& of, Span span) {
    const Term bytes = terms().array(terms().plain(TermKind::u8));
    if (!takes(of, 1, span)) return make(span, bytes, Invalid{});
    ExpressionPtr count = value(*of.arguments[0]);
    expect_integer(*count);
    return make(span, bytes, Create{std::move(count)});
}

ExpressionPtr Checker::print(const tree::Call& of, Span span) {
    only_in({RoutineKind::primitive, RoutineKind::composite, RoutineKind::component,
             RoutineKind::connector},
            "print", span);
    std::vector<ExpressionPtr> given = values(of.arguments);
    for (const ExpressionPtr& each : given) {
        const Operand found(*each);
        when_settled(each->type, [this, found] {
            if (holds_port(found.type)) report<Code::cannot_print>(found.span);
        });
    }
    return make(span, terms().plain(TermKind::nothing), Print{std::move(given)});
}

}  // namespace reowolf::check
