// SPDX-License-Identifier: MIT
#include "tools/compile_file.hpp"

#include <cstdio>
#include <utility>

#include "check/check.hpp"
#include "compiler/modules.hpp"
#include "syntax/canonical.hpp"
#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"
#include "tools/read_source.hpp"

namespace reowolf::tools {

std::unique_ptr<CompiledFile> compile_file(const std::string& path,
                                           const std::vector<std::string>& folders,
                                           const Limits& limits) {
    auto text = read_source(path);
    if (!text) return nullptr;
    auto file = std::make_unique<CompiledFile>();
    diagnostics::Diagnostics diagnostics(limits);
    file->source = file->sources.add(path, std::move(*text));
    auto program =
        compiler::compile(file->sources, file->source, diagnostics, limits, find_modules(folders));
    show(file->sources, diagnostics);
    if (!program || diagnostics.has_errors()) return nullptr;
    file->program = std::move(*program);
    return file;
}

std::optional<std::string> dump(const std::string& stage, diagnostics::Sources& sources,
                                std::uint32_t source, diagnostics::Diagnostics& diagnostics,
                                const Limits& limits, const compiler::Resolver& resolver) {
    if (stage == "program") {
        const auto program = compiler::compile(sources, source, diagnostics, limits, resolver);
        if (!program) return std::nullopt;
        return program::disassemble(*program);
    }
    if (stage == "types") {
        const auto loaded = compiler::load(sources, source, diagnostics, limits, resolver);
        const auto module = check::check(loaded.modules, diagnostics, limits);
        diagnostics.sort();
        if (!module) return std::nullopt;
        return check::dump(*module);
    }
    syntax::Tokens tokens = syntax::lex(sources, source, diagnostics, limits);
    if (stage == "tokens") return syntax::dump(sources, source, tokens);
    const auto tree = syntax::parse(sources, source, std::move(tokens), diagnostics, limits);
    return stage == "tree" ? syntax::dump(tree) : syntax::canonical(tree);
}

const std::vector<std::string>& stages() {
    static const std::vector<std::string> all = {"tokens", "tree", "canonical", "types", "program"};
    return all;
}

int dump_file(const std::string& stage, const std::string& path,
              const std::vector<std::string>& folders, const Limits& limits) {
    auto text = read_source(path);
    if (!text) return 2;
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics(limits);
    const std::uint32_t source = sources.add(path, std::move(*text));
    const auto shown = dump(stage, sources, source, diagnostics, limits, find_modules(folders));
    if (shown) std::fwrite(shown->data(), 1, shown->size(), stdout);
    show(sources, diagnostics);
    return diagnostics.has_errors() ? 2 : 0;
}

}  // namespace reowolf::tools
