// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <vector>

#include <gtest/gtest.h>

#include <reowolf/connector.hpp>

#include "peers.hpp"

namespace {

using namespace reowolf;
using namespace std::chrono_literals;

struct Order {
    std::string what;
    std::uint32_t count;
    friend bool operator==(const Order&, const Order&) = default;
};
REOWOLF_FIELDS(Order, what, count)

constexpr const char* orders =
    "struct Order { string what, u32 count }\n"
    "union Answer { Refused, Price(u32) }\n"
    "connector orders {\n"
    "    peer amy = \"$\" { in<Order> order; out<Answer> answer; }\n"
    "    peer bob = \"$\" { in<Answer> answer; out<Order> order; }\n"
    "    new pass(amy.order, bob.order);\n"
    "    new pass(bob.answer, amy.answer);\n"
    "}\n"
    "primitive pass<T>(in<T> a, out<T> b) { while (true) sync if (fires(a)) put(b, get(a)); }\n";

using Both = Pair<RealtimeConnector, RealtimeConnector>;

std::errc code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return static_cast<std::errc>(error.code().value());
    }
    return {};
}

TEST(CppRealtime, ValuesGoThrough) {
    Both pair(orders);
    Order order;
    pair.amy.put("order", Order{"apples", 3});
    pair.bob.get("order", order);
    EXPECT_FALSE(pair.round());
    EXPECT_EQ(order, (Order{"apples", 3}));
    EXPECT_EQ(pair.bob.decide<Order>("order"), order);

    std::optional<std::uint32_t> price = 99;
    pair.bob.put("answer", std::optional<std::uint32_t>{});
    pair.amy.get<std::optional<std::uint32_t>>("answer");
    pair.round();
    const auto answer = pair.amy.decide<std::optional<std::uint32_t>>("answer");
    ASSERT_TRUE(answer.has_value());
    EXPECT_FALSE(answer->has_value());
    EXPECT_EQ(price, 99);
    EXPECT_FALSE(pair.bob.fired("order"));
}

TEST(CppRealtime, ProgressIsTold) {
    const std::string protocol = with_addresses(orders);
    RealtimeConnector amy;
    std::vector<std::pair<int, std::string>> told;
    amy.on_progress([&](const rw_event& event) { told.emplace_back(event.what, event.peer); });
    RealtimeConnector moved(std::move(amy));
    moved.configure("self amy;\n" + protocol);
    moved.timeout(0ms);
    EXPECT_EQ(code_of([&] { moved.connect(); }), std::errc::connection_refused);
    EXPECT_EQ(told, (std::vector<std::pair<int, std::string>>{{RW_LISTENING, "amy"},
                                                              {RW_CONNECTING, "bob"}}));
    moved.on_progress({});
    EXPECT_EQ(code_of([&] { moved.connect(); }), std::errc::connection_refused);
    EXPECT_EQ(told.size(), 2u);
    Both pair(orders);
    EXPECT_EQ(code_of([&] { pair.amy.on_progress({}); }), std::errc::already_connected);
}

TEST(CppRealtime, PortsAreCheckedOnce) {
    Both pair(orders);
    const auto order = pair.amy.in<Order>("order");
    const auto taken = pair.bob.out<Order>("order");
    for (std::uint32_t i = 0; i < 20; ++i) {
        order.put(Order{"pears", i});
        taken.get();
        pair.round();
        EXPECT_EQ(taken.value(), (Order{"pears", i}));
    }
    EXPECT_EQ(code_of([&] { pair.amy.in<std::uint32_t>("order"); }), std::errc::invalid_argument);
    EXPECT_EQ(code_of([&] { pair.amy.out<Order>("order"); }), std::errc::operation_not_permitted);
    EXPECT_EQ(code_of([&] { pair.amy.in<Order>("nothing"); }),
              std::errc::no_such_file_or_directory);
}

TEST(CppRealtime, PortsMadeBeforeAreCheckedAtConnect) {
    const std::string protocol = with_addresses(orders);
    RealtimeConnector amy;
    RealtimeConnector bob;
    amy.configure("self amy;\n" + protocol);
    bob.configure("self bob;\n" + protocol);
    const auto order = amy.in<Order>("order");
    const auto taken = bob.out<Order>("order");
    bob.out<std::uint32_t>("answer");  // is one to put into, and of another type
    auto connecting = std::async(std::launch::async, [&] { return amy.try_connect(); });
    const Result<void> connected = bob.try_connect();
    EXPECT_TRUE(connecting.get().has_value());
    ASSERT_FALSE(connected.has_value());
    EXPECT_EQ(connected.error().code, std::errc::operation_not_permitted);
    EXPECT_NE(connected.error().text.find("answer"), std::string::npos) << connected.error().text;

    order.put(Order{"quinces", 4});
    taken.get();
    auto other = std::async(std::launch::async, [&] { return amy.sync(); });
    bob.sync();
    other.get();
    EXPECT_EQ(taken.value(), (Order{"quinces", 4}));
}

