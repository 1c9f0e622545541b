// SPDX-License-Identifier: MIT
#include "machine/value.hpp"

#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "machine/arrays.hpp"
#include "machine/utf8.hpp"
#include "program/assembly.hpp"

namespace reowolf::machine {
namespace {

using program::Assembly;
using program::TypeId;
using program::TypeKind;

Value array(TypeKind element, const std::vector<std::uint64_t>& bits) {
    if (bits.empty()) return Value::adopt(nullptr);
    Block* block = make_block(element, bits.size(), 1u << 30);
    for (std::size_t i = 0; i < bits.size(); ++i) store(block, i, Slot{bits[i]});
    return Value::adopt(block);
}

Value array_of(std::vector<Value> elements) {
    if (elements.empty()) return Value::adopt(nullptr);
    Block* block = make_block(TypeKind::array, elements.size(), 1u << 30);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        Slot slot;
        slot.block = elements[i].hand_over();
        block->nested_bytes += total_bytes(slot.block);
        store(block, i, slot);
    }
    return Value::adopt(block);
}

class ValueTest : public testing::Test {
  protected:
    Assembly types;
    TypeId boolean = types.type(TypeKind::boolean);
    TypeId u8 = types.type(TypeKind::u8);
    TypeId u32 = types.type(TypeKind::u32);
    TypeId s16 = types.type(TypeKind::s16);
    TypeId character = types.type(TypeKind::character);
    TypeId text = types.type(TypeKind::string);
    TypeId bytes = types.array_of(u8);
    TypeId numbers = types.array_of(s16);
    TypeId texts = types.array_of(text);
    TypeId booleans = types.array_of(boolean);
    TypeId characters = types.array_of(character);
    TypeId matrix = types.array_of(numbers);
    TypeId byte_lists = types.array_of(bytes);
    TypeId port = types.type(TypeKind::in_port, u32);
    TypeId ports = types.array_of(port);
    Limits limits;

