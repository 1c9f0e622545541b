// SPDX-License-Identifier: MIT
#include "diagnostics/diagnostics.hpp"

#include <gtest/gtest.h>

#include "diagnostics/runtime_error.hpp"

namespace reowolf::diagnostics {
namespace {

TEST(Sources, CountsLinesAndCodePointsFromOne) {
    Sources sources;
    const auto source = sources.add("a.pdl", "ab\n\té x\r\n");
    EXPECT_EQ(sources.position(source, 0), (Position{1, 1}));
    EXPECT_EQ(sources.position(source, 3), (Position{2, 1}));
    EXPECT_EQ(sources.position(source, 6), (Position{2, 3}));
    EXPECT_EQ(sources.position(source, 10), (Position{3, 1}));
    EXPECT_EQ(sources.line(source, 1), "ab");
    EXPECT_EQ(sources.line(source, 2), "\té x");
    EXPECT_EQ(sources.line(source, 3), "");
    EXPECT_EQ(sources.line(source, 9), "");
}

TEST(Utf8, RefusesWhatIsMalformed) {
    EXPECT_EQ(utf8_length("a"), 1u);
    EXPECT_EQ(utf8_length("é"), 2u);
    EXPECT_EQ(utf8_length("€"), 3u);
    EXPECT_EQ(utf8_length("😀"), 4u);
    EXPECT_EQ(utf8_length("\xC0\x80"), 0u);          // longer than needed
    EXPECT_EQ(utf8_length("\xED\xA0\x80"), 0u);      // a surrogate
    EXPECT_EQ(utf8_length("\xF4\x90\x80\x80"), 0u);  // beyond the last character
    EXPECT_EQ(utf8_length("\xE2\x82"), 0u);          // cut off
    EXPECT_EQ(utf8_length("\x80"), 0u);
    EXPECT_EQ(utf8_length(""), 0u);
}

TEST(Render, ShowsPlaceAndNotes) {
    Sources sources;
    const auto source = sources.add("pair.pdl", "u8 b;\n    x = b + l;\n");
    Diagnostics diagnostics;
    diagnostics.report<Code::cannot_apply>(Span{source, 14, 19}, "+", "s8", "s64")
        .note<NoteCode::has_type>(Span{source, 3, 4}, "b", "s8");
    EXPECT_EQ(render(sources, diagnostics.all()[0]),
              "ERROR: cannot apply '+' to 's8' and 's64'\n"
              " +-  at pair.pdl:2:9\n"
              " |      x = b + l;\n"
              " |          ~~~~~\n"
              " +-  note: 'b' has type 's8', declared at pair.pdl:1:4\n");
}

TEST(Render, AlignsUnderTabsAndWideCharacters) {
    Sources sources;
    const auto source = sources.add("a.pdl", "\té\t\"é\" x");
    EXPECT_EQ(render_place(sources, Span{source, 4, 8}),
              " +-  at a.pdl:1:4\n |  \té\t\"é\" x\n |  \t \t~~~\n");
}

TEST(Render, UnderlinesTheFirstOfSeveralLines) {
    Sources sources;
    const auto source = sources.add("a.pdl", "f(1,\n  2)");
    EXPECT_EQ(render_place(sources, Span{source, 0, 9}), " +-  at a.pdl:1:1\n |  f(1,\n |  ~~~~\n");
    EXPECT_EQ(render_place(sources, Span{source, 4, 5}),
              " +-  at a.pdl:1:5\n |  f(1,\n |      ~\n");
}

TEST(Render, ShowsOnlyThePlaceOfALongLine) {
    Sources sources;
    const auto source = sources.add("a.pdl", std::string(1'000'000, 'x'));
    const std::string shown = render_place(sources, Span{source, 500'000, 500'003});
    EXPECT_LT(shown.size(), 1'000u);
    EXPECT_NE(shown.find("~~~\n"), std::string::npos);
}

TEST(Render, KeepsControlCharactersFromTheTerminal) {
    Sources sources;
    const auto source = sources.add("a.pdl", "a\x1B[2J\xFF");
    EXPECT_EQ(render_place(sources, Span{source, 0, 1}), " +-  at a.pdl:1:1\n |  a?[2J?\n |  ~\n");
}

TEST(Diagnostics, ReportsEachOnceAndNotTooMany) {
    Limits limits;
    limits.diagnostics_max = 2;
    Diagnostics diagnostics(limits);
    diagnostics.report<Code::unreachable>(Span{0, 1, 2});
    diagnostics.report<Code::unreachable>(Span{0, 1, 2});
    EXPECT_EQ(diagnostics.all().size(), 1u);
    EXPECT_FALSE(diagnostics.has_errors());
    diagnostics.report<Code::sync_in_sync>(Span{0, 3, 4});
    diagnostics.report<Code::sync_in_sync>(Span{0, 0, 1});
    ASSERT_EQ(diagnostics.all().size(), 2u);
    EXPECT_TRUE(diagnostics.has_errors());
    EXPECT_EQ(diagnostics.all()[1].code, Code::too_many_diagnostics);
}

TEST(RuntimeError, HasTheShapeOfTheReleaseNotes) {
    Sources sources;
    const auto source = sources.add("producer.pdl",
                                    "primitive producer(out<u32> output) {\n    u32 a = 1;\n"
                                    "    sync put(output, 1);\n    sync put(output, 2);\n}\n");
    const auto begin = static_cast<std::uint32_t>(sources.text(source).find("put(output, 2)"));
    const TraceLine trace[] = {{"primitive", "producer", Span{source, begin, begin + 14}}};
    EXPECT_EQ(render_runtime_error(sources, "attempted to 'put' on port that is no longer owned",
                                   trace[0].where, trace),
              "ERROR: attempted to 'put' on port that is no longer owned\n"
              " +-  at producer.pdl:4:10\n"
              " |      sync put(output, 2);\n"
              " |           ~~~~~~~~~~~~~~\n"
              " +-  Stack trace:\n"
              " | component producer:4\n");
}

}  // namespace
}  // namespace reowolf::diagnostics
