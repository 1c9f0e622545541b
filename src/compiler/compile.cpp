// SPDX-License-Identifier: MIT
#include "compiler/compile.hpp"

#include <cassert>
#include <utility>

#include "check/check.hpp"
#include "compiler/constants.hpp"
#include "compiler/generate.hpp"
#include "compiler/modules.hpp"
#include "syntax/canonical.hpp"
#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"

namespace reowolf::compiler {

using diagnostics::Diagnostics;
using diagnostics::Sources;

namespace {

program::Program verified(program::Program program) {
    assert(!program::verify(program));
    return program;
}

// Nothing if a constant has no value, which is reported.
std::optional<program::Program> with_constants(check::Module module, Diagnostics& diagnostics,
                                               const Limits& limits) {
    Generated generated = generate(std::move(module), {});
    assert(!program::verify(generated.program));
    if (!compute_constants(generated, diagnostics, limits)) return std::nullopt;
    return verified(std::move(generated.program));
}

}  // namespace

std::optional<program::Program> compile(Sources& sources, std::uint32_t source,
                                        Diagnostics& diagnostics, const Limits& limits,
                                        const Resolver& resolver) {
    const Loaded loaded = load(sources, source, diagnostics, limits, resolver);
    auto module = check::check(loaded.modules, diagnostics, limits);
    auto program = module ? with_constants(std::move(*module), diagnostics, limits) : std::nullopt;
    diagnostics.sort();
    return program;
}

std::optional<Question> compile_question(Sources& sources, std::uint32_t source,
                                         std::uint32_t expression, Diagnostics& diagnostics,
                                         const Limits& limits, const Resolver& resolver) {
    Loaded loaded = load(sources, source, diagnostics, limits, resolver);
    syntax::Tokens tokens = syntax::lex(sources, expression, diagnostics, limits);
    const auto tree =
        syntax::parse_expression(sources, expression, std::move(tokens), diagnostics, limits);
    loaded.modules.question = tree.get();
    auto module = check::check(loaded.modules, diagnostics, limits);
    auto program =
        module && tree ? with_constants(std::move(*module), diagnostics, limits) : std::nullopt;
    diagnostics.sort();
    if (!program) return std::nullopt;
    Question question{std::move(*program), 0};
    question.expression = *question.program.find(check::question_name);
    return question;
}

std::optional<std::string> canonical_text(const Sources& sources, std::uint32_t source,
                                          const Limits& limits) {
    Diagnostics diagnostics(limits);
    syntax::Tokens tokens = syntax::lex(sources, source, diagnostics, limits);
    const auto tree = syntax::parse(sources, source, std::move(tokens), diagnostics, limits);
    if (diagnostics.has_errors()) return std::nullopt;
    return syntax::canonical(tree);
}

std::optional<program::Program> compile_literal(std::string_view text, const program::Program& base,
                                                program::TypeId type, std::string& error,
                                                const Limits& limits) {
    Sources sources;
    Diagnostics diagnostics(limits);
    const std::uint32_t source = sources.add("argument", std::string(text));
    syntax::Tokens tokens = syntax::lex(sources, source, diagnostics, limits);
    const auto tree =
        syntax::parse_expression(sources, source, std::move(tokens), diagnostics, limits);
    auto module = tree ? check::check_literal(*tree, base, type, diagnostics) : std::nullopt;
    if (module) return verified(generate(std::move(*module), base.types).program);
    error = diagnostics.all().empty() ? "not a literal" : diagnostics.all().front().text;
    return std::nullopt;
}

}  // namespace reowolf::compiler
