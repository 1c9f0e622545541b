// SPDX-License-Identifier: MIT
// Lasting connections over real sockets, through something that breaks them.
#include "post/lasting.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "post/forwarder.test.hpp"
#include "post/recorder.test.hpp"

namespace reowolf::post {

namespace {

class LastingOverTcp : public testing::Test {
  protected:
    explicit LastingOverTcp(const Limits& the_limits = {.refusal_patience_ms = 200})
        : limits(the_limits) {}

    template <typename Condition>
    bool until(Condition condition) {
        const std::int64_t patience_until_ms = loop.now_ms() + 60'000;
        while (!condition()) {
            if (loop.now_ms() > patience_until_ms) return false;
            loop.run_one(20);
        }
        return true;
    }

    void connect() {
        auto listening = transport->listen({.scheme = "", .host = "127.0.0.1", .port = 0},
                                           [this](auto connection) {
                                               far = std::move(connection);
                                               far->set_handler(&far_heard);
                                           });
        ASSERT_TRUE(listening);
        acceptor = std::move(*listening);
        forwarder.emplace(loop, acceptor->local().port);
        dial = transport->dial({.scheme = "", .host = "127.0.0.1", .port = forwarder->port()},
                               [this](auto result) {
                                   ASSERT_TRUE(result) << result.error().text;
                                   near = std::move(*result);
                                   near->set_handler(&near_heard);
                               });
        ASSERT_TRUE(until([&] { return near && far; }));
    }

    // A few each way, and waits for them.
    void exchange(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            near->send(bytes_of(fmt::format("message {}", sent)));
            far->send(bytes_of(fmt::format("message {}", sent++)));
        }
    }
    void expect_all() {
        ASSERT_TRUE(until([&] {
            return near_heard.messages.size() >= sent && far_heard.messages.size() >= sent;
        }));
        for (const Recorder* heard : {&near_heard, &far_heard}) {
            ASSERT_EQ(heard->messages.size(), sent);
            for (std::size_t i = 0; i < sent; ++i) {
                ASSERT_EQ(text_of(heard->messages[i]), fmt::format("message {}", i));
            }
            EXPECT_FALSE(heard->closed);
        }
    }

    Limits limits;
    RealLoop loop{limits};
    std::unique_ptr<Transport> transport = make_lasting_tcp_transport(loop, limits);
    std::optional<Forwarder> forwarder;
    Recorder near_heard;
    Recorder far_heard;
    std::unique_ptr<Acceptor> acceptor;
    std::unique_ptr<Dial> dial;
    std::unique_ptr<Connection> near;
    std::unique_ptr<Connection> far;
    std::size_t sent = 0;
};

TEST_F(LastingOverTcp, a_connection_that_is_cut_again_and_again_loses_nothing) {
    connect();
    for (int time = 1; time <= 20; ++time) {
        exchange(50);
        forwarder->cut();
        exchange(50);
        if (time % 5 == 0) expect_all();
    }
    expect_all();
    EXPECT_GT(forwarder->accepted(), 4u);
}

TEST_F(LastingOverTcp, a_connection_that_is_cut_in_the_middle_of_messages_loses_nothing) {
    connect();
    constexpr std::size_t bytes_max = std::size_t{3} << 20;
    near->limit_message_bytes(bytes_max);
    std::vector<Bytes> large;
    for (std::size_t time = 0; time < 10; ++time) {
        Bytes& message = large.emplace_back(bytes_max - time % 3 * 1'000'000);
        for (std::size_t i = 0; i < message.size(); ++i) {
            message[i] = static_cast<std::byte>(i / 1'000 + time);
        }
        far->send(message);
        ASSERT_TRUE(until([&] { return near->arriving().has_value(); }));
        forwarder->cut();
        ASSERT_TRUE(until([&] { return near_heard.messages.size() == large.size(); }));
        ASSERT_TRUE(near_heard.messages.back() == message) << "message " << time;
        near->give_back(near_heard.messages.back());
    }
    EXPECT_GT(forwarder->accepted(), 4u);
}

TEST_F(LastingOverTcp, a_forwarder_may_be_restarted) {
    connect();
    exchange(10);
    forwarder->stop();
    exchange(10);
    // It is noticed, and there is nowhere to go.
    ASSERT_TRUE(until([&] {
        exchange(1);
        return near->queued_bytes() > 0 && far->queued_bytes() > 0;
    }));
    const std::int64_t stopped_ms = loop.now_ms();
    until([&] { return loop.now_ms() > stopped_ms + limits.refusal_patience_ms + 500; });
    forwarder->start();
    exchange(10);
    expect_all();
}

class ImpatientLasting : public LastingOverTcp {
  protected:
    ImpatientLasting()
        : LastingOverTcp({.handshake_patience_ms = 10'000,
                          .silence_patience_ms = 600,
                          .heartbeat_ms = 100,
                          .redial_patience_ms = 300}) {}
};

TEST_F(ImpatientLasting, a_black_hole_is_waited_for) {
    connect();
    exchange(10);
    expect_all();
    forwarder->hold(true);
    exchange(10);
    ASSERT_TRUE(until([&] { return forwarder->accepted() > 2; })) << "nobody dials again";
    forwarder->hold(false);
    exchange(10);
    expect_all();
}

}  // namespace

}  // namespace reowolf::post
