// SPDX-License-Identifier: MIT
#include "compiler/difference.hpp"

#include <string>

#include <gtest/gtest.h>

namespace reowolf::compiler {
namespace {

// "LEFT|RIGHT", the words in which the texts begin to differ.
std::string difference(const std::string& left, const std::string& right) {
    diagnostics::Sources sources;
    const Text a{sources, sources.add("left", left)};
    const Text b{sources, sources.add("right", right)};
    const auto found = first_difference(a, b, {});
    if (!found) return "none";
    const auto [here, there] = *found;
    return left.substr(here.begin, here.end - here.begin) + '|' +
           right.substr(there.begin, there.end - there.begin);
}

TEST(Difference, IsTheFirstWordThatDiffers) {
    EXPECT_EQ(difference("func f() -> u32 { return 1; }", "func f() -> u32 { return 2; }"), "1|2");
    EXPECT_EQ(difference("primitive p() {}", "primitive q() {}"), "p|q");
    EXPECT_EQ(difference("const u32 A = 1;", "const u32 A = 1; const u32 B = 2;"), "|const");
}

TEST(Difference, IsNeitherLayoutNorWhoseTextItIs) {
    EXPECT_EQ(difference("self amy; primitive p() { sync { skip; } }",
                         "primitive p() /* a */ { sync skip; } self bob;"),
              "none");
    EXPECT_EQ(difference("self amy; func f() -> u8[] { { return {1, 2,}; } }",
                         "self bob; func f() -> u8[] { return {1, 3}; }"),
              "2|3");
    EXPECT_EQ(difference("primitive p() { synchronous skip; }", "primitive p() { sync skip; }"),
              "none");
}

}  // namespace
}  // namespace reowolf::compiler
