// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "check/checker.hpp"
#include "check/flow.hpp"
#include "check/instantiation.hpp"
#include "check/ports.hpp"
#include "check/spelling.hpp"
#include "check/walk.hpp"

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
    const std::vector<Span> mutilated = definitions_with_errors();
    collect();
    // Instances of generic routines are added at the end as they are found to be needed.
    for (RoutineId id = 0; id < module_.routines.size(); ++id) {
        if (diagnostics_.full()) break;
        check_routine(id);
    }
    if (!diagnostics_.full()) {
        for (Routine& each : module_.routines) {
            // What was left out of the tree could be a return, or a loop's end.
            if (std::ranges::find(mutilated, each.span) != mutilated.end()) continue;
            // What is wrong with a generic definition itself is wrong for all its arguments.
            check_flow(each, module_.terms, diagnostics_);
            check_ports(
                each, module_, [&](Term message, Term port) { return may_hold(message, port); },
                diagnostics_);
        }
        if (parsed) check_instantiation(module_, diagnostics_);
    }
    if (diagnostics_.has_errors()) return std::nullopt;
    return std::move(module_);
}

std::vector<Span> Checker::definitions_with_errors() const {
    std::vector<Span> names;
    for (const diagnostics::Diagnostic& each : diagnostics_.all()) {
        if (each.severity != diagnostics::Severity::error) continue;
        for (const tree::Module* tree : modules_.trees) {
            if (tree->source != each.span.source) continue;
            // What stands behind a definition may be the rest of it.
            Span last{};
            for (const tree::Definition& definition : tree->definitions) {
                const Span name =
                    std::visit([](const auto& of) { return of.name.span; }, definition);
                if (name.begin > each.span.begin) break;
                last = name;
            }
            names.push_back(last);
        }
    }
    return names;
}

template <typename Of>
void Checker::each_definition(void (Checker::*visit)(const Of&)) {
    for (const tree::Definition& definition : modules_.trees[here_.module]->definitions) {
        if (const auto* of = std::get_if<Of>(&definition)) (this->*visit)(*of);
    }
}

void Checker::collect() {
    for (std::uint32_t number = 0; number < modules_.trees.size(); ++number) {
        const tree::Module& tree = *modules_.trees[number];
        here_ = {number, {}};
        names_[number].excused.insert(tree.excused.begin(), tree.excused.end());
        each_definition(&Checker::name_structure);
        each_definition(&Checker::name_enumeration);
        each_definition(&Checker::name_union);
        // In the order of the text, as routines are numbered by it.
        for (const tree::Definition& definition : tree.definitions) {
            if (const auto* of = std::get_if<tree::Routine>(&definition)) name_routine(*of);
            if (const auto* of = std::get_if<tree::Constant>(&definition)) name_constant(*of);
            if (const auto* of = std::get_if<tree::Connector>(&definition)) name_connector(*of);
        }
    }
    here_ = {};
    if (modules_.question) add_question(*modules_.question);
    for (std::uint32_t number = 0; number < modules_.trees.size(); ++number) {
        here_ = {number, {}};
        import_names();
    }
    check_type_definitions();
    for (RoutineId id = 0; id < module_.routines.size(); ++id) {
        const RoutineSource source = routine_sources_[id];
        here_ = source.surroundings;
        if (source.routine) collect_routine(*source.routine, module_.routines[id]);
        if (source.constant) collect_constant(*source.constant, module_.routines[id]);
        if (source.connector) collect_connector(*source.connector, id);
    }
    const tree::Module& main = *modules_.trees[0];
    here_ = {};
    if (!main.self) return;
    if (!module_.connector) {
        report<Code::self_without_connector>(main.self->span);
        return;
    }
    module_.connector->self = find_peer(*main.self);
}

void Checker::define(const tree::Name& name, Symbol symbol) {
    if (is_builtin(name.text)) {
        report<Code::builtin_redefined>(name.span, name.text);
        return;
    }
    const auto [at, added] = names_[here_.module].own.emplace(name.text, symbol);
    if (added) return;
    // Types are named before the others, wherever they stand.
    const bool is_first = name.span.begin < at->second.span.begin;
    const Symbol later = is_first ? std::exchange(at->second, symbol) : symbol;
    report<Code::repeated_definition>(later.span, name.text)
        .note<NoteCode::first_here>(at->second.span);
}