TEST(CppRealtime, BytesAreSeenInPlace) {
    Pair<RealtimeConnector, RealtimeConnector> pair(
        "connector c {\n"
        "    peer amy = \"$\" { in<u8[]> give; }\n"
        "    peer bob = \"$\" { out<u8[]> take; }\n"
        "    new pass(amy.give, bob.take);\n"
        "}\n"
        "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n");
    const std::vector<std::uint8_t> picture(100'000, 7);
    pair.amy.put("give", std::span(picture));
    pair.bob.get<Bytes>("take");
    pair.round();
    const auto seen = pair.bob.view("take");
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->size(), picture.size());
    EXPECT_EQ(seen->data(), pair.bob.view("take")->data());  // not copied for whoever asks
    EXPECT_TRUE(std::ranges::equal(*seen, std::as_bytes(std::span(picture))));
}

TEST(CppRealtime, AWrongTypeIsRefusedBothWays) {
    Both pair(orders);
    EXPECT_EQ(code_of([&] { pair.amy.put("order", 42U); }), std::errc::invalid_argument);
    std::uint64_t number = 0;
    EXPECT_EQ(code_of([&] { pair.bob.get("order", number); }), std::errc::invalid_argument);
}

// As in C: connector, state, name, owner, direction, and only then what the port carries.
TEST(CppRealtime, AWrongTypeIsTheLastThingToBeSaid) {
    Both pair(orders);
    std::string text;
    const auto put = [&](const char* port) {
        return code_of([&] { pair.amy.put(port, std::string("no order")); });
    };
    const auto get = [&](const char* port) { return code_of([&] { pair.amy.get(port, text); }); };
    EXPECT_EQ(put("nothing"), std::errc::no_such_file_or_directory);
    EXPECT_EQ(get("bob.order"), std::errc::permission_denied);
    EXPECT_EQ(put("answer"), std::errc::operation_not_permitted);
    EXPECT_EQ(get("order"), std::errc::operation_not_permitted);
    EXPECT_EQ(put("order"), std::errc::invalid_argument);
    EXPECT_EQ(get("answer"), std::errc::invalid_argument);
    EXPECT_TRUE(pair.amy.try_sync_start());
    EXPECT_EQ(put("order"), std::errc::device_or_resource_busy);
    EXPECT_EQ(get("answer"), std::errc::device_or_resource_busy);
    EXPECT_TRUE(pair.bob.try_sync());  // nothing of all this was prepared
    EXPECT_TRUE(pair.amy.try_sync_finish());
    pair.amy.close("answer");
    EXPECT_EQ(get("answer"), std::errc::broken_pipe);
    pair.bob.close("answer");
    EXPECT_EQ(code_of([&] { pair.bob.put("answer", text); }), std::errc::broken_pipe);
}

TEST(CppRealtime, NothingIsCutAtAZeroByte) {
    Both pair(orders);
    const std::string name("order\0ly", 8);
    const Order apples{"apples", 3};
    Order order;
    const auto unknown = std::errc::no_such_file_or_directory;
    EXPECT_EQ(code_of([&] { pair.amy.put(name, apples); }), unknown);
    EXPECT_EQ(code_of([&] { pair.amy.unput(name); }), unknown);
    EXPECT_EQ(code_of([&] { pair.bob.get(name, order); }), unknown);
    EXPECT_EQ(code_of([&] { pair.bob.decide<Order>(name); }), unknown);
    EXPECT_EQ(code_of([&] { pair.amy.in<Order>(name); }), unknown);
    EXPECT_EQ(code_of([&] { pair.amy.close(name); }), unknown);

    std::string text = pair.text_of("amy") + '\0';
    EXPECT_EQ(code_of([&] { pair.amy.configure(text); }), std::errc::already_connected);
    RealtimeConnector other;
    const Result<void> configured = other.try_configure(text);
    ASSERT_FALSE(configured);
    EXPECT_EQ(configured.error().code, std::errc::invalid_argument);
    EXPECT_NE(configured.error().text.find("zero byte"), std::string::npos);
    EXPECT_NE(Connector::check(text), "");
    text.pop_back();
    EXPECT_EQ(Connector::check(text), "");
}

TEST(CppRealtime, OptionalGetsComeOrNot) {
    Both pair(orders);
    for (std::uint32_t i = 0; i < 6; ++i) {
        std::optional<Order> order = Order{"left from before", 0};
        if (i % 2 == 0) pair.amy.put("order", Order{"plums", i});
        pair.bob.opt("order", order);
        pair.round();
        if (i % 2 == 0) {
            EXPECT_EQ(order, (Order{"plums", i}));
        } else {
            EXPECT_FALSE(pair.bob.fired("order"));
        }
    }
}

