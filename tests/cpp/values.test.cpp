// SPDX-License-Identifier: MIT
#include <array>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <reowolf/values.hpp>

namespace {

using namespace reowolf;

struct Point {
    std::uint32_t x, y;
    friend bool operator==(const Point&, const Point&) = default;
};
REOWOLF_FIELDS(Point, x, y)

struct Path {
    std::string name;
    std::vector<Point> points;
    friend bool operator==(const Path&, const Path&) = default;
};
REOWOLF_FIELDS(Path, name, points)

enum class Colour : std::uint8_t { red, green = 5 };

std::string hex(const Bytes& bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        static constexpr char digits[] = "0123456789abcdef";
        text += digits[static_cast<int>(byte) / 16];
        text += digits[static_cast<int>(byte) % 16];
    }
    return text;
}

template <class T>
void expect_round_trip(const T& value) {
    const Bytes bytes = to_bytes(value);
    const std::optional<T> read = from_bytes<T>(bytes);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, value);
}

TEST(Values, ScalarsAreLittleEndianInsideOthers) {
    EXPECT_EQ(hex(to_bytes(std::pair{std::uint16_t{0x1234}, std::int32_t{-2}})), "3412feffffff");
    EXPECT_EQ(hex(to_bytes(std::tuple{true, 'a', Colour::green})), "016105000000");
}

TEST(Values, StringsAndBytesAtTopLevelHaveNoCount) {
    EXPECT_EQ(hex(to_bytes(std::string("hi"))), "6869");
    EXPECT_EQ(hex(to_bytes("hi")), "6869");
    EXPECT_EQ(hex(to_bytes(std::vector<std::uint8_t>{1, 2})), "0102");
    EXPECT_EQ(hex(to_bytes(std::vector<std::uint16_t>{1, 2})), "0200000001000200");
    EXPECT_EQ(hex(to_bytes(std::tuple{std::string("hi")})), "020000006869");
}

TEST(Values, UnionsHaveATag) {
    using Shape = std::variant<std::monostate, std::uint32_t, std::tuple<bool, bool>>;
    EXPECT_EQ(hex(to_bytes(Shape{})), "00");
    EXPECT_EQ(hex(to_bytes(Shape{std::uint32_t{7}})), "0107000000");
    EXPECT_EQ(hex(to_bytes(Shape{std::tuple{true, false}})), "020100");
    EXPECT_EQ(hex(to_bytes(std::optional<std::uint8_t>{})), "00");
    EXPECT_EQ(hex(to_bytes(std::optional<std::uint8_t>{9})), "0109");
}

TEST(Values, WhatIsWrittenIsRead) {
    expect_round_trip(std::uint64_t{0xFFFFFFFFFFFFFFFF});
    expect_round_trip(std::numeric_limits<std::int64_t>::min());
    expect_round_trip(-0.5F);
    expect_round_trip(1e300);
    expect_round_trip(Colour::green);
    expect_round_trip(std::string("zażółć\0x", 12));
    expect_round_trip(Path{"p", {{1, 2}, {3, 4}}});
    expect_round_trip(std::vector<std::string>{"", "a", "bc"});
    expect_round_trip(std::array<std::int16_t, 3>{1, -2, 3});
    expect_round_trip(std::array<std::uint8_t, 3>{1, 2, 3});
    expect_round_trip(std::array<std::byte, 2>{std::byte{1}, std::byte{2}});
    expect_round_trip(std::vector<std::optional<Point>>{std::nullopt, Point{5, 6}});
    expect_round_trip(std::variant<std::monostate, Path, std::tuple<std::uint8_t, std::string>>{
        std::tuple{std::uint8_t{1}, std::string("x")}});
}

TEST(Values, ShapesAreThoseOfTheLanguage) {
    EXPECT_EQ(Codec<std::uint8_t>::type(), "u8");
    EXPECT_EQ(Codec<std::byte>::type(), "u8");
    EXPECT_EQ(Codec<signed char>::type(), "s8");
    EXPECT_EQ(Codec<char>::type(), "char");
    EXPECT_EQ(Codec<double>::type(), "f64");
    EXPECT_EQ(Codec<Path>::type(), "(string, (u32, u32)[])");
    EXPECT_EQ(Codec<std::optional<Colour>>::type(), "{() | (enum)}");
}

TEST(Values, BytesThatAreNoValueAreRefused) {
    const Bytes bytes = to_bytes(std::vector<std::string>{"abc"});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(from_bytes<std::vector<std::string>>(std::span(bytes).first(size)));
    }
    Bytes longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(from_bytes<std::vector<std::string>>(longer));
    // A count that promises more than there is takes no memory.
    EXPECT_FALSE(from_bytes<std::vector<std::uint64_t>>(to_bytes(0xFFFFFFFFU)));
    EXPECT_FALSE((from_bytes<std::variant<std::monostate>>(to_bytes(std::uint8_t{1}))));
}

TEST(Values, AnArrayOfAnotherSizeIsToldWithBothSizes) {
    const auto read = value_from<std::array<std::uint32_t, 3>>(to_bytes(std::vector{1U, 2U}));
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error(), "an array of 2 elements, where the program has one of 3");
    const auto bytes = value_from<std::array<std::uint8_t, 3>>(to_bytes("four"));
    ASSERT_FALSE(bytes.has_value());
    EXPECT_EQ(bytes.error(), "an array of 4 elements, where the program has one of 3");
    using Inside = std::vector<std::array<char, 1>>;
    const auto inside = value_from<Inside>(to_bytes(std::vector<std::vector<char>>{{'a'}, {}}));
    ASSERT_FALSE(inside.has_value());
    EXPECT_EQ(inside.error(), "an array of 0 elements, where the program has one of 1");
}

}  // namespace
