// SPDX-License-Identifier: MIT
// Names across modules.
#include <algorithm>

#include "check/checker.hpp"
#include "check/spelling.hpp"

namespace reowolf::check {

void Checker::import_names() {
    names_[here_.module].symbols = names_[here_.module].own;
    for (const tree::Import& each : modules_.trees[here_.module]->imports) import_names(each);
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
        names.modules.emplace(of.known_as.text, module->second);
        return;
    }
    const ModuleNames& from = names_[module->second];
    const auto add = [&](const std::string& name, Symbol symbol, Span where) {
        const auto [at, added] = names.symbols.emplace(name, symbol);
        if (added || (at->second.id == symbol.id && at->second.kind == symbol.kind)) return;
        report<Code::repeated_definition>(where, name).note<NoteCode::first_here>(at->second.span);
    };
    if (of.everything) {
        // What is defined here hides what everything brings.
        for (const auto& [name, symbol] : from.own) names.symbols.emplace(name, symbol);
        return;
    }
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

std::optional<Checker::Symbol> Checker::find_symbol(const std::string& name) const {
    const auto at = names_[here_.module].symbols.find(name);
    if (at == names_[here_.module].symbols.end()) return std::nullopt;
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
            if (known == number) return "; did you mean '" + known_as + "::" + name + "'?";
        }
        return "; did you forget 'import " + module + "::" + name + ";'?";
    }
    const std::string offered = modules_.offers ? modules_.offers(name) : std::string();
    if (!offered.empty()) return "; did you forget 'import " + offered + "::" + name + ";'?";
    return {};
}

}  // namespace reowolf::check