TEST(CppRealtime, AlternativesTellWhichHappened) {
    Both pair(orders);
    Order order;
    pair.amy.put("order", Order{"figs", 1});
    pair.bob.put("answer", std::optional<std::uint32_t>{5});
    pair.bob.or_else();
    pair.bob.get("order", order);
    pair.round();
    EXPECT_EQ(pair.bob.chosen(), 1);
    EXPECT_EQ(order, (Order{"figs", 1}));
}

// Each alternative has variables of its own, and what was prepared before is remembered.
TEST(CppRealtime, AlternativesOfOnePort) {
    Both pair(orders);
    for (int i = 0; i < 6; ++i) {
        Order alone;
        Order along;
        std::optional<std::uint32_t> answer = 0;
        pair.amy.put("order", Order{"figs", 1});
        pair.bob.get("order", alone);
        pair.bob.or_else();
        pair.bob.get("order", along);
        pair.bob.put("answer", std::optional<std::uint32_t>{5});
        if (i % 2 == 1) pair.amy.get("answer", answer);
        pair.round();
        EXPECT_EQ(pair.bob.chosen(), i % 2);
        EXPECT_EQ(alone.what, i % 2 == 0 ? "figs" : "");
        EXPECT_EQ(along.what, i % 2 == 1 ? "figs" : "");
        EXPECT_EQ(answer, i % 2 == 1 ? 5U : 0U);
    }
}

TEST(CppRealtime, ConfiguringAnewForgetsWhatWasPrepared) {
    Both pair(
        "connector c {\n"
        "    peer amy = \"$\" { in<u32> give; in<u32> more; }\n"
        "    peer bob = \"$\" { out<u32> take; }\n"
        "    new once(amy.give, bob.take);\n"
        "}\n"
        "primitive once(in<u32> a, out<u32> b) { sync put(b, get(a)); }\n");
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    pair.amy.put("give", 1U);
    pair.bob.get("take", first);
    EXPECT_TRUE(pair.round());
    pair.bob.get("take", second);
    pair.bob.or_else();
    pair.bob.configure(pair.text_of("bob"));
    pair.bob.get("take", first);
    pair.amy.put("give", 2U);
    EXPECT_TRUE(pair.round());
    EXPECT_EQ(first, 2U);
    EXPECT_EQ(second, 0U);
}

TEST(CppRealtime, FailuresAreResultsOrThrown) {
    Both pair(orders);
    pair.amy.timeout(20ms);
    const Result<bool> late = pair.amy.try_sync();
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().code, std::errc::timed_out);
    EXPECT_NE(late.error().text.find("bob"), std::string::npos) << late.error().text;
    EXPECT_EQ(code_of([&] { pair.amy.sync(); }), std::errc::timed_out);
    pair.amy.timeout(Connector::forever);
    EXPECT_FALSE(pair.round());
}

TEST(CppRealtime, NoMoreConnectorsIsExplained) {
    std::vector<RealtimeConnector> all;
    try {
        for (;;) all.emplace_back();
    } catch (const Error& error) {
        EXPECT_EQ(error.code().value(), EMFILE);
        EXPECT_NE(std::string(error.what()).find("as many connectors"), std::string::npos);
    }
}

TEST(CppRealtime, ADescriptionIsChecked) {
    EXPECT_EQ(Connector::check("self amy;\n" + with_addresses(orders)), "");
    EXPECT_NE(Connector::check("self amy; connector c {"), "");
    RealtimeConnector connector;
    EXPECT_EQ(code_of([&] { connector.configure("nonsense"); }), std::errc::invalid_argument);
    EXPECT_EQ(code_of([&] { connector.connect(); }), std::errc::not_connected);
}

TEST(CppRealtime, ConnectorsMove) {
    Both pair(orders);
    RealtimeConnector amy = std::move(pair.amy);
    Order order;
    amy.put("order", Order{"nuts", 2});
    pair.bob.get("order", order);
    auto other = std::async(std::launch::async, [&] { return amy.sync(); });
    pair.bob.sync();
    other.get();
    EXPECT_EQ(order.count, 2U);
    pair.amy = RealtimeConnector();
    EXPECT_EQ(code_of([&] { pair.amy.sync(); }), std::errc::not_connected);
}