void Checker::name_routine(const tree::Routine& of) {
    const RoutineId id = static_cast<RoutineId>(module_.routines.size());
    define(of.name, {SymbolKind::routine, id, of.name.span});
    Routine routine;
    routine.name = of.name.text;
    routine.span = of.name.span;
    routine.kind = routine_kind(of.kind);
    routine.generic = !of.type_parameters.empty();
    routine.end = of.end;
    if (of.is_native && modules_.trees[here_.module]->name) {
        routine.native = modules_.trees[here_.module]->name->text + "." + of.name.text;
    }
    module_.routines.push_back(std::move(routine));
    RoutineSource source;
    source.routine = &of;
    source.surroundings = here_;
    std::unordered_map<std::string_view, Span> names;
    for (const tree::Name& parameter : of.type_parameters) {
        const auto [same, added] = names.emplace(parameter.text, parameter.span);
        if (!added) {
            report<Code::repeated_parameter>(parameter.span, parameter.text)
                .note<NoteCode::first_here>(same->second);
        }
        // Whatever it is: what is wrong nevertheless is wrong for every argument.
        source.surroundings.types.emplace(parameter.text, terms().invalid());
    }
    routine_sources_.push_back(std::move(source));
}

void Checker::name_constant(const tree::Constant& of) {
    define(of.name,
           {SymbolKind::routine, static_cast<RoutineId>(module_.routines.size()), of.name.span});
    Routine routine;
    routine.name = of.name.text;
    routine.span = of.name.span;
    routine.end = of.name.span;
    routine.constant = true;
    module_.routines.push_back(std::move(routine));
    RoutineSource source;
    source.constant = &of;
    source.surroundings = here_;
    routine_sources_.push_back(std::move(source));
}

void Checker::name_connector(const tree::Connector& of) {
    define(of.name,
           {SymbolKind::routine, static_cast<RoutineId>(module_.routines.size()), of.name.span});
    Routine body;
    body.name = of.name.text;
    body.span = of.name.span;
    body.kind = RoutineKind::connector;
    body.end = of.end;
    module_.routines.push_back(std::move(body));
    RoutineSource source;
    source.connector = &of;
    source.surroundings = here_;
    routine_sources_.push_back(std::move(source));
}

void Checker::add_question(const tree::Expression& of) {
    Routine routine;
    routine.name = question_name;
    routine.span = of.span;
    routine.end = of.span;
    module_.routines.push_back(std::move(routine));
    RoutineSource source;
    source.question = &of;
    source.surroundings = here_;
    routine_sources_.push_back(std::move(source));
}

void Checker::collect_routine(const tree::Routine& of, Routine& routine) {
    std::unordered_map<std::string_view, Span> names;
    for (const tree::Parameter& parameter : of.parameters) {
        const auto [same, added] = names.emplace(parameter.name.text, parameter.name.span);
        if (!added) {
            report<Code::repeated_parameter>(parameter.name.span, parameter.name.text)
                .note<NoteCode::first_here>(same->second);
        }
        const Term term = type(parameter.type, TypePlace::parameter, "");
        if (routine.kind == RoutineKind::function && holds_port(term)) {
            report<Code::port_in_function>(parameter.type.span, parameter.name.text,
                                           terms().name(term));
        }
        routine.locals.push_back({parameter.name.text, parameter.name.span, term, true, false});
    }
    routine.parameters = static_cast<std::uint32_t>(routine.locals.size());
    if (of.result) {
        routine.result = type(*of.result, TypePlace::result, "");
        routine.result_span = of.result->span;
        if (holds_port(*routine.result)) {
            report<Code::port_as_result>(of.result->span, terms().name(*routine.result));
        }
    }
}

void Checker::collect_constant(const tree::Constant& of, Routine& routine) {
    routine.result = type(of.type, TypePlace::constant, "");
    routine.result_span = of.type.span;
    if (holds_port(*routine.result)) {
        report<Code::expected_port>(of.type.span, "the type of a value, as a constant has no ports",
                                    terms().name(*routine.result));
        routine.result = terms().invalid();
    }
}

