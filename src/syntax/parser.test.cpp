// SPDX-License-Identifier: MIT
#include "syntax/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syntax/canonical.hpp"
#include "syntax/lexer.hpp"

namespace reowolf::syntax {
namespace {

struct Parsed {
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    tree::Module module;
};

Parsed parsed(std::string text) {
    Parsed result;
    const auto source = result.sources.add("a.pdl", std::move(text));
    Tokens tokens = lex(result.sources, source, result.diagnostics, {});
    result.module = parse(result.sources, source, std::move(tokens), result.diagnostics, {});
    return result;
}

std::string canonical_of(std::string text) {
    const Parsed result = parsed(std::move(text));
    EXPECT_FALSE(result.diagnostics.has_errors());
    return canonical(result.module);
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
}

std::string expression(std::string text) {
    const std::string whole = canonical_of("const u32 X = " + text + ";");
    return whole.substr(14, whole.size() - 14 - 2);
}

TEST(Parser, KnowsPrecedence) {
    EXPECT_EQ(expression("1 + 2 * 3 - 4"), "((1 + (2 * 3)) - 4)");
    EXPECT_EQ(expression("a || b && c == d < e @ f | g ^ h & i << j + k * -l.length"),
              "(a || (b && (c == (d < (e @ (f | (g ^ (h & (i << (j + (k * (-length(l)))))))))))))");
    EXPECT_EQ(expression("a ? b : c ? d : e"), "(a ? b : (c ? d : e))");
    EXPECT_EQ(expression("-x[1..][:2].length"), "(-length(x[1..][..2]))");
}

TEST(Parser, NamesDecideWhetherTypeArgumentsFollow) {
    const std::string rest = "f(a < b, c > (d))";
    EXPECT_THAT(canonical_of("func g(u32 a) -> u32 { return " + rest + "; }"),
                testing::HasSubstr("return f((a < b), (c > d));"));
    EXPECT_THAT(canonical_of("const u32 a = 1; func g() -> u32 { return " + rest + "; }"),
                testing::HasSubstr("return f((a < b), (c > d));"));
    EXPECT_THAT(canonical_of("func g() -> u32 { return " + rest + "; }"),
                testing::HasSubstr("return f(a<b, c>(d));"));
}

TEST(Parser, ClosesTwoTypesWithOneToken) {
    EXPECT_EQ(canonical_of("composite c(in<out<in<u8>>> a) {}"),
              "composite c(in<out<in<u8>>> a) {\n}\n");
}

TEST(Canonical, ForgetsLayout) {
    const std::string one = canonical_of(
        "self a; connector c { peer a = \"x\" { in i; } peer b = \"y\"; new p(a.i); }"
        "primitive p(in<msg> i,) { synchronous { if ((true)) { get(i); } else { { skip; } } } }");
    const std::string other = canonical_of(
        "primitive p(in<u8[]> i) {\n sync if (true) get((i)); else ; }\n"
        "self b; // comment\nconnector c { peer a = \"x\" { in<msg> i; } peer b = \"y\" {}\n"
        "new p(a.i,); }");
    EXPECT_EQ(one, other);
    EXPECT_NE(one, canonical_of("connector c { peer a = \"x\" { in i; } peer b = \"y\"; }"));
}

// Each of these is refused, and soon.
TEST(Parser, SurvivesHostileTexts) {
    const std::size_t many = 100'000;
    const std::string texts[] = {
        "const u32 X = " + repeated("(", many),
        "const u32 X = " + repeated("(", many) + "1" + repeated(")", many) + ";",
        "const u32 X = 1" + repeated("+1", many) + ";",
        "const u32 X = " + repeated("- ", many) + "1;",
        "const u32 X = " + repeated("{", many),
        "const u32 X = 1" + repeated("[0]", many) + ";",
        "const u32 X = 1" + repeated(".a", many) + ";",
        "const u32 X = " + repeated("true?", many),
        "const u32" + repeated("[]", many) + " X = 1;",
        "composite c(" + repeated("in<", many),
        "composite c() " + repeated("{", many),
        "composite c() {" + repeated("if (true) ", many),
        "primitive c() {" + repeated("fork ", many),
        "composite c() {" + repeated("if (a) {} else ", many),
        repeated("}", many),
        repeated("a<", many),
        repeated("#", many),
        repeated("/*", many),
        "\"" + repeated("x", many),
        "'" + repeated("\\", many),
        repeated("1", many),
        std::string(many, '\0'),
        "composite c() { \xFF }",
        "composite c() { " + std::string(many, '\x01') + " }",
        "connector c { " + repeated("peer ", many),
        "composite c() { x = " + repeated("f(", many),
    };
    for (const std::string& text : texts) {
        const Parsed result = parsed(text);
        EXPECT_TRUE(result.diagnostics.has_errors()) << text.substr(0, 40);
    }
}

}  // namespace
}  // namespace reowolf::syntax