// What was begun on the connector is over for whoever has closed it, or moved it away.
TEST(CppRealtime, NothingIsBegunOnAClosedConnector) {
    Both pair(orders);
    EXPECT_TRUE(pair.amy.try_sync_start());
    EXPECT_TRUE(pair.bob.try_sync_start());
    RealtimeConnector amy = std::move(pair.amy);
    pair.bob.close();
    for (RealtimeConnector* gone : {&pair.amy, &pair.bob}) {
        const Result<void> started = gone->try_sync_start();
        ASSERT_FALSE(started.has_value());
        EXPECT_EQ(started.error().code, std::errc::bad_file_descriptor);
        EXPECT_FALSE(gone->try_connect_start().has_value());
        EXPECT_FALSE(gone->try_sync_finish().has_value());
    }
    EXPECT_TRUE(amy.try_sync_start());  // is under way
}

// The call that tells of it needs the connector.
TEST(CppRealtime, NothingIsClosedWhileACallIsUnderWay) {
    RealtimeConnector amy;
    int told = 0;
    amy.on_progress([&](const rw_event&) {
        ++told;
        amy.close();
    });
    amy.configure("self amy;\n" + with_addresses(orders));
    amy.timeout(0ms);
    EXPECT_EQ(code_of([&] { amy.connect(); }), std::errc::connection_refused);
    EXPECT_EQ(code_of([&] { amy.connect(); }), std::errc::connection_refused);
    EXPECT_GE(told, 2);
    amy.close();
    EXPECT_EQ(code_of([&] { amy.connect(); }), std::errc::bad_file_descriptor);
}

// The round is as good as any other, and everything else of it is there.
TEST(CppRealtime, AnArrayOfAnotherSizeIsAnError) {
    Both pair(
        "connector c {\n"
        "    peer amy = \"$\" { in<u32[]> numbers; in<u8[]> bytes; in<u32> one; }\n"
        "    peer bob = \"$\" { out<u32[]> numbers; out<u8[]> bytes; out<u32> one; }\n"
        "    new pass(amy.numbers, bob.numbers);\n"
        "    new pass(amy.bytes, bob.bytes);\n"
        "    new pass(amy.one, bob.one);\n"
        "}\n"
        "primitive pass<T>(in<T> a, out<T> b) { while (true) sync if (fires(a)) put(b, get(a)); "
        "}\n");
    std::array<std::uint32_t, 3> numbers{9, 9, 9};
    std::array<std::uint8_t, 2> bytes{};
    std::uint32_t one = 0;
    const auto exchange = [&](const std::vector<std::uint32_t>& sent) {
        pair.amy.put("numbers", sent);
        pair.amy.put("bytes", std::vector<std::uint8_t>{6, 7});
        pair.amy.put("one", 1U);
        pair.bob.get("numbers", numbers);
        pair.bob.get("bytes", bytes);
        pair.bob.get("one", one);
        auto other = std::async(std::launch::async, [&] { return pair.amy.try_sync(); });
        const Result<bool> result = pair.bob.try_sync();
        EXPECT_TRUE(other.get().has_value());
        return result;
    };
    const Result<bool> other_size = exchange({1, 2});
    ASSERT_FALSE(other_size.has_value());
    EXPECT_EQ(other_size.error().code, std::errc::message_size);
    EXPECT_EQ(other_size.error().text,
              "the round has happened, but what came at port 'numbers' does not fit: an array of 2 "
              "elements, where the program has one of 3");
    EXPECT_EQ(numbers, (std::array<std::uint32_t, 3>{9, 9, 9}));
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 2>{6, 7}));
    EXPECT_EQ(one, 1U);
    EXPECT_EQ(code_of([&] { pair.bob.decide<std::array<std::uint32_t, 3>>("numbers"); }),
              std::errc::message_size);
    EXPECT_EQ(pair.bob.decide<std::vector<std::uint32_t>>("numbers"),
              (std::vector<std::uint32_t>{1, 2}));
    EXPECT_TRUE(exchange({1, 2, 3}).has_value());  // nothing is left of it
    EXPECT_EQ(numbers, (std::array<std::uint32_t, 3>{1, 2, 3}));
}

TEST(CppLogical, WhatCanHappenHappens) {
    Pair<LogicalConnector, LogicalConnector> pair(orders);
    std::optional<Order> order;
    pair.amy.offer("order", Order{"dates", 4});
    pair.bob.poll("order", order);
    auto other = std::async(std::launch::async, [&] { return pair.amy.await(); });
    EXPECT_FALSE(pair.bob.await());
    EXPECT_FALSE(other.get());
    EXPECT_EQ(order, (Order{"dates", 4}));
    EXPECT_TRUE(pair.amy.fired("order"));
}

// Where nothing fits without a logical peer that has left, that is what is wrong.
TEST(CppLogical, WhoHasLeftIsMissed) {
    Pair<LogicalConnector, RealtimeConnector> pair(orders);
    pair.amy = LogicalConnector();
    Order order;
    pair.bob.get("order", order);
    EXPECT_EQ(code_of([&] { pair.bob.sync(); }), std::errc::broken_pipe);
}

}  // namespace