void Checker::collect_connector(const tree::Connector& of, RoutineId id) {
    // One of an imported module is not for here.
    const bool imported = here_.module != 0;
    Routine& body = module_.routines[id];
    Connector connector;
    connector.name = of.name.text;
    connector.span = of.name.span;
    connector.body = id;
    // A second connector is reported and not kept, but its body is checked.
    auto first_peers = std::exchange(peers_, {});
    for (const tree::Peer& peer : of.peers) collect_peer(peer, connector, body);
    for (const tree::Link& link : of.links) collect_link(link, connector, body);
    body.parameters = static_cast<std::uint32_t>(body.locals.size());
    if (module_.connector || imported) peers_ = std::move(first_peers);
    if (imported) return;
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
    const auto written = [](const tree::Name& text) {
        return program::Written{text.text, text.span};
    };
    Peer peer{of.name.text,
              of.name.span,
              written(of.address),
              written(of.listen),
              written(of.key),
              written(of.via),
              {}};
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

void Checker::collect_link(const tree::Link& of, Connector& connector, Routine& body) {
    const Term term = type(of.type, TypePlace::port, "");
    if (!is_port(terms().kind(term)) && !terms().contains_invalid(term)) {
        report<Code::expected_port>(of.type.span, "a port type", terms().name(term));
    }
    // A name that is another's is reported and of no use, but its uses are.
    for (const Link& earlier : connector.links) {
        if (earlier.own.name == of.name.text) {
            report<Code::repeated_name>(of.name.span, of.name.text)
                .note<NoteCode::first_here>(earlier.own.span);
            return;
        }
    }
    if (const auto peer = peers_.find(of.name.text); peer != peers_.end()) {
        report<Code::repeated_name>(of.name.span, of.name.text)
            .note<NoteCode::first_here>(connector.peers[peer->second].span);
        return;
    }
    body.locals.push_back({of.name.text, of.name.span, term, true, false});
    Link link{{of.name.text, of.name.span, term}, 0, of.port.text};
    if (const auto peer = peers_.find(of.peer.text); peer != peers_.end()) {
        link.peer = peer->second;
        const auto& self = modules_.trees[here_.module]->self;
        if (self && self->text == of.peer.text) {
            report<Code::link_to_itself>(of.peer.span, of.peer.text);
        }
        for (const Link& earlier : connector.links) {
            if (earlier.peer != link.peer || earlier.port != link.port) continue;
            report<Code::repeated_link>(of.port.span, of.peer.text, of.port.text)
                .note<NoteCode::first_here>(earlier.own.span);
            break;
        }
    } else if (!excused(of.peer.text)) {
        std::vector<std::string_view> names;
        for (const Peer& each : connector.peers) names.push_back(each.name);
        report<Code::unknown_peer>(of.peer.span, of.peer.text,
                                   did_you_mean(of.peer.text, std::move(names)));
    }
    connector.links.push_back(std::move(link));
}

void Checker::begin_routine(RoutineId id) {
    routine_ = id;
    in_body_ = true;
    here_ = routine_sources_[id].surroundings;
    scopes_.clear();
    scopes_.emplace_back();
    for (LocalId local = 0; local < routine().parameters; ++local) {
        scopes_.back().emplace(routine().locals[local].name, local);
    }
    sync_.reset();
    loops_.clear();
    labels_.clear();
    loops_outside_ = 0;
}

void Checker::end_routine() {
    settle();
    make_instances();
    if (!routine().generic) {
        for (const Local& local : routine().locals) require(local.type, local.span);
        if (routine().result) require(*routine().result, routine().result_span);
        for_each_expression(routine().body,
                            [&](const Expression& each) { require(each.type, each.span); });
    }
    scopes_.clear();
    in_body_ = false;
}

void Checker::check_routine(RoutineId id) {
    const RoutineSource source = routine_sources_[id];
    if (source.routine) check_body(id, source.routine->body);
    if (source.constant) check_constant(id, *source.constant);
    if (source.question) check_question(id, *source.question);
    if (source.variant) check_variant_value(id, *source.variant);
    // The connector of an imported module is none here.
    if (source.connector && source.surroundings.module == 0) {
        check_body(id, source.connector->body);
    }
}

void Checker::check_body(RoutineId id, const tree::Block& body) {
    begin_routine(id);
    {
        const Scope scope(*this);
        for (const tree::StatementPtr& each : body.statements) collect_labels(*each);
        routine().labels = static_cast<std::uint32_t>(labels_.size());
        Block block;
        statements(body, block);
        routine().body = std::move(block);
        check_jumps();
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

// Its type is what it turns out to be.
void Checker::check_question(RoutineId id, const tree::Expression& of) {
    begin_routine(id);
    ExpressionPtr answer = value(of);
    routine().result = answer->type;
    routine().result_span = of.span;
    auto statement = std::make_unique<Statement>();
    statement->span = of.span;
    statement->node = Return{std::move(answer)};
    routine().body.statements.push_back(std::move(statement));
    end_routine();
}

std::optional<Module> check(const tree::Module& tree, diagnostics::Diagnostics& diagnostics,
                            const Limits& limits) {
    return check(Modules{{&tree}, {}}, diagnostics, limits);
}

std::optional<Module> check(const Modules& modules, diagnostics::Diagnostics& diagnostics,
                            const Limits& limits) {
    return Checker(modules, diagnostics, limits).run();
}

}  // namespace reowolf::check
