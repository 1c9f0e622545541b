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
    return tree_.imports || excused_.contains(name);
}

std::string Checker::suggest_value(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const auto& scope : scopes_) {
        for (const auto& [each, local] : scope) names.push_back(each);
    }
    for (const Routine& each : module_.routines) {
        if (each.constant) names.push_back(each.name);
    }
    return did_you_mean(name, std::move(names));
}

std::string Checker::suggest_routine(std::string_view name, bool function) const {
    std::vector<std::string_view> names;
    for (const Routine& each : module_.routines) {
        const bool is_function = each.kind == program::RoutineKind::function;
        if (is_function == function && !each.constant) names.push_back(each.name);
    }
    if (function) names.insert(names.end(), std::begin(builtins), std::end(builtins));
    return did_you_mean(name, std::move(names));
}

std::optional<RoutineId> Checker::callee(const tree::Name& name, bool start) {
    const auto global = globals_.find(name.text);
    if (global == globals_.end()) {
        if (excused(name.text)) return std::nullopt;
        if (const auto local = find_local(name.text); local && !start) {
            report<Code::variable_called>(name.span, name.text)
                .note<NoteCode::declared_here>(routine().locals[*local].span, name.text);
        } else if (start) {
            report<Code::unknown_component>(name.span, name.text,
                                            suggest_routine(name.text, false));
        } else {
            report<Code::unknown_function>(name.span, name.text, suggest_routine(name.text, true));
        }
        return std::nullopt;
    }
    const Routine& found = module_.routines[global->second.routine];
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
    return global->second.routine;
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
