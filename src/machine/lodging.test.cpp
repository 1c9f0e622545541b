// SPDX-License-Identifier: MIT
#include "machine/lodging.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "machine/arrays.hpp"
#include "machine/in_place.hpp"

namespace reowolf::machine {

namespace {

// Bytes with as much in front of them as a lodger needs.
class House {
  public:
    explicit House(std::string_view text)
        : memory_(std::make_shared<std::vector<std::byte>>(front + text.size())),
          bytes_(std::span(*memory_).subspan(front)) {
        std::memcpy(bytes_.data(), text.data(), text.size());
    }
    std::span<std::byte> bytes() const { return bytes_; }
    Value let() { return lodge(bytes_, memory_); }
    // Whether somebody else keeps it.
    bool is_inhabited() const { return memory_.use_count() > 1; }

  private:
    static constexpr std::size_t front = lodging_bytes + lodging_bytes % 16;
    std::shared_ptr<std::vector<std::byte>> memory_;
    std::span<std::byte> bytes_;
};

std::string_view text_of(const Value& value) {
    const auto bytes = value.byte_view();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Lodging, is_where_the_bytes_are_for_as_long_as_the_value_is) {
    House house("Goethe");
    {
        const Value first = house.let();
        EXPECT_EQ(first.byte_view().data(), house.bytes().data());
        EXPECT_EQ(text_of(first), "Goethe");
        EXPECT_EQ(first, Value::text("Goethe"));
        Value second = first;
        second = {};
        EXPECT_TRUE(house.is_inhabited());
    }
    EXPECT_FALSE(house.is_inhabited());
}

TEST(Lodging, may_be_left_in_another_thread) {
    House house("Goethe");
    std::thread other([value = house.let()]() mutable { value = {}; });
    other.join();
    EXPECT_FALSE(house.is_inhabited());
}

TEST(Lodging, is_not_changed_while_it_is_shared) {
    House house("Goethe");
    Value value = house.let();
    const Value other = value;
    Block* block = value.hand_over();
    ASSERT_TRUE(make_unique(block));
    block->data()[0] = std::byte{'g'};
    value = Value::adopt(block);
    EXPECT_EQ(text_of(value), "goethe");
    EXPECT_EQ(text_of(other), "Goethe");
    EXPECT_NE(value.byte_view().data(), house.bytes().data());
}

TEST(Lodging, is_left_by_who_grows_out_of_it) {
    House house("Goethe");
    Value value = house.let();
    Block* block = value.hand_over();
    const Value more = Value::text(" and Schiller");
    ASSERT_TRUE(append(block, more.block(), 100));
    EXPECT_FALSE(house.is_inhabited());
    value = Value::adopt(block);
    EXPECT_EQ(text_of(value), "Goethe and Schiller");
}

TEST(Lodging, ends_with_the_array_that_it_is_in) {
    House house("Goethe");
    Block* const outer = make_block(program::TypeKind::string, 1, 100);
    Value value = house.let();
    store(outer, 0, Slot{.block = value.hand_over()});
    EXPECT_TRUE(house.is_inhabited());
    release(outer);
    EXPECT_FALSE(house.is_inhabited());
}

TEST(Lodging, of_large_ones_is_not_memory_to_be_used_for_blocks) {
    const std::string text(1'000'000, 'x');
    House house(text);
    Value value = house.let();
    value = {};
    EXPECT_FALSE(house.is_inhabited());
    std::ranges::fill(house.bytes(), std::byte{'y'});
    const Value other = Value::text(text);
    EXPECT_EQ(text_of(other), text);
}

class InPlace : public testing::Test {
  protected:
    InPlace() {
        const auto add = [&](program::TypeKind kind, program::TypeId element = 0) {
            program::Type type;
            type.kind = kind;
            type.element = element;
            program.types.push_back(type);
            return static_cast<program::TypeId>(program.types.size() - 1);
        };
        u8 = add(program::TypeKind::u8);
        u16 = add(program::TypeKind::u16);
        boolean = add(program::TypeKind::boolean);
        text = add(program::TypeKind::string);
        bytes = add(program::TypeKind::array, u8);
        numbers = add(program::TypeKind::array, u16);
        flags = add(program::TypeKind::array, boolean);
    }
    bool is(program::TypeId type, std::string_view given, std::size_t bytes_max = 100) const {
        Limits limits;
        limits.value_bytes_max = bytes_max;
        return is_in_place(program, type, std::as_bytes(std::span(given)), limits);
    }

    program::Program program;
    program::TypeId u8 = 0, u16 = 0, boolean = 0, text = 0, bytes = 0, numbers = 0, flags = 0;
};

TEST_F(InPlace, are_only_those_that_are_their_bytes) {
    EXPECT_TRUE(is(bytes, "\xff\xfe"));
    EXPECT_TRUE(is(text, "Käse"));
    EXPECT_FALSE(is(text, "K\xe4se")) << "no UTF-8";
    EXPECT_FALSE(is(text, "K\xc3")) << "cut off";
    EXPECT_FALSE(is(numbers, std::string_view("\1\0\0\0\1\0", 6)));
    EXPECT_FALSE(is(flags, std::string_view("\1\0\0\0\1", 5)));
    EXPECT_FALSE(is(u8, "x"));
}

TEST_F(InPlace, are_none_that_are_too_large) {
    EXPECT_TRUE(is(bytes, "12345", 5));
    EXPECT_FALSE(is(bytes, "12345", 4));
    EXPECT_FALSE(is(text, "12345", 4));
}

}  // namespace

}  // namespace reowolf::machine
