// SPDX-License-Identifier: MIT
// reowolf check: compiles, and says what is wrong.
#include "check/check.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/modules.hpp"
#include "diagnostics/diagnostics.hpp"
#include "syntax/canonical.hpp"
#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"
#include "tools/commands.hpp"
#include "tools/read_source.hpp"

namespace reowolf::tools {
namespace {

struct Options {
    std::vector<std::string> files;
    std::vector<std::string> folders;
    std::string dump;
    bool list_diagnostics = false;
    bool tiny_limits = false;
};

void show(const diagnostics::Sources& sources, const diagnostics::Diagnostics& diagnostics) {
    for (const auto& each : diagnostics.all()) {
        fmt::print(stderr, "{}", diagnostics::render(sources, each));
    }
}

// A stage of the compiler as text; nothing if it was not reached.
std::optional<std::string> dump(const std::string& stage, diagnostics::Sources& sources,
                                std::uint32_t source, diagnostics::Diagnostics& diagnostics,
                                const Limits& limits, const compiler::Resolver& resolver) {
    if (stage == "program") {
        const auto program = compiler::compile(sources, source, diagnostics, limits, resolver);
        if (!program) return std::nullopt;
        return program::disassemble(*program);
    }
    syntax::Tokens tokens = syntax::lex(sources, source, diagnostics, limits);
    if (stage == "tokens") return syntax::dump(sources, source, tokens);
    if (stage == "tree" || stage == "canonical") {
        const auto tree = syntax::parse(sources, source, std::move(tokens), diagnostics, limits);
        return stage == "tree" ? syntax::dump(tree) : syntax::canonical(tree);
    }
    diagnostics = diagnostics::Diagnostics(limits);
    const auto loaded = compiler::load(sources, source, diagnostics, limits, resolver);
    const auto module = check::check(loaded.modules, diagnostics, limits);
    diagnostics.sort();
    if (!module) return std::nullopt;
    return check::dump(*module);
}

int check(const Options& options) {
    if (options.list_diagnostics) {
        for (const auto& each : diagnostics::messages) fmt::print("{}\t{}\n", each.name, each.text);
        for (const auto& each : diagnostics::note_messages) {
            fmt::print("{}\t{}\n", each.name, each.text);
        }
        return 0;
    }
    Limits limits;
    if (options.tiny_limits) {
        limits.source_bytes_max = 1'000;
        limits.nesting_max = 16;
        limits.syntax_nodes_max = 60;
        limits.diagnostics_max = 3;
        limits.modules_max = 1;
    }
    int status = options.files.empty() ? 2 : 0;
    if (options.files.empty()) fmt::print(stderr, "ERROR: no file given\n");
    for (const std::string& path : options.files) {
        auto text = read_source(path);
        if (!text) {
            status = 2;
            continue;
        }
        diagnostics::Sources sources;
        diagnostics::Diagnostics diagnostics(limits);
        const std::uint32_t source = sources.add(path, std::move(*text));
        if (options.dump.empty()) {
            (void)compiler::compile(sources, source, diagnostics, limits,
                                    find_modules(options.folders));
        } else if (const auto shown = dump(options.dump, sources, source, diagnostics, limits,
                                           find_modules(options.folders))) {
            std::fwrite(shown->data(), 1, shown->size(), stdout);
        }
        show(sources, diagnostics);
        if (diagnostics.has_errors()) status = 2;
    }
    return status;
}

}  // namespace

void add_check(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("check", "say what is wrong with PDL files");
    command->add_option("FILE", options->files, "PDL files; - for standard input");
    command->add_option("-I", options->folders, "a folder to look for imported modules in")
        ->allow_extra_args(false);
    command->add_option("--dump", options->dump, "show what a stage of the compiler makes of it")
        ->check(CLI::IsMember({"tokens", "tree", "canonical", "types", "program"}));
    command->add_flag("--list-diagnostics", options->list_diagnostics)->group("");
    command->add_flag("--tiny-limits", options->tiny_limits)->group("");
    command->callback([options, &status] { status = check(*options); });
}

}  // namespace reowolf::tools
