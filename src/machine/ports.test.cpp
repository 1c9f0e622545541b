// SPDX-License-Identifier: MIT
#include "machine/ports.hpp"

#include <gtest/gtest.h>

#include "machine/arrays.hpp"
#include "program/assembly.hpp"

namespace reowolf::machine {
namespace {

using program::Assembly;
using program::TypeId;
using program::TypeKind;
using Ports = std::vector<std::uint64_t>;

class PortFinding : public testing::Test {
  protected:
    Ports ports_in(TypeId type, std::vector<Slot> slots) {
        const Value value = Value::take(assembly.program, type, slots.data());
        Ports ports;
        PortFinder(assembly.program).append(type, value, ports);
        return ports;
    }
    static Slot word(std::uint64_t bits) { return {.bits = bits}; }

    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    const TypeId port = assembly.type(TypeKind::out_port, number);
};

TEST_F(PortFinding, KnowsWhichTypesCanHoldPorts) {
    const TypeId carrier = assembly.type(TypeKind::in_port, port);
    const TypeId numbers = assembly.array_of(number);
    const TypeId pair = assembly.tuple({number, assembly.array_of(port)});
    const PortFinder finder(assembly.program);
    EXPECT_TRUE(finder.can_hold(port));
    EXPECT_TRUE(finder.can_hold(carrier));
    EXPECT_TRUE(finder.can_hold(pair));
    EXPECT_FALSE(finder.can_hold(number));
    EXPECT_FALSE(finder.can_hold(numbers));
}

TEST_F(PortFinding, FindsThemInTheirOrder) {
    const TypeId pair = assembly.tuple({port, number, port});
    EXPECT_EQ(ports_in(port, {word(7)}), Ports{7});
    EXPECT_EQ(ports_in(number, {word(7)}), Ports{});
    EXPECT_EQ(ports_in(pair, {word(5), word(6), word(3)}), (Ports{5, 3}));
}

TEST_F(PortFinding, LooksIntoArrays) {
    const TypeId many = assembly.array_of(port);
    const TypeId pair = assembly.tuple({number, many});
    Block* const block = make_block(TypeKind::out_port, 2, 1'000);
    store(block, 0, word(9));
    store(block, 1, word(4));
    Slot array;
    array.block = block;
    EXPECT_EQ(ports_in(pair, {word(1), array}), (Ports{9, 4}));
    EXPECT_EQ(ports_in(many, {Slot{}}), Ports{});
}

// Only those of the variant that it is.
TEST_F(PortFinding, LooksIntoUnions) {
    program::Type wanted;
    wanted.kind = TypeKind::union_of;
    wanted.name = "Some";
    wanted.variants.push_back({"Number", 0, {{"", number, false}}, {}});
    wanted.variants.push_back({"Port", 1, {{"", port, false}}, {}});
    const TypeId some = assembly.add(std::move(wanted));
    EXPECT_EQ(ports_in(some, {word(0), word(8)}), Ports{});
    EXPECT_EQ(ports_in(some, {word(1), word(8)}), Ports{8});
}

}  // namespace
}  // namespace reowolf::machine
