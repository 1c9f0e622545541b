// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "machine/arrays.hpp"
#include "machine/machine.hpp"
#include "machine/value.hpp"
#include "program/assembly.hpp"

namespace reowolf::machine {
namespace {

using program::Type;
using program::TypeId;
using program::TypeKind;

// union List { Nil, Cons(u16, List) }
class Lists : public testing::Test {
  protected:
    program::Assembly assembly;
    TypeId number = assembly.type(TypeKind::u16);
    TypeId list = define();

    TypeId define() {
        Type boxes;
        boxes.kind = TypeKind::array;
        boxes.element = number + 2;
        assembly.program.types.push_back(boxes);
        Type wanted;
        wanted.kind = TypeKind::union_of;
        wanted.name = "List";
        wanted.variants = {{"Nil", 0, {}, {}},
                           {"Cons", 0, {{"", number, false}, {"", TypeId{number + 1}, true}}, {}}};
        return assembly.add(wanted);
    }
    std::vector<std::byte> bytes_of(std::uint16_t count) {
        std::vector<std::byte> bytes;
        for (std::uint16_t i = 0; i < count; ++i) {
            bytes.push_back(std::byte{1});
            bytes.push_back(static_cast<std::byte>(i));
            bytes.push_back(static_cast<std::byte>(i >> 8));
        }
        bytes.push_back(std::byte{0});
        return bytes;
    }
};

TEST_F(Lists, GoThroughTheWire) {
    ASSERT_EQ(program::verify(assembly.program), std::nullopt);
    const auto bytes = bytes_of(3);
    const auto value = decode(assembly.program, list, bytes, {});
    ASSERT_TRUE(value) << value.error();
    EXPECT_EQ(literal(assembly.program, list, *value),
              "List::Cons(0, List::Cons(1, List::Cons(2, List::Nil)))");
    std::vector<std::byte> again;
    encode(assembly.program, list, *value, again);
    EXPECT_EQ(again, bytes);
    EXPECT_EQ(*value, *decode(assembly.program, list, again, {}));
    EXPECT_FALSE(*value == *decode(assembly.program, list, bytes_of(2), {}));
    EXPECT_EQ(fixed_size(assembly.program, list), 0u);
}

TEST_F(Lists, NestOnlySoDeep) {
    const Limits limits;
    const auto most = static_cast<std::uint16_t>(limits.value_nesting_max);
    EXPECT_TRUE(decode(assembly.program, list, bytes_of(most), limits));
    const auto more = static_cast<std::uint16_t>(most + 1);
    EXPECT_FALSE(decode(assembly.program, list, bytes_of(more), limits));
}

TEST_F(Lists, MalformedOnesAreRefused) {
    auto bytes = bytes_of(1);
    bytes.pop_back();
    EXPECT_FALSE(decode(assembly.program, list, bytes, {}));
    bytes.push_back(std::byte{2});
    EXPECT_FALSE(decode(assembly.program, list, bytes, {}));
}

// A box and the value in it, of few slots and of many: what is moved out, and what is shared.
TEST(Aggregates, AreTakenOutOfTheirBoxes) {
    using program::op;
    using program::Opcode;
    for (const std::uint32_t words : {1u, 30u}) {
        program::Assembly assembly;
        const TypeId number = assembly.type(TypeKind::u32);
        const TypeId text = assembly.type(TypeKind::string);
        std::vector<TypeId> fields(words, number);
        fields.push_back(text);
        const TypeId tuple = assembly.tuple(fields);
        const TypeId boxes = assembly.array_of(tuple);
        // Slots: the box, another count of it, and the value.
        const auto routine = [&](Opcode opcode, bool shares) {
            return assembly.function(
                {.slots = 3 + words, .references = {0, 1, 2 + words}, .parameters = {boxes}}, text,
                {op(shares ? Opcode::copy_ref : Opcode::drop_ref, 1, 0), op(opcode, 2, 0, 0, boxes),
                 op(Opcode::ret, 2 + words)});
        };
        const program::RoutineId taking = routine(Opcode::take_unbox, false);
        const program::RoutineId taking_shared = routine(Opcode::take_unbox, true);
        const program::RoutineId copying = routine(Opcode::unbox, false);
        ASSERT_EQ(program::verify(assembly.program), std::nullopt);
        const Machine machine(assembly.program, Limits{});
        for (const program::RoutineId called : {taking, taking_shared, copying}) {
            Value kept = Value::text("kept");
            std::vector<Slot> slots(words + 1);
            slots[words].block = Value(kept).hand_over();
            Block* made = box(assembly.program.layout(tuple), slots.data());
            ASSERT_NE(made, nullptr);
            State state(assembly.program, called, {Value::adopt(made)});
            std::uint32_t budget = 100;
            Request request = machine.run(state, budget);
            ASSERT_EQ(request.kind, Request::Kind::ended);
            EXPECT_EQ(request.value, kept);
            state = State();
            request.value = Value();
            EXPECT_TRUE(is_unique(kept.block()));

            State empty(assembly.program, called, {Value::adopt(nullptr)});
            EXPECT_EQ(machine.run(empty, budget).kind, Request::Kind::failed);
        }
    }
}

TEST(Aggregates, OfManySlotsKnowWhichAreReferences) {
    program::Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u8);
    const TypeId text = assembly.type(TypeKind::string);
    std::vector<TypeId> fields(150, number);
    fields[70] = text;
    fields[149] = text;
    const TypeId wide = assembly.tuple(fields);
    std::vector<Slot> slots(150);
    slots[70].block = Value::text("a").hand_over();
    slots[149].block = Value::text("b").hand_over();
    const Value value = Value::take(assembly.program, wide, slots.data());
    EXPECT_EQ(slots[149].block, nullptr);
    std::vector<std::byte> bytes;
    encode(assembly.program, wide, value, bytes);
    EXPECT_EQ(bytes.size(), 148u + 2 * 5);
    const auto again = decode(assembly.program, wide, bytes, {});
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, value);
    EXPECT_TRUE(is_reference_slot(value.block(), 149));
    EXPECT_FALSE(is_reference_slot(value.block(), 148));
}

}  // namespace
}  // namespace reowolf::machine
