// SPDX-License-Identifier: MIT
#include "compiler/modules.hpp"

#include <algorithm>
#include <utility>

#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"

namespace reowolf::compiler {

using diagnostics::Code;

namespace {

bool is_standard(std::string_view module) {
    return module.starts_with("std.");
}

// Native components are those of the standard library, which the runtime knows.
void refuse_natives(const syntax::tree::Module& tree, diagnostics::Diagnostics& diagnostics) {
    for (const syntax::tree::Definition& definition : tree.definitions) {
        const auto* const routine = std::get_if<syntax::tree::Routine>(&definition);
        if (!routine || !routine->is_native) continue;
        diagnostics.report<Code::missing_body>(routine->name.span, routine->name.text);
    }
}

std::optional<FoundModule> find(const std::string& name, const diagnostics::Sources& sources,
                                std::uint32_t importing, std::string_view importing_module,
                                const Resolver& resolver) {
    if (is_standard(name)) {
        const auto text = standard_module(name);
        if (!text) return std::nullopt;
        return FoundModule{"<" + name + ">", std::string(*text)};
    }
    if (!resolver) return std::nullopt;
    const std::string& path = sources.name(importing);
    if (auto found = resolver(name, path)) return found;
    // Module a.b in the file x/a/b.pdl has its neighbour a.c in x/a/c.pdl.
    std::string own(importing_module);
    std::ranges::replace(own, '.', '/');
    own += ".pdl";
    if (importing_module.empty() || (path != own && !path.ends_with('/' + own)))
        return std::nullopt;
    return resolver(name,
                    path.substr(0, path.size() - own.size()) + own.substr(own.rfind('/') + 1));
}

// The module of the standard library that defines it.
std::string standard_module_with(const std::string& name) {
    constexpr std::string_view modules[] = {"std.reo", "std.time", "std.random", "std.io",
                                            "std.internet"};
    constexpr std::string_view keywords[] = {"primitive", "composite", "comp", "func",
                                             "struct",    "union",     "enum"};
    for (const std::string_view module : modules) {
        const auto text = standard_module(module);
        if (!text) continue;
        for (const std::string_view keyword : keywords) {
            const std::string head = '\n' + std::string(keyword) + ' ' + name;
            const std::size_t at = text->find(head);
            if (at == std::string_view::npos || at + head.size() >= text->size()) continue;
            if (std::string_view("<( {").contains((*text)[at + head.size()])) {
                return std::string(module);
            }
        }
    }
    return {};
}

}  // namespace

Loaded load(diagnostics::Sources& sources, std::uint32_t source,
            diagnostics::Diagnostics& diagnostics, const Limits& limits, const Resolver& resolver) {
    Loaded loaded;
    loaded.modules.offers = standard_module_with;
    const auto parse = [&](std::uint32_t number, bool standard) {
        syntax::Tokens tokens = syntax::lex(sources, number, diagnostics, limits);
        loaded.trees.push_back(
            syntax::parse(sources, number, std::move(tokens), diagnostics, limits));
        loaded.modules.trees.push_back(&loaded.trees.back());
        if (!standard) refuse_natives(loaded.trees.back(), diagnostics);
    };
    parse(source, false);
    if (loaded.trees[0].name) loaded.modules.by_name.emplace(loaded.trees[0].name->text, 0);
    for (std::size_t at = 0; at < loaded.trees.size(); ++at) {
        for (const syntax::tree::Import& import : loaded.trees[at].imports) {
            const std::string& name = import.module.text;
            if (loaded.modules.by_name.contains(name)) continue;
            const auto& importing = loaded.trees[at].name;
            auto found =
                find(name, sources, loaded.trees[at].source,
                     importing ? std::string_view(importing->text) : std::string_view(), resolver);
            if (!found) {
                diagnostics.report<Code::unknown_module>(
                    import.module.span, name,
                    is_standard(name) ? "; there are " + standard_modules() : "");
                continue;
            }
            if (loaded.trees.size() >= limits.modules_max) {
                diagnostics.report<Code::too_many_modules>(import.module.span, limits.modules_max);
                return loaded;
            }
            const auto number = static_cast<std::uint32_t>(loaded.trees.size());
            loaded.modules.by_name.emplace(name, number);
            parse(sources.add(found->path, std::move(found->text)), is_standard(name));
            const auto& own = loaded.trees.back().name;
            if (!own || own->text != name) {
                diagnostics.report<Code::wrong_module>(
                    import.module.span, name,
                    own ? "module '" + own->text + "'" : "anonymous: it has no '#module'");
            }
        }
    }
    return loaded;
}

}  // namespace reowolf::compiler
