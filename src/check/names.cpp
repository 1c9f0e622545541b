// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <utility>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {
namespace {

constexpr std::string_view builtins[] = {"get", "put", "fires", "length", "create", "print"};

}  // namespace

bool is_builtin(std::string_view name) {
    return std::find(std::begin(builtins), std::end(builtins), name) != std::end(builtins);
}

std::optional<LocalId> Checker::find_local(std::string_view name) const {
    const std::string key(name);
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
        if (const auto at = scope->find(key); at != scope->end()) return at->second;
    }
    return std::nullopt;
}

LocalId Checker::add_local(std::string name, Span span, Term type) {
    routine().locals.push_back({std::move(name), span, type, false, false});
    return static_cast<LocalId>(routine().locals.size() - 1);
}

LocalId Checker::declare(const tree::Name& name, Term type) {
    const LocalId local = add_local(name.text, name.span, type);
    const auto parameter = scopes_.front().find(name.text);
    const auto [at, added] = scopes_.back().emplace(name.text, local);
    if (parameter != scopes_.front().end()) {
        report<Code::shadows_parameter>(name.span, name.text)
            .note<NoteCode::declared_here>(routine().locals[parameter->second].span, name.text);
    } else if (!added) {
        report<Code::repeated_name>(name.span, name.text)
            .note<NoteCode::first_here>(routine().locals[at->second].span);
    }
    return local;
}

bool Checker::excused(const std::string& name) const {
    const ModuleNames& names = names_[here_.module];
    return names.incomplete || names.excused.contains(name);
}

std::string Checker::values_of(DefinitionId type) const {
    const NamedType& of = module_.types[type];
    const std::string_view rest = of.form == TypeForm::structure ? "{ field: … }" : "::Variant";
    return fmt::format("; its values are written '{}{}'", of.name, rest);
}

std::string Checker::suggest_value(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const auto& scope : scopes_) {
        for (const auto& [each, local] : scope) names.push_back(each);
    }
    for (const auto& [each, symbol] : names_[here_.module].symbols) {
        const bool routine = symbol.kind == SymbolKind::routine;
        if (routine && module_.routines[symbol.id].constant) names.push_back(each);
    }
    return did_you_mean(name, std::move(names));
}

std::string Checker::suggest_routine(std::string_view name, bool function) const {
    std::vector<std::string_view> names;
    for (const auto& [known_as, symbol] : names_[here_.module].symbols) {
        if (symbol.kind != SymbolKind::routine) continue;
        const Routine& each = module_.routines[symbol.id];
        const bool is_function = each.kind == program::RoutineKind::function;
        if (is_function == function && !each.constant) names.push_back(known_as);
    }
    std::sort(names.begin(), names.end());
    if (function) names.insert(names.end(), std::begin(builtins), std::end(builtins));
    return did_you_mean(name, std::move(names));
}

std::optional<RoutineId> Checker::callee(const std::vector<tree::PathStep>& path, bool start) {
    if (path.size() == 1) return callee(path[0].name, find_symbol(path[0].name.text), start);
    if (path.size() > 2 || !path[0].arguments.empty()) {
        report<Code::malformed_path>(path[0].name.span);
        return std::nullopt;
    }
    const auto module = find_module(path[0].name);
    if (!module) return std::nullopt;
    const tree::Name& name = path[1].name;
    const ModuleNames& names = names_[*module];
    const auto symbol = names.own.find(name.text);
    if (symbol == names.own.end()) {
        if (names.excused.contains(name.text)) return std::nullopt;
        std::vector<std::string_view> known;
        for (const auto& [each, there] : names.own) known.push_back(each);
        std::sort(known.begin(), known.end());
        report<Code::not_in_module>(name.span, path[0].name.text, name.text,
                                    did_you_mean(name.text, known));
        return std::nullopt;
    }
    // A constant is a value; who wants to call it will find out.
    if (symbol->second.kind == SymbolKind::routine &&
        module_.routines[symbol->second.id].constant) {
        return symbol->second.id;
    }
    return callee(name, symbol->second, start);
}

std::optional<RoutineId> Checker::callee(const tree::Name& name, std::optional<Symbol> symbol,
                                         bool start) {
    if (!symbol) {
        if (excused(name.text)) return std::nullopt;
        const std::string hint = suggest_import(name.text);
        if (const auto local = find_local(name.text); local && !start) {
            report<Code::variable_called>(name.span, name.text)
                .note<NoteCode::declared_here>(routine().locals[*local].span, name.text);
        } else if (start) {
            report<Code::unknown_component>(
                name.span, name.text, hint.empty() ? suggest_routine(name.text, false) : hint);
        } else {
            report<Code::unknown_function>(name.span, name.text,
                                           hint.empty() ? suggest_routine(name.text, true) : hint);
        }
        return std::nullopt;
    }
    if (symbol->kind == SymbolKind::type) {
        report<Code::type_as_value>(name.span, name.text, values_of(symbol->id))
            .note<NoteCode::defined_here>(symbol->span, name.text);
        return std::nullopt;
    }
    const Routine& found = module_.routines[symbol->id];
    const auto defined = [&](Diagnostic& to) {
        to.note<NoteCode::defined_here>(found.span, name.text);
        return std::nullopt;
    };
    const bool is_function = found.kind == program::RoutineKind::function;
    if (found.constant) return defined(report<Code::variable_called>(name.span, name.text));
    if (start && is_function) return defined(report<Code::function_started>(name.span, name.text));
    if (start && found.kind == program::RoutineKind::connector) {
        return defined(report<Code::connector_started>(name.span, name.text));
    }
    if (!start && !is_function) {
        return defined(report<Code::component_called>(name.span, name.text, kind_name(found.kind)));
    }
    return symbol->id;
}

const Peer* Checker::peer_here(const std::string& name) const {
    const bool in_connector = module_.routines[routine_].kind == program::RoutineKind::connector;
    if (!in_connector || !module_.connector) return nullptr;
    const auto at = peers_.find(name);
    return at == peers_.end() ? nullptr : &module_.connector->peers[at->second];
}

std::optional<std::uint32_t> Checker::find_peer(const tree::Name& name) {
    if (const auto at = peers_.find(name.text); at != peers_.end()) return at->second;
    std::vector<std::string_view> names;
    for (const Peer& peer : module_.connector->peers) names.push_back(peer.name);
    if (!excused(name.text)) {
        report<Code::unknown_peer>(name.span, name.text, did_you_mean(name.text, std::move(names)));
    }
    return std::nullopt;
}

}  // namespace reowolf::check
