// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "program/assembly.hpp"

namespace reowolf::program {
namespace {

TEST(Layout, FieldsFollowEachOther) {
    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    const TypeId text = assembly.type(TypeKind::string);
    const TypeId pair = assembly.tuple({text, number});
    const TypeId nested = assembly.tuple({number, pair, text});
    EXPECT_EQ(assembly.program.layout(pair), (Layout{2, {0}}));
    EXPECT_EQ(assembly.program.layout(nested), (Layout{4, {1, 3}}));
    EXPECT_EQ(verify(assembly.program), std::nullopt);
}

TEST(Layout, VariantsShareWordsAndReferences) {
    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    const TypeId text = assembly.type(TypeKind::string);
    Type wanted;
    wanted.kind = TypeKind::union_of;
    wanted.name = "U";
    wanted.variants = {{"A", 0, {{"", text, false}, {"", number, false}}, {}},
                       {"B", 0, {{"", number, false}, {"", number, false}}, {}},
                       {"C", 0, {}, {}}};
    const TypeId id = assembly.add(wanted);
    const Type& type = assembly.program.types[id];
    EXPECT_EQ(type.layout, (Layout{4, {3}}));
    EXPECT_EQ(type.variants[0].slots, (std::vector<std::uint32_t>{3, 1}));
    EXPECT_EQ(type.variants[1].slots, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_TRUE(type.variants[2].slots.empty());
}

TEST(Layout, RefusesWhatContainsItselfInPlaceOrIsTooLarge) {
    Assembly assembly;
    const TypeId number = assembly.type(TypeKind::u32);
    Program program = assembly.program;
    Type endless;
    endless.kind = TypeKind::tuple;
    endless.fields = {{"", number, false}, {"", 1, false}};
    program.types.push_back(endless);
    EXPECT_FALSE(lay_out(program, 100));
    Program wide = assembly.program;
    Type three;
    three.kind = TypeKind::tuple;
    three.fields = {{"", number, false}, {"", number, false}, {"", number, false}};
    wide.types.push_back(three);
    Program same = wide;
    EXPECT_TRUE(lay_out(same, 3));
    EXPECT_FALSE(lay_out(wide, 2));
}

}  // namespace
}  // namespace reowolf::program
