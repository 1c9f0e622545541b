// SPDX-License-Identifier: MIT
#include "compiler/compile.hpp"

#include <gtest/gtest.h>

namespace reowolf::compiler {
namespace {

std::optional<program::Program> compiled(std::string text) {
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics;
    const auto source = sources.add("a.pdl", std::move(text));
    auto program = compile(sources, source, diagnostics, {});
    std::string said;
    for (const auto& each : diagnostics.all()) said += diagnostics::render(sources, each);
    EXPECT_EQ(said, "");
    return program;
}

TEST(Compile, UnderlinesTheWholeCall) {
    const std::string text = "primitive p(out<u32> output) {\n    sync put(output, 2);\n}\n";
    const auto program = compiled(text);
    ASSERT_TRUE(program);
    const program::Routine& routine = program->routines[0];
    for (std::size_t i = 0; i < routine.code.size(); ++i) {
        if (routine.code[i].opcode != program::Opcode::put) continue;
        const Span span = routine.spans[i];
        EXPECT_EQ(text.substr(span.begin, span.end - span.begin), "put(output, 2)");
    }
}

TEST(Compile, KnowsWhatNeverEnds) {
    const auto program = compiled(
        "primitive p(in<u8> a) { while (true) sync get(a); }"
        "primitive q(in<u8> a) { while (true) { sync get(a); break; } }"
        "comp r(in<u8> a, bool b) { while (true) { sync get(a); if (b) return; } }");
    ASSERT_TRUE(program);
    EXPECT_FALSE(program->routines[0].may_end);
    EXPECT_TRUE(program->routines[1].may_end);
    EXPECT_TRUE(program->routines[2].may_end);
}

TEST(Compile, DescribesTheConnector) {
    const auto program = compiled(
        "self bob; connector c { peer amy = \"a:1\" { in<u8> x; out<u8> y; }"
        " peer bob = \"b:2\" { listen \"l:3\"; in<u8> z; } new p(bob.z) at amy; }"
        "primitive p(in<u8> a) { sync get(a); }");
    ASSERT_TRUE(program && program->connector);
    const program::Connector& connector = *program->connector;
    EXPECT_EQ(connector.self, 1u);
    ASSERT_EQ(connector.peers.size(), 2u);
    EXPECT_EQ(connector.peers[0].address.text, "a:1");
    EXPECT_EQ(connector.peers[1].listen.text, "l:3");
    const program::Routine& body = program->routines[connector.body];
    ASSERT_EQ(body.parameters.size(), 3u);
    EXPECT_EQ(body.parameters[1].name, "amy.y");
    EXPECT_EQ(program->type_name(body.parameters[1].type), "out<u8>");
    EXPECT_FALSE(compiled("connector c { peer amy = \"a\"; }")->connector->self);
}

TEST(Compile, LongArraysNeedFewSlots) {
    std::string text = "func f() -> u32[] { return {";
    for (int i = 0; i < 1000; ++i) text += "1, ";
    const auto program = compiled(text + "}; }");
    ASSERT_TRUE(program);
    EXPECT_LT(program->routines[0].frame_slots, 200u);
}

TEST(CompileLiteral, OfTheTypesOfAProgram) {
    const auto base = compiled("primitive p(u32[][] a, string b, s8 c, in<u8> d, char e) {}");
    ASSERT_TRUE(base);
    const auto& parameters = base->routines[0].parameters;
    const auto literal = [&](std::string_view text, std::size_t parameter) {
        std::string error;
        const auto program = compile_literal(text, *base, parameters[parameter].type, error, {});
        if (!program) return error;
        EXPECT_EQ(program->routines.size(), 1u);
        EXPECT_EQ(program->routines[0].result, parameters[parameter].type);
        EXPECT_TRUE(program->routines[0].parameters.empty());
        for (std::size_t i = 0; i < base->types.size(); ++i) {
            EXPECT_EQ(program->types[i], base->types[i]);
        }
        return std::string("fine");
    };
    EXPECT_EQ(literal("{{1, 2}, {}}", 0), "fine");
    EXPECT_EQ(literal("\"a\\n\"", 1), "fine");
    EXPECT_EQ(literal("-128", 2), "fine");
    EXPECT_EQ(literal("'x'", 4), "fine");
    EXPECT_EQ(literal("128", 2), "128 does not fit 's8' (-128 to 127)");
    EXPECT_EQ(literal("true", 2), "expected 's8', found 'bool'");
    EXPECT_EQ(literal("1", 3), "expected 'in<u8>', found 'integer'");
    EXPECT_EQ(literal("1 2", 2),
              "expected the end of the text after the expression, found an integer");
    EXPECT_NE(literal("", 2), "fine");
    EXPECT_NE(literal("x", 2), "fine");
    EXPECT_NE(literal("f(1)", 2), "fine");
    EXPECT_NE(literal("get(1)", 2), "fine");
}

TEST(CanonicalText, OfWhatParses) {
    diagnostics::Sources sources;
    const auto good = sources.add("a.pdl", "primitive p() { ; }");
    const auto bad = sources.add("b.pdl", "primitive p( { ; }");
    EXPECT_EQ(canonical_text(sources, good, {}), "primitive p() {\n}\n");
    EXPECT_FALSE(canonical_text(sources, bad, {}));
}

}  // namespace
}  // namespace reowolf::compiler
