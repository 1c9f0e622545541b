// SPDX-License-Identifier: MIT
#include "compiler/modules.hpp"

#include <utility>

#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"

namespace reowolf::compiler {

using diagnostics::Code;

namespace {

std::optional<FoundModule> find(const std::string& name, const diagnostics::Sources& sources,
                                std::uint32_t importing, const Resolver& resolver) {
    if (name.starts_with("std.")) {
        const auto text = standard_module(name);
        if (!text) return std::nullopt;
        return FoundModule{"<" + name + ">", std::string(*text)};
    }
    if (!resolver) return std::nullopt;
    return resolver(name, sources.name(importing));
}

}  // namespace

Loaded load(diagnostics::Sources& sources, std::uint32_t source,
            diagnostics::Diagnostics& diagnostics, const Limits& limits, const Resolver& resolver) {
    Loaded loaded;
    const auto parse = [&](std::uint32_t number) {
        syntax::Tokens tokens = syntax::lex(sources, number, diagnostics, limits);
        loaded.trees.push_back(
            syntax::parse(sources, number, std::move(tokens), diagnostics, limits));
        loaded.modules.trees.push_back(&loaded.trees.back());
    };
    parse(source);
    if (loaded.trees[0].name) loaded.modules.by_name.emplace(loaded.trees[0].name->text, 0);
    for (std::size_t at = 0; at < loaded.trees.size(); ++at) {
        for (const syntax::tree::Import& import : loaded.trees[at].imports) {
            const std::string& name = import.module.text;
            if (loaded.modules.by_name.contains(name)) continue;
            auto found = find(name, sources, loaded.trees[at].source, resolver);
            if (!found) {
                diagnostics.report<Code::unknown_module>(
                    import.module.span, name,
                    name.starts_with("std.") ? "; there is 'std.reo'" : "");
                continue;
            }
            if (loaded.trees.size() >= limits.modules_max) {
                diagnostics.report<Code::too_many_modules>(import.module.span, limits.modules_max);
                return loaded;
            }
            const auto number = static_cast<std::uint32_t>(loaded.trees.size());
            loaded.modules.by_name.emplace(name, number);
            parse(sources.add(found->path, std::move(found->text)));
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
