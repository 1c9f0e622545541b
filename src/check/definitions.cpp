// SPDX-License-Identifier: MIT
#include <string_view>
#include <unordered_map>
#include <utility>

#include "check/checker.hpp"
#include "check/flow.hpp"
#include "check/instantiation.hpp"
#include "check/ports.hpp"

namespace reowolf::check {

using program::RoutineKind;

std::string_view kind_name(RoutineKind kind) {
    constexpr std::string_view names[] = {"function", "primitive", "composite", "comp",
                                          "connector"};
    return names[static_cast<std::size_t>(kind)];
}

namespace {

RoutineKind routine_kind(tree::RoutineKind kind) {
    switch (kind) {
        case tree::RoutineKind::function:
            return RoutineKind::function;
        case tree::RoutineKind::primitive:
            return RoutineKind::primitive;
        case tree::RoutineKind::composite:
            return RoutineKind::composite;
        case tree::RoutineKind::component:
            return RoutineKind::component;
    }
    return RoutineKind::function;
}

}  // namespace

std::optional<Module> Checker::run() {
    const bool parsed = !diagnostics_.has_errors();
    collect();
    RoutineId next = 0;
    for (const tree::Definition& definition : tree_.definitions) {
        if (diagnostics_.full()) break;
        const RoutineId id = next++;
        if (const auto* of = std::get_if<tree::Routine>(&definition)) check_body(id, of->body);
        if (const auto* of = std::get_if<tree::Constant>(&definition)) check_constant(id, *of);
        if (const auto* of = std::get_if<tree::Connector>(&definition)) check_body(id, of->body);
    }
    // What was left out of the tree could be a return, or a loop's end.
    if (parsed && !diagnostics_.full()) {
        for (Routine& each : module_.routines) {
            check_flow(each, module_.terms, diagnostics_);
            check_ports(each, module_, diagnostics_);
        }
        check_instantiation(module_, diagnostics_);
        check_constants(module_, diagnostics_);
    }
    if (diagnostics_.has_errors()) return std::nullopt;
    return std::move(module_);
}

void Checker::collect() {
    excused_.insert(tree_.excused.begin(), tree_.excused.end());
    // One routine for each definition, in order, so that their numbers agree.
    for (const tree::Definition& definition : tree_.definitions) {
        if (const auto* of = std::get_if<tree::Routine>(&definition)) collect_routine(*of);
        if (const auto* of = std::get_if<tree::Constant>(&definition)) collect_constant(*of);
        if (const auto* of = std::get_if<tree::Connector>(&definition)) collect_connector(*of);
    }
    if (!tree_.self) return;
    if (!module_.connector) {
        report<Code::self_without_connector>(tree_.self->span);
        return;
    }
    module_.connector->self = find_peer(*tree_.self);
}

bool Checker::define(const tree::Name& name, RoutineId routine) {
    if (is_builtin(name.text)) {
        report<Code::builtin_redefined>(name.span, name.text);
        return false;
    }
    const auto [at, added] = globals_.emplace(name.text, Global{routine, name.span});
    if (!added) {
        report<Code::repeated_definition>(name.span, name.text)
            .note<NoteCode::first_here>(at->second.span);
    }
    return added;
}

void Checker::collect_routine(const tree::Routine& of) {
    const RoutineId id = static_cast<RoutineId>(module_.routines.size());
    define(of.name, id);
    Routine routine;
    routine.name = of.name.text;
    routine.span = of.name.span;
    routine.kind = routine_kind(of.kind);
    routine.end = of.end;
    std::unordered_map<std::string_view, Span> names;
    for (const tree::Parameter& parameter : of.parameters) {
        const auto [same, added] = names.emplace(parameter.name.text, parameter.name.span);
        if (!added) {
            report<Code::repeated_parameter>(parameter.name.span, parameter.name.text)
                .note<NoteCode::first_here>(same->second);
        }
        const Term term = type(parameter.type, TypePlace::parameter, "");
        if (routine.kind == RoutineKind::function && terms().contains_port(term)) {
            report<Code::port_in_function>(parameter.type.span, parameter.name.text,
                                           terms().name(term));
        }
        routine.locals.push_back({parameter.name.text, parameter.name.span, term, true, false});
    }
    routine.parameters = static_cast<std::uint32_t>(routine.locals.size());
    if (of.result) {
        routine.result = type(*of.result, TypePlace::result, "");
        routine.result_span = of.result->span;
        if (terms().contains_port(*routine.result)) {
            report<Code::port_as_result>(of.result->span, terms().name(*routine.result));
        }
    }
    module_.routines.push_back(std::move(routine));
}

void Checker::collect_constant(const tree::Constant& of) {
    define(of.name, static_cast<RoutineId>(module_.routines.size()));
    Routine routine;
    routine.name = of.name.text;
    routine.span = of.name.span;
    routine.end = of.name.span;
    routine.constant = true;
    routine.result = type(of.type, TypePlace::constant, "");
    routine.result_span = of.type.span;
    if (terms().contains_port(*routine.result)) {
        report<Code::expected_port>(of.type.span, "the type of a value, as a constant has no ports",
                                    terms().name(*routine.result));
    }
    module_.routines.push_back(std::move(routine));
}

void Checker::collect_connector(const tree::Connector& of) {
    const RoutineId id = static_cast<RoutineId>(module_.routines.size());
    define(of.name, id);
    Routine body;
    body.name = of.name.text;
    body.span = of.name.span;
    body.kind = RoutineKind::connector;
    body.end = of.end;
    Connector connector;
    connector.name = of.name.text;
    connector.span = of.name.span;
    connector.body = id;
    // A second connector is reported and not kept, but its body is checked.
    auto first_peers = std::exchange(peers_, {});
    for (const tree::Peer& peer : of.peers) collect_peer(peer, connector, body);
    if (module_.connector) peers_ = std::move(first_peers);
    body.parameters = static_cast<std::uint32_t>(body.locals.size());
    module_.routines.push_back(std::move(body));
    if (module_.connector) {
        report<Code::second_connector>(of.name.span)
            .note<NoteCode::first_here>(module_.connector->span);
    } else {
        module_.connector = std::move(connector);
    }
}

void Checker::collect_peer(const tree::Peer& of, Connector& connector, Routine& body) {
    const auto number = static_cast<std::uint32_t>(connector.peers.size());
    const auto [earlier, is_new] = peers_.emplace(of.name.text, number);
    if (!is_new) {
        report<Code::repeated_peer>(of.name.span, of.name.text)
            .note<NoteCode::first_here>(connector.peers[earlier->second].span);
        return;
    }
    Peer peer{of.name.text, of.name.span, of.address, of.listen, {}};
    std::unordered_map<std::string_view, Span> names;
    for (const tree::PeerPort& each : of.ports) {
        const auto [same, added] = names.emplace(each.name.text, each.name.span);
        if (!added) {
            report<Code::repeated_port>(each.name.span, peer.name, each.name.text)
                .note<NoteCode::first_here>(same->second);
            continue;
        }
        const Term term = type(each.type, TypePlace::port, "");
        if (!is_port(terms().kind(term)) && !terms().contains_invalid(term)) {
            report<Code::expected_port>(each.type.span, "a port type", terms().name(term));
        }
        peer.ports.push_back({each.name.text, each.name.span, term});
        body.locals.push_back(
            {of.name.text + "." + each.name.text, each.name.span, term, true, false});
    }
    connector.peers.push_back(std::move(peer));
}

void Checker::begin_routine(RoutineId id) {
    routine_ = id;
    scopes_.clear();
    scopes_.emplace_back();
    for (LocalId local = 0; local < routine().parameters; ++local) {
        scopes_.back().emplace(routine().locals[local].name, local);
    }
    sync_.reset();
    loops_ = loops_outside_ = 0;
}

void Checker::end_routine() {
    settle();
    scopes_.clear();
}

void Checker::check_body(RoutineId id, const tree::Block& body) {
    begin_routine(id);
    {
        const Scope scope(*this);
        Block block;
        statements(body, block);
        routine().body = std::move(block);
    }
    end_routine();
}

void Checker::check_constant(RoutineId id, const tree::Constant& of) {
    begin_routine(id);
    ExpressionPtr initial = value(*of.value);
    expect(*initial, *routine().result);
    auto statement = std::make_unique<Statement>();
    statement->span = of.value->span;
    statement->node = Return{std::move(initial)};
    routine().body.statements.push_back(std::move(statement));
    end_routine();
}

std::optional<Module> Checker::literal(const tree::Expression& of, const program::Program& program,
                                       program::TypeId wanted) {
    Routine function;
    function.name = "literal";
    function.span = of.span;
    function.end = of.span;
    function.result = program_type(program, wanted);
    module_.routines.push_back(std::move(function));
    begin_routine(0);
    ExpressionPtr found = value(of);
    expect(*found, *routine().result);
    auto statement = std::make_unique<Statement>();
    statement->span = of.span;
    statement->node = Return{std::move(found)};
    routine().body.statements.push_back(std::move(statement));
    end_routine();
    if (diagnostics_.has_errors()) return std::nullopt;
    return std::move(module_);
}

std::optional<Module> check(const tree::Module& tree, diagnostics::Diagnostics& diagnostics) {
    return Checker(tree, diagnostics).run();
}

std::optional<Module> check_literal(const tree::Expression& literal,
                                    const program::Program& program, program::TypeId type,
                                    diagnostics::Diagnostics& diagnostics) {
    const tree::Module nothing;
    return Checker(nothing, diagnostics).literal(literal, program, type);
}

}  // namespace reowolf::check
