// SPDX-License-Identifier: MIT
#include "check/terms.hpp"

#include <gtest/gtest.h>

#include "check/spelling.hpp"

namespace reowolf::check {
namespace {

TEST(Terms, UnifyStructurally) {
    Terms terms;
    const Term element = terms.variable({}, "it");
    const Term array = terms.array(element);
    EXPECT_EQ(terms.name(array), "_[]");
    EXPECT_TRUE(terms.unify(array, terms.array(terms.plain(TermKind::u8)), {}));
    EXPECT_EQ(terms.name(array), "u8[]");
    EXPECT_FALSE(terms.unify(element, terms.plain(TermKind::u16), {}));
    EXPECT_FALSE(terms.unify(terms.port(TermKind::in_port, element),
                             terms.port(TermKind::out_port, element), {}));
}

TEST(Terms, LiteralsAreIntegers) {
    Terms terms;
    const Term one = terms.literal({});
    const Term other = terms.literal({});
    EXPECT_FALSE(terms.unify(one, terms.plain(TermKind::boolean), {}));
    EXPECT_TRUE(terms.unify(one, other, {}));
    EXPECT_TRUE(terms.unify(other, terms.plain(TermKind::s8), Span{0, 5, 6}));
    EXPECT_EQ(terms.kind(one), TermKind::s8);
    EXPECT_EQ(terms.settled_at(one), (Span{0, 5, 6}));
    const Term alone = terms.literal({});
    EXPECT_FALSE(terms.settled_at(alone));
    terms.settle_literals();
    EXPECT_EQ(terms.kind(alone), TermKind::s32);
}

TEST(Terms, RefuseToContainThemselves) {
    Terms terms;
    const Term variable = terms.variable({}, "it");
    EXPECT_FALSE(terms.unify(variable, terms.array(variable), {}));
    const auto open = terms.next_unsettled();
    ASSERT_TRUE(open);
    EXPECT_TRUE(terms.unify(open->term, terms.invalid(), {}));
    EXPECT_FALSE(terms.next_unsettled());
    EXPECT_EQ(terms.kind(variable), TermKind::invalid);
    EXPECT_TRUE(terms.unify(variable, terms.plain(TermKind::string), {}));
}

TEST(DidYouMean, FindsTheClosestName) {
    EXPECT_EQ(did_you_mean("lenght", {"fires", "length"}), "; did you mean 'length'?");
    EXPECT_EQ(did_you_mean("wroker", {"walker", "worker"}), "; did you mean 'worker'?");
    EXPECT_EQ(did_you_mean("x", {"y"}), "");
    EXPECT_EQ(did_you_mean("something", {"else"}), "");
    EXPECT_EQ(did_you_mean("", {}), "");
}

}  // namespace
}  // namespace reowolf::check
