// SPDX-License-Identifier: MIT
// Names across modules.
#include <algorithm>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {

void Checker::import_names() {
    const std::vector<tree::Import>& imports = modules_.trees[here_.module]->imports;
    names_[here_.module].symbols = names_[here_.module].own;
    for (const tree::Import& each : imports) {
        if (!each.everything) import_names(each);
    }
    std::unordered_map<std::string, const tree::Import*> origins;
    for (const tree::Import& each : imports) {
        if (each.everything) import_everything(each, origins);
    }
}

// What is defined here, or imported by name, hides what everything brings.
void Checker::import_everything(const tree::Import& of,
                                std::unordered_map<std::string, const tree::Import*>& origins) {
    ModuleNames& names = names_[here_.module];
    const auto module = modules_.by_name.find(of.module.text);
    if (module == modules_.by_name.end()) {
        names.incomplete = true;
        return;
    }
    for (const auto& [name, symbol] : names_[module->second].own) {
        const auto [at, added] = names.symbols.emplace(name, symbol);
        if (added) {
            origins.emplace(name, &of);
            continue;
        }
        const auto first = origins.find(name);
        if (first == origins.end() || at->second.span == symbol.span) continue;
        names.ambiguous.emplace(name, std::pair(first->second, &of));
        names.excused.insert(name);
    }
}

void Checker::import_names(const tree::Import& of) {
    ModuleNames& names = names_[here_.module];
    const auto module = modules_.by_name.find(of.module.text);
    if (module == modules_.by_name.end()) {
        // Has been reported; anything may have been in it.
        names.incomplete = true;
        return;
    }
    if (!of.names_only) {
        const auto [at, added] = names.modules.emplace(of.known_as.text, module->second);
        if (!added && at->second != module->second) {
            report<Code::repeated_module>(of.known_as.span, of.known_as.text, of.module.text);
        }
        return;
    }
    const ModuleNames& from = names_[module->second];
    const auto add = [&](const std::string& name, Symbol symbol, Span where) {
        const auto [at, added] = names.symbols.emplace(name, symbol);
        if (added || (at->second.id == symbol.id && at->second.kind == symbol.kind)) return;
        report<Code::repeated_definition>(where, name).note<NoteCode::first_here>(at->second.span);
    };
    for (const tree::ImportedName& each : of.names) {
        const auto symbol = from.own.find(each.name.text);
        if (symbol != from.own.end()) {
            add(each.known_as.text, symbol->second, each.known_as.span);
            continue;
        }
        names.excused.insert(each.known_as.text);
        if (from.excused.contains(each.name.text)) continue;
        std::vector<std::string_view> known;
        for (const auto& [name, there] : from.own) known.push_back(name);
        std::sort(known.begin(), known.end());
        report<Code::not_in_module>(each.name.span, of.module.text, each.name.text,
                                    did_you_mean(each.name.text, known));
    }
}

std::optional<Checker::Symbol> Checker::find_symbol(const std::string& name) {
    const ModuleNames& names = names_[here_.module];
    if (const auto both = names.ambiguous.find(name); both != names.ambiguous.end()) {
        const auto [first, second] = both->second;
        report<Code::ambiguous_import>(second->module.span, name, first->module.text,
                                       second->module.text)
            .note<NoteCode::first_here>(first->module.span);
        return std::nullopt;
    }
    const auto at = names.symbols.find(name);
    if (at == names.symbols.end()) return std::nullopt;
    return at->second;
}

std::optional<std::uint32_t> Checker::find_module(const tree::Name& qualifier) {
    const ModuleNames& names = names_[here_.module];
    const auto at = names.modules.find(qualifier.text);
    if (at != names.modules.end()) return at->second;
    if (excused(qualifier.text)) return std::nullopt;
    std::vector<std::string_view> known;
    for (const auto& [name, module] : names.modules) known.push_back(name);
    for (const auto& [name, symbol] : names.symbols) {
        if (symbol.kind == SymbolKind::type) known.push_back(name);
    }
    std::sort(known.begin(), known.end());
    std::string hint = did_you_mean(qualifier.text, known);
    for (const auto& [module, number] : modules_.by_name) {
        if (module.substr(module.rfind('.') + 1) == qualifier.text) {
            hint = "; did you forget 'import " + module + ";'?";
        }
    }
    if (hint.empty() && qualifier.text == "reo") hint = "; did you forget 'import std.reo;'?";
    report<Code::unknown_module_or_type>(qualifier.span, qualifier.text, hint);
    return std::nullopt;
}

std::string Checker::suggest_import(const std::string& name) const {
    for (const auto& [module, number] : modules_.by_name) {
        if (number == here_.module || !names_[number].own.contains(name)) continue;
        for (const auto& [known_as, known] : names_[here_.module].modules) {
            if (known == number) return fmt::format("; did you mean '{}::{}'?", known_as, name);
        }
        return fmt::format("; did you forget 'import {}::{};'?", module, name);
    }
    const std::string offered = modules_.offers ? modules_.offers(name) : std::string();
    if (!offered.empty()) return "; did you forget 'import " + offered + "::" + name + ";'?";
    return {};
}

}  // namespace reowolf::check
