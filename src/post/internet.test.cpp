// SPDX-License-Identifier: MIT
// Ordinary sockets, with those of this machine.
#include "post/internet.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace reowolf::post {
namespace {

using Kind = Socket::News::Kind;
constexpr std::chrono::seconds generous{60};

Socket::News news_of(Socket& socket) {
    for (;;) {
        std::promise<void> later;
        auto news = socket.next([&later] { later.set_value(); });
        if (news) return *news;
        if (later.get_future().wait_for(generous) != std::future_status::ready) {
            ADD_FAILURE() << "nothing comes";
            return {};
        }
    }
}

std::string send(Socket& socket, const std::string& bytes, const std::string& peer = {}) {
    for (;;) {
        std::promise<void> later;
        const auto sent = socket.send(bytes, peer, [&later] { later.set_value(); });
        if (!sent) return sent.error();
        if (*sent) return {};
        if (later.get_future().wait_for(generous) != std::future_status::ready) return "never";
    }
}

std::string received(Socket& socket, std::size_t size) {
    std::string all;
    while (all.size() < size) {
        const Socket::News news = news_of(socket);
        if (news.kind == Kind::open) continue;
        if (news.kind != Kind::bytes) return all + " and no more";
        all += news.bytes;
    }
    return all;
}

TEST(Internet, ConnectsListensAndSaysWhenItIsOver) {
    RealInternet internet;
    const auto listener = internet.listen("127.0.0.1:0");
    const Socket::News open = news_of(*listener);
    ASSERT_EQ(open.kind, Kind::open) << open.bytes;
    const auto client = internet.connect(open.peer);
    const Socket::News connected = news_of(*client);
    EXPECT_EQ(connected.kind, Kind::open) << connected.bytes;
    EXPECT_EQ(connected.peer, open.peer);
    const Socket::News accepted = news_of(*listener);
    ASSERT_EQ(accepted.kind, Kind::accepted) << accepted.bytes;
    EXPECT_TRUE(accepted.peer.starts_with("127.0.0.1:"));

    const std::string much(1'000'000, 'x');
    EXPECT_EQ(send(*client, "hello"), "");
    EXPECT_EQ(received(*accepted.socket, 5), "hello");
    EXPECT_EQ(send(*accepted.socket, much), "");
    EXPECT_EQ(received(*client, much.size()), much);
    client->finish();
    EXPECT_EQ(news_of(*accepted.socket).kind, Kind::over);
    EXPECT_EQ(news_of(*accepted.socket).kind, Kind::over) << "an end stays";
    EXPECT_EQ(send(*accepted.socket, "bye"), "") << "the other direction goes on";
    EXPECT_EQ(received(*client, 3), "bye");
}

TEST(Internet, WhatWasTakenForSendingIsSentWhenTheSocketDies) {
    RealInternet internet;
    const auto listener = internet.listen("127.0.0.1:0");
    auto client = internet.connect(news_of(*listener).peer);
    ASSERT_EQ(news_of(*client).kind, Kind::open);
    const auto accepted = news_of(*listener).socket;
    ASSERT_TRUE(accepted);
    const std::string much(3'000'000, 'y');
    EXPECT_EQ(send(*client, much), "");
    client.reset();
    EXPECT_EQ(received(*accepted, much.size()), much);
    EXPECT_EQ(news_of(*accepted).kind, Kind::over);
}

TEST(Internet, DatagramsArrive) {
    RealInternet internet;
    const auto one = internet.bind("127.0.0.1:0");
    const auto other = internet.bind("127.0.0.1:0");
    const std::string address = news_of(*one).peer;
    const std::string from = news_of(*other).peer;
    EXPECT_EQ(send(*other, "abc", address), "");
    const Socket::News news = news_of(*one);
    EXPECT_EQ(news.bytes, "abc");
    EXPECT_EQ(news.peer, from);
    EXPECT_EQ(send(*one, "abc", "nonsense"), "");
    EXPECT_NE(send(*one, "abc", address), "") << "what was wrong is said later";
    EXPECT_EQ(send(*one, "to itself", address), "") << "and once";
    EXPECT_EQ(received(*one, 9), "to itself");
}

TEST(Internet, WhatIsWrongIsNews) {
    RealInternet internet;
    auto listener = internet.listen("127.0.0.1:0");
    const std::string address = news_of(*listener).peer;
    const auto second = internet.listen("nonsense");
    EXPECT_EQ(news_of(*second).kind, Kind::failed);
    const auto scheme = internet.connect("tcp://127.0.0.1:1");
    EXPECT_EQ(news_of(*scheme).bytes,
              "cannot connect to 'tcp://127.0.0.1:1': an address here is 'host:port'");
    const auto nowhere = internet.connect("256.1.1.1:1");
    EXPECT_EQ(news_of(*nowhere).kind, Kind::failed);
}

TEST(Internet, EverythingMayDieAtAnyTime) {
    RealInternet internet;
    const auto listener = internet.listen("127.0.0.1:0");
    const std::string address = news_of(*listener).peer;
    for (int i = 0; i < 50; ++i) {
        const auto client = internet.connect(address);
        (void)client->next([] {});
        if (i % 2 == 0) (void)client->send("x", {}, [] {});
    }
    internet.bind("127.0.0.1:0");
}

}  // namespace
}  // namespace reowolf::post
