// SPDX-License-Identifier: MIT
// Dynamic connectors: ports as values.
#include <optional>

#include <gtest/gtest.h>

#include <reowolf/connector.hpp>

#include "peers.hpp"

namespace {

using namespace reowolf;
using namespace std::chrono_literals;

using Both = Pair<DynamicConnector, DynamicConnector>;
using Number = std::uint32_t;

constexpr const char* given =
    "connector c {\n"
    "    peer amy = \"$\" { in<out<u32>> give; in<in<u32>> lend; out<u32> numbers; }\n"
    "    peer bob = \"$\" { out<out<u32>> take; out<in<u32>> borrow; in<u32> count; }\n"
    "    new pass(amy.give, bob.take);\n"
    "    new pass(amy.lend, bob.borrow);\n"
    "    new pass(bob.count, amy.numbers);\n"
    "}\n"
    "primitive pass<T>(in<T> a, out<T> b) { while (true) sync put(b, get(a)); }\n";

struct Request {
    Number number = 0;
    std::vector<PutPort<std::string>> replies;
};
REOWOLF_FIELDS(Request, number, replies)

constexpr const char* requests =
    "struct Request { u32 number, out<string>[] replies }\n"
    "connector c {\n"
    "    peer amy = \"$\" { in<Request> ask; in<out<string>> mine; out<out<string>> made; }\n"
    "    peer bob = \"$\" { out<Request> asked; }\n"
    "    new pass(amy.ask, bob.asked);\n"
    "    new pass(amy.mine, amy.made);\n"
    "}\n"
    "primitive pass<T>(in<T> a, out<T> b) { while (true) sync put(b, get(a)); }\n";

std::errc code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return static_cast<std::errc>(error.code().value());
    }
    return {};
}

TEST(CppDynamic, NewPortsGoThroughPorts) {
    Both pair(given);
    for (Number i = 0; i < 10; ++i) {
        GetPort<Number> kept;
        std::optional<PutPort<Number>> got;
        pair.amy.fresh("give", kept);
        pair.bob.poll("take", got);
        pair.await();
        ASSERT_TRUE(got.has_value());
        EXPECT_EQ(pair.amy.type(kept.name), "out<u32>");
        EXPECT_EQ(pair.bob.type(got->name), "in<u32>");

        Number number = 99;
        pair.bob.offer(*got, i);
        pair.amy.poll(kept, number);
        pair.await();
        EXPECT_EQ(number, i);
        EXPECT_EQ(pair.amy.decide(kept), i);
        pair.bob.close(*got);
        EXPECT_EQ(code_of([&] { pair.bob.offer(*got, i); }), std::errc::broken_pipe);
    }
}

TEST(CppDynamic, TheOtherEndsToo) {
    Both pair(given);
    std::optional<PutPort<Number>> kept;
    GetPort<Number> got;
    pair.amy.fresh("lend", kept);
    pair.bob.poll("borrow", got);
    pair.await();
    ASSERT_TRUE(kept.has_value());
    const auto numbers = pair.amy.in(*kept);
    const auto seen = pair.bob.out(got);
    for (Number i = 0; i < 10; ++i) {
        numbers.offer(i);
        seen.poll();
        pair.await();
        EXPECT_EQ(seen.value(), i);
    }
}

TEST(CppDynamic, PortsAreHandedOver) {
    Both pair(given);
    GetPort<Number> bobs;
    pair.amy.offer("lend", GetPort<Number>{"numbers"});
    pair.bob.poll("borrow", bobs);
    pair.await();
    EXPECT_EQ(code_of([&] { pair.amy.poll<Number>("numbers"); }), std::errc::permission_denied);
    Number number = 0;
    pair.bob.offer("count", 5U);
    pair.bob.poll(bobs, number);
    pair.bob.await();
    EXPECT_EQ(number, 5U);
}

TEST(CppDynamic, PortsAreInsideOfOtherValues) {
    Both pair(requests);
    GetPort<std::string> kept;
    PutPort<std::string> made;
    pair.amy.fresh("mine", kept);
    pair.amy.poll("made", made);
    pair.amy.await();
    Request request;
    pair.amy.offer("ask", Request{7, {made}});
    pair.bob.poll("asked", request);
    pair.await();
    ASSERT_EQ(request.replies.size(), 1U);
    std::string reply;
    pair.bob.offer(request.replies[0], "seven");
    pair.amy.poll(kept, reply);
    pair.await();
    EXPECT_EQ(request.number, 7U);
    EXPECT_EQ(reply, "seven");
}

// An offer of a new port and one of a port that is there replace each other.
TEST(CppDynamic, OffersReplaceEachOther) {
    Both pair(given);
    GetPort<Number> kept{"as it was"};
    GetPort<Number> other{"as it was"};
    pair.amy.fresh("give", kept);
    pair.amy.fresh("give", other);
    pair.bob.poll<PutPort<Number>>("take");
    pair.await();
    EXPECT_EQ(kept.name, "as it was");
    EXPECT_EQ(other.name, "give#1");

    PutPort<Number> lent;
    pair.amy.fresh("lend", lent);
    pair.amy.offer("lend", other);
    const auto borrow = pair.bob.out<GetPort<Number>>("borrow");
    borrow.poll();
    pair.await();
    EXPECT_EQ(lent.name, "");
    EXPECT_TRUE(borrow.value().has_value());

    pair.amy.fresh("give", kept);
    pair.amy.unoffer("give");
    EXPECT_EQ(code_of([&] { pair.amy.await(); }), std::errc::resource_deadlock_would_occur);
}

// What was prepared stays so after a failure, and it is told which alternative has happened.
TEST(CppDynamic, FreshInAlternatives) {
    Both pair(given);
    GetPort<Number> first{"as it was"};
    GetPort<Number> second{"as it was"};
    PutPort<Number> lent;
    pair.amy.fresh("give", first);
    pair.amy.or_else();
    pair.amy.fresh("give", second);
    pair.amy.fresh("lend", lent);
    pair.amy.timeout(30ms);
    EXPECT_EQ(code_of([&] { pair.amy.await(); }), std::errc::timed_out);
    pair.amy.timeout(Connector::forever);
    pair.bob.poll<GetPort<Number>>("borrow");
    pair.await();
    EXPECT_EQ(pair.amy.chosen(), 1);
    EXPECT_EQ(first.name, "as it was");
    EXPECT_FALSE(lent.name.empty());
}

TEST(CppDynamic, MistakesAreTold) {
    Both pair(given);
    GetPort<Number> get;
    PutPort<Number> put;
    GetPort<std::string> text;
    EXPECT_EQ(code_of([&] { pair.amy.fresh("give", put); }), std::errc::invalid_argument);
    EXPECT_EQ(code_of([&] { pair.amy.fresh("give", text); }), std::errc::invalid_argument);
    EXPECT_EQ(code_of([&] { pair.amy.fresh("none", get); }), std::errc::no_such_file_or_directory);
    EXPECT_EQ(code_of([&] { pair.bob.fresh("take", get); }), std::errc::operation_not_permitted);
    EXPECT_EQ(code_of([&] { pair.amy.offer("give", PutPort<Number>{"none"}); }),
              std::errc::invalid_argument);
    EXPECT_EQ(code_of([&] { pair.amy.await(); }), std::errc::resource_deadlock_would_occur);

    Pair<LogicalConnector, LogicalConnector> others(given);
    EXPECT_EQ(code_of([&] { others.bob.poll("take", put); }), std::errc::operation_not_permitted);
}

}  // namespace