    std::string show(TypeId type, const Value& value, bool bare = false) {
        return literal(types.program, type, value, bare);
    }
    std::vector<std::uint8_t> encoded(TypeId type, const Value& value) {
        std::vector<std::byte> out;
        encode(types.program, type, value, out);
        std::vector<std::uint8_t> numbers_out;
        for (const std::byte b : out) numbers_out.push_back(static_cast<std::uint8_t>(b));
        return numbers_out;
    }
    std::expected<Value, std::string> decoded(TypeId type, std::vector<std::uint8_t> in) {
        return decode(types.program, type, std::as_bytes(std::span(in)), limits);
    }
    std::string defect(TypeId type, std::vector<std::uint8_t> in) {
        const auto value = decoded(type, std::move(in));
        return value ? "none: " + show(type, *value) : value.error();
    }
};

using Bytes = std::vector<std::uint8_t>;

TEST_F(ValueTest, Literals) {
    EXPECT_EQ(show(boolean, Value::scalar(1)), "true");
    EXPECT_EQ(show(boolean, Value::scalar(0)), "false");
    EXPECT_EQ(show(u32, Value::scalar(4'000'000'000)), "4000000000");
    EXPECT_EQ(show(s16, Value::scalar(static_cast<std::uint64_t>(-7))), "-7");
    EXPECT_EQ(show(types.type(TypeKind::u64), Value::scalar(~0ull)), "18446744073709551615");
    EXPECT_EQ(show(character, Value::scalar('a')), "'a'");
    EXPECT_EQ(show(character, Value::scalar('\'')), "'\\''");
    EXPECT_EQ(show(character, Value::scalar('"')), "'\"'");
    EXPECT_EQ(show(character, Value::scalar(0)), "'\\0'");
    EXPECT_EQ(show(character, Value::scalar(0xE9)), "'\\xE9'");
    EXPECT_EQ(show(numbers, array(TypeKind::s16, {1, 2, static_cast<std::uint64_t>(-3)})),
              "{1, 2, -3}");
    EXPECT_EQ(show(bytes, Value::text("ab")), "{97, 98}");
    EXPECT_EQ(show(bytes, Value::adopt(nullptr)), "{}");
    EXPECT_EQ(show(texts, array_of({Value::text("a"), Value::text("")}), true), "{\"a\", \"\"}");
    EXPECT_EQ(show(port, Value::scalar(3)), "in<u32>#3");
}

TEST_F(ValueTest, TextIsEscapedUnlessBare) {
    EXPECT_EQ(show(text, Value::text("a\"'\\\n\r\t")), R"("a\"'\\\n\r\t")");
    EXPECT_EQ(show(text, Value::text("a\nb"), true), "a\nb");
    EXPECT_EQ(show(text, Value::text(""), true), "");
    EXPECT_EQ(show(text, Value::text("é∀𝄞")), "\"é∀𝄞\"");
    EXPECT_EQ(show(text, Value::text(std::string_view("\0\x01\x7F", 3))), R"("\0\x01\x7F")");
    EXPECT_EQ(show(text, Value::text("\u0085\u200B\u2028")), R"("\u{85}\u{200B}\u{2028}")");
    EXPECT_EQ(show(text, Value::text("\xFFz\xC3")), R"("\xFFz\xC3")");
}

TEST_F(ValueTest, LiteralsStopAtTheirLimit) {
    const Value long_text = Value::text(std::string(1000, 'a'));
    std::string out;
    EXPECT_TRUE(append_literal(types.program, text, long_text, true, 1000, out));
    EXPECT_FALSE(append_literal(types.program, text, long_text, true, 1000, out));
    out.clear();
    EXPECT_FALSE(append_literal(types.program, text, long_text, false, 1001, out));
    out.clear();
    EXPECT_FALSE(append_literal(types.program, bytes, long_text, false, 1000, out));
    EXPECT_LT(out.size(), 1010u);
}

TEST_F(ValueTest, Encoding) {
    EXPECT_EQ(encoded(boolean, Value::scalar(1)), Bytes({1}));
    EXPECT_EQ(encoded(u32, Value::scalar(0x01020304)), Bytes({4, 3, 2, 1}));
    EXPECT_EQ(encoded(s16, Value::scalar(static_cast<std::uint64_t>(-2))), Bytes({0xFE, 0xFF}));
    EXPECT_EQ(encoded(text, Value::text("ab")), Bytes({'a', 'b'}));
    EXPECT_EQ(encoded(bytes, Value::text("ab")), Bytes({'a', 'b'}));
    EXPECT_EQ(encoded(bytes, Value::adopt(nullptr)), Bytes({}));
    EXPECT_EQ(encoded(numbers, array(TypeKind::s16, {1, 2})), Bytes({2, 0, 0, 0, 1, 0, 2, 0}));
    EXPECT_EQ(encoded(numbers, Value::adopt(nullptr)), Bytes({0, 0, 0, 0}));
    EXPECT_EQ(encoded(texts, array_of({Value::text("a"), Value::text("")})),
              Bytes({2, 0, 0, 0, 1, 0, 0, 0, 'a', 0, 0, 0, 0}));
    EXPECT_EQ(encoded(byte_lists, array_of({Value::text("a")})),
              Bytes({1, 0, 0, 0, 1, 0, 0, 0, 'a'}));
}

TEST_F(ValueTest, DecodingIsTheWayBack) {
    const std::pair<TypeId, Value> cases[] = {
        {boolean, Value::scalar(1)},
        {u8, Value::scalar(200)},
        {s16, Value::scalar(static_cast<std::uint64_t>(-300))},
        {character, Value::scalar(255)},
        {text, Value::text("grüße")},
        {text, Value::text("")},
        {bytes, Value::text("\xFF\xFE")},
        {numbers, array(TypeKind::s16, {1, static_cast<std::uint64_t>(-1)})},
        {booleans, array(TypeKind::boolean, {1, 0, 1})},
        {characters, array(TypeKind::character, {200, 1})},
        {texts, array_of({Value::text("a"), Value::text(""), Value::text("b")})},
        {matrix, array_of({array(TypeKind::s16, {1}), array(TypeKind::s16, {2, 3})})},
        {matrix, Value::adopt(nullptr)},
    };
    for (const auto& [type, value] : cases) {
        const auto back = decoded(type, encoded(type, value));
        ASSERT_TRUE(back.has_value()) << back.error();
        EXPECT_EQ(*back, value) << show(type, value);
        EXPECT_EQ(show(type, *back), show(type, value));
        EXPECT_EQ(total_bytes(back->block()), total_bytes(value.block()));
    }
}

TEST_F(ValueTest, DecodingRefusesWhatIsNoValue) {
    EXPECT_EQ(defect(u32, {1, 2, 3}), "the bytes end before the value does");
    EXPECT_EQ(defect(u32, {1, 2, 3, 4, 5}), "1 bytes are left over after the value");
    EXPECT_EQ(defect(boolean, {2}), "a bool is 0 or 1, not 2");
    EXPECT_EQ(defect(booleans, {2, 0, 0, 0, 1, 9}), "a bool is 0 or 1, not 9");
    EXPECT_EQ(defect(text, {'a', 0xC3}), "the text is not valid UTF-8: byte 1 of it");
    EXPECT_EQ(defect(texts, {1, 0, 0, 0, 1, 0, 0, 0, 0xFF}),
              "the text is not valid UTF-8: byte 0 of it");
    EXPECT_EQ(defect(numbers, {2, 0, 0, 0, 1, 0, 2}), "the bytes end before the value does");
    EXPECT_EQ(defect(numbers, {1, 0, 0}), "the bytes end before the value does");
    EXPECT_EQ(defect(numbers, {0xFF, 0xFF, 0xFF, 0xFF}), "the bytes end before the value does");
    EXPECT_EQ(defect(matrix, {0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0}),
              "the bytes end before the value does");
    EXPECT_EQ(defect(matrix, {2, 0, 0, 0, 1, 0, 0, 0, 7, 0, 9, 0, 0, 0}),
              "the bytes end before the value does");
    EXPECT_EQ(defect(port, {0, 0, 0, 0, 0, 0, 0, 0}), "a port cannot be sent as bytes");
    EXPECT_EQ(defect(ports, {0, 0, 0, 0}), "a port cannot be sent as bytes");
}

TEST_F(ValueTest, DecodingKeepsToTheLimit) {
    limits.value_bytes_max = 16;
    EXPECT_TRUE(decoded(text, Bytes(16, 'a')).has_value());
    EXPECT_EQ(defect(text, Bytes(17, 'a')), "a value of more than 16 bytes");
    // One reference and what it refers to.
    EXPECT_EQ(defect(texts, {1, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}),
              "a value of more than 16 bytes");
}

// Decoded values come from strangers: nothing may crash, and what is accepted encodes to the same
// bytes again.
TEST_F(ValueTest, DecodingSurvivesRandomBytes) {
    const TypeId all[] = {boolean, u8,       u32,        s16,    character,  text, bytes, numbers,
                          texts,   booleans, characters, matrix, byte_lists, port, ports};
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random(seed);
        const TypeId type = all[random.below(std::size(all))];
        Bytes in(random.below(40));
        for (auto& b : in) {
            // Small numbers make counts that are met.
            b = static_cast<std::uint8_t>(random.chance(70) ? random.below(3) : random.next());
        }
        const auto value = decoded(type, in);
        if (value) {
            ASSERT_EQ(encoded(type, *value), in);
        }
    }
}

TEST_F(ValueTest, FixedSizes) {
    EXPECT_EQ(fixed_size(types.program, boolean), 1u);
    EXPECT_EQ(fixed_size(types.program, u32), 4u);
    EXPECT_EQ(fixed_size(types.program, text), 0u);
    EXPECT_EQ(fixed_size(types.program, matrix), 0u);
    EXPECT_EQ(fixed_size(types.program, port), 0u);
}

TEST_F(ValueTest, EqualityIsStructural) {
    EXPECT_EQ(Value::text("abc"), Value::text("abc"));
    EXPECT_NE(Value::text("abc"), Value::text("abd"));
    EXPECT_NE(Value::text("abc"), Value::text("ab"));
    EXPECT_EQ(Value::text(""), Value::adopt(nullptr));
    EXPECT_EQ(array_of({Value::text("a"), Value::text("b")}),
              array_of({Value::text("a"), Value::text("b")}));
    EXPECT_NE(array_of({Value::text("a"), Value::text("b")}),
              array_of({Value::text("a"), Value::text("c")}));
    EXPECT_EQ(Value::scalar(5), Value::scalar(5));
    EXPECT_NE(Value::scalar(5), Value::scalar(6));
}

TEST_F(ValueTest, MovingAndHandingOver) {
    Value one = Value::text("abc");
    Value two = std::move(one);
    EXPECT_EQ(two.byte_view().size(), 3u);
    Value three = two;
    EXPECT_EQ(two.block()->references.load(), 2u);
    Block* block = three.hand_over();
    EXPECT_FALSE(three.is_reference());
    EXPECT_EQ(three.bits(), 0u);
    release(block);
    EXPECT_EQ(two.block()->references.load(), 1u);
    EXPECT_EQ(Value::scalar(7).hand_over(), nullptr);
}

TEST_F(ValueTest, SharedBetweenThreads) {
    const Value value = array_of({Value::text("shared"), Value::text("text")});
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([copy = value] {
            for (int n = 0; n < 10'000; ++n) {
                Value mine = copy;
                Block* block = mine.hand_over();
                ASSERT_TRUE(block->length == 2);
                release(block);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(value.block()->references.load(), 1u);
}

TEST(Arrays, AppendGrowsInPlaceAndAmortised) {
    Block* left = nullptr;
    const Value one = Value::text("x");
    int moves = 0;
    for (int i = 0; i < 100'000; ++i) {
        const Block* before = left;
        ASSERT_TRUE(append(left, one.block(), 1u << 30));
        if (left != before) ++moves;
    }
    EXPECT_EQ(left->length, 100'000u);
    EXPECT_LT(moves, 25);
    release(left);
}

TEST(Arrays, AppendToItself) {
    Block* block = Value::text("abc").hand_over();
    ASSERT_TRUE(append(block, block, 100));  // moves
    ASSERT_TRUE(append(block, block, 100));  // may have room
    const Value value = Value::adopt(block);
    EXPECT_EQ(value, Value::text("abcabcabcabc"));
    Block* nested = array_of({Value::text("a"), Value::text("bc")}).hand_over();
    ASSERT_TRUE(append(nested, nested, 100));
    const Value twice = Value::adopt(nested);
    EXPECT_EQ(twice,
              array_of({Value::text("a"), Value::text("bc"), Value::text("a"), Value::text("bc")}));
    EXPECT_EQ(total_bytes(twice.block()), 4 * 8 + 6u);
}

TEST(Arrays, AppendLeavesSharedBlocksAlone) {
    const Value shared = Value::text("abc");
    Block* left = Value(shared).hand_over();
    const Value right = Value::text("d");
    ASSERT_TRUE(append(left, right.block(), 100));
    EXPECT_EQ(shared, Value::text("abc"));
    EXPECT_EQ(Value::adopt(left), Value::text("abcd"));
}

TEST(Arrays, AppendKeepsToTheLimit) {
    Block* left = Value::text("abcd").hand_over();
    const Value right = Value::text("efgh");
    EXPECT_FALSE(append(left, right.block(), 7));
    EXPECT_EQ(left->length, 4u);
    EXPECT_TRUE(append(left, right.block(), 8));
    release(left);
}

TEST(Utf8, AcceptsExactlyWhatIsValid) {
    EXPECT_EQ(first_invalid_utf8(""), std::nullopt);
    EXPECT_EQ(first_invalid_utf8("plain text of more than eight bytes"), std::nullopt);
    EXPECT_EQ(first_invalid_utf8("\u007F\u0080\u07FF\u0800\uFFFD\U00010000\U0010FFFF"),
              std::nullopt);
    EXPECT_EQ(first_invalid_utf8("12345678\x80"), 8u);
    EXPECT_EQ(first_invalid_utf8("\xC0\x80"), 0u);          // overlong
    EXPECT_EQ(first_invalid_utf8("a\xC1\xBF"), 1u);         // overlong
    EXPECT_EQ(first_invalid_utf8("\xE0\x9F\xBF"), 0u);      // overlong
    EXPECT_EQ(first_invalid_utf8("\xF0\x8F\xBF\xBF"), 0u);  // overlong
    EXPECT_EQ(first_invalid_utf8("\xED\xA0\x80"), 0u);      // surrogate
    EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0u);  // beyond the last
    EXPECT_EQ(first_invalid_utf8("\xF5\x80\x80\x80"), 0u);
    EXPECT_EQ(first_invalid_utf8("\xE2\x88"), 0u);  // cut off
    EXPECT_EQ(first_invalid_utf8("\xE2\x88z"), 0u);
}

}  // namespace
}  // namespace reowolf::machine
