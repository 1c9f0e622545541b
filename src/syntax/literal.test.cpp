// SPDX-License-Identifier: MIT
#include "syntax/literal.hpp"

#include <gtest/gtest.h>

namespace reowolf::syntax {
namespace {

TEST(IntegerValue, ReadsEveryBase) {
    EXPECT_EQ(integer_value("1_000").value, 1000u);
    EXPECT_EQ(integer_value("0xFf").value, 255u);
    EXPECT_EQ(integer_value("0o17").value, 15u);
    EXPECT_EQ(integer_value("0b1010_0001").value, 161u);
    EXPECT_EQ(integer_value("18446744073709551615").value, ~std::uint64_t{0});
    EXPECT_EQ(integer_value("18446744073709551616").fault, IntegerFault::too_large);
    EXPECT_EQ(integer_value("0x").fault, IntegerFault::malformed);
    EXPECT_EQ(integer_value("0b2").fault, IntegerFault::malformed);
    EXPECT_EQ(integer_value("9a").fault, IntegerFault::malformed);
}

TEST(TextValue, ReplacesEscapes) {
    EXPECT_EQ(text_value(R"(\\\'\"\n\r\t\x41\u{e9})").bytes, "\\'\"\n\r\tA\xC3\xA9");
    EXPECT_EQ(text_value(R"(\0)").bytes, std::string(1, '\0'));
    EXPECT_EQ(text_value(R"(\u{1F600})").bytes, "\xF0\x9F\x98\x80");
    EXPECT_EQ(text_value(R"(\q)").fault, TextFault::unknown_escape);
    EXPECT_EQ(text_value(R"(ab\x4)").fault, TextFault::bad_code);
    EXPECT_EQ(text_value(R"(ab\x4)").at, 2u);
    EXPECT_EQ(text_value(R"(\u{D800})").fault, TextFault::bad_code);
    EXPECT_EQ(text_value(R"(\u{})").fault, TextFault::bad_code);
    EXPECT_EQ(text_value(R"(\u{41)").fault, TextFault::bad_code);
    EXPECT_EQ(text_value(R"(\xff)").fault, TextFault::not_utf8);
}

TEST(Quoted, ReadsBack) {
    const std::string bytes = "a\"'\\\n\x01é";
    const std::string text = syntax::quoted(bytes, '"');
    EXPECT_EQ(text_value(text.substr(1, text.size() - 2)).bytes, bytes);
}

}  // namespace
}  // namespace reowolf::syntax
