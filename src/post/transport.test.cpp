// SPDX-License-Identifier: MIT
// What every transport promises, tried on each of them.
#include "post/transport.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "post/lasting.hpp"
#include "post/recorder.test.hpp"
#include "post/simulated.hpp"
#include "post/tcp.hpp"

namespace reowolf::post {

namespace {

// Two processes, and a way to let time pass.
class World {
  public:
    virtual ~World() = default;
    virtual Transport& near() = 0;
    virtual Transport& far() = 0;
    virtual Loop& loop() = 0;
    virtual void step() = 0;
    virtual std::string scheme() const { return ""; }
    virtual std::string host() const = 0;
    virtual std::size_t large_bytes() const = 0;
};

// Both on one loop, as two connectors of one thread. Without a scheme they come to have memory in
// common.
class TcpWorld : public World {
  public:
    using Make = std::unique_ptr<Transport>(RealLoop&, const Limits&);

    explicit TcpWorld(Make make = make_tcp_transport)
        : near_(make(loop_, Limits{})), far_(make(loop_, Limits{})) {}
    std::string scheme() const override { return "tcp"; }
    Transport& near() override { return *near_; }
    Transport& far() override { return *far_; }
    Loop& loop() override { return loop_; }
    void step() override { loop_.run_one(100); }
    std::string host() const override { return "127.0.0.1"; }
    std::size_t large_bytes() const override { return std::size_t{64} << 20; }

  private:
    RealLoop loop_;
    std::unique_ptr<Transport> near_;
    std::unique_ptr<Transport> far_;
};

class SimulatedWorld final : public World {
  public:
    Transport& near() override { return *near_; }
    Transport& far() override { return *far_; }
    Loop& loop() override { return loop_; }
    void step() override { loop_.run_for(10); }
    std::string host() const override { return "far"; }
    std::size_t large_bytes() const override { return std::size_t{1} << 20; }

  private:
    SimulatedLoop loop_{1};
    SimulatedNetwork network_{loop_, 2, {}};
    std::unique_ptr<Transport> near_ = network_.endpoint("near");
    std::unique_ptr<Transport> far_ = network_.endpoint("far");
};

class LastingTcpWorld final : public TcpWorld {
  public:
    LastingTcpWorld() : TcpWorld(make_lasting_tcp_transport) {}
};

class OneLoopWorld final : public TcpWorld {
  public:
    std::string scheme() const override { return "shm"; }
};

class MovingWorld final : public TcpWorld {
  public:
    std::string scheme() const override { return ""; }
};

// Each on a loop of its own, as in two processes: what one sends has to wake the other.
class MemoryWorld : public World {
  public:
    using Make = TcpWorld::Make;

    explicit MemoryWorld(Make make = make_tcp_transport)
        : near_(make(near_loop_, Limits{})), far_(make(far_loop_, Limits{})) {}
    Transport& near() override { return *near_; }
    Transport& far() override { return *far_; }
    Loop& loop() override { return near_loop_; }
    // Either sleeps a little, and is woken by what the other has done before.
    void step() override {
        near_loop_.run_one(1);
        far_loop_.run_one(1);
    }
    std::string scheme() const override { return "shm"; }
    std::string host() const override { return "127.0.0.1"; }
    std::size_t large_bytes() const override { return std::size_t{16} << 20; }

  private:
    RealLoop near_loop_;
    RealLoop far_loop_;
    std::unique_ptr<Transport> near_;
    std::unique_ptr<Transport> far_;
};

class LastingMemoryWorld final : public MemoryWorld {
  public:
    LastingMemoryWorld() : MemoryWorld(make_lasting_tcp_transport) {}
};

class LastingSimulatedWorld final : public World {
  public:
    Transport& near() override { return *near_; }
    Transport& far() override { return *far_; }
    Loop& loop() override { return loop_; }
    void step() override { loop_.run_for(10); }
    std::string host() const override { return "far"; }
    std::size_t large_bytes() const override { return std::size_t{1} << 20; }

  private:
    std::unique_ptr<Transport> lasting(const std::string& host) {
        return make_lasting_transport(loop_, Limits{}, network_.endpoint(host), {},
                                      [this] { return random_.next(); });
    }

    SimulatedLoop loop_{1};
    Random random_{3};
    SimulatedNetwork network_{loop_, 2, {}};
    std::unique_ptr<Transport> near_ = lasting("near");
    std::unique_ptr<Transport> far_ = lasting("far");
};

template <typename Kind>
class AnyTransport : public testing::Test {
  protected:
    template <typename Condition>
    bool until(Condition condition) {
        std::int64_t patience_until_ms = world.loop().now_ms() + 60'000;
        while (!condition()) {
            if (world.loop().now_ms() > patience_until_ms) return false;
            world.step();
        }
        return true;
    }

    Address listen() {
        auto result =
            world.far().listen({.scheme = world.scheme(), .host = world.host(), .port = 0},
                               [this](std::unique_ptr<Connection> connection) {
                                   far = std::move(connection);
                                   far->set_handler(&far_heard);
                               });
        EXPECT_TRUE(result);
        acceptor = std::move(*result);
        return acceptor->local();
    }

    void dial(const Address& address) {
        failure.reset();
        dialling = world.near().dial(address, [this](auto result) {
            if (!result) {
                failure = result.error();
                return;
            }
            near = std::move(*result);
            near->set_handler(&near_heard);
        });
    }

    void connect() {
        dial(listen());
        ASSERT_TRUE(until([&] { return near && far; }));
    }

    Kind world;
    Recorder near_heard;
    Recorder far_heard;
    std::unique_ptr<Acceptor> acceptor;
    std::unique_ptr<Dial> dialling;
    std::unique_ptr<Connection> near;
    std::unique_ptr<Connection> far;
    std::optional<Error> failure;
};

using Transports = testing::Types<TcpWorld, OneLoopWorld, MovingWorld, MemoryWorld, SimulatedWorld,
                                  LastingTcpWorld, LastingMemoryWorld, LastingSimulatedWorld>;
class Names {
  public:
    template <typename Kind>
    static std::string GetName(int) {
        if (std::is_same_v<Kind, TcpWorld>) return "tcp";
        if (std::is_same_v<Kind, OneLoopWorld>) return "memory of one process";
        if (std::is_same_v<Kind, MovingWorld>) return "from tcp to memory";
        if (std::is_same_v<Kind, MemoryWorld>) return "memory";
        if (std::is_same_v<Kind, SimulatedWorld>) return "simulated";
        if (std::is_same_v<Kind, LastingTcpWorld>) return "lasting over tcp";
        return std::is_same_v<Kind, LastingMemoryWorld> ? "lasting in memory"
                                                        : "lasting, simulated";
    }
};
TYPED_TEST_SUITE(AnyTransport, Transports, Names);

TYPED_TEST(AnyTransport, echoes) {
    this->connect();
    EXPECT_FALSE(this->near->remote().empty());
    this->far_heard.when_message = [&] { this->far->send(this->far_heard.messages.back()); };
    this->near->send(bytes_of("hello"));
    this->near->send(Bytes{});
    ASSERT_TRUE(this->until([&] { return this->near_heard.messages.size() == 2; }));
    EXPECT_EQ(text_of(this->near_heard.messages[0]), "hello");
    EXPECT_TRUE(this->near_heard.messages[1].empty());
    ASSERT_TRUE(this->until([&] { return this->near_heard.drained_count > 0; }));
    EXPECT_EQ(this->near->queued_bytes(), 0u);
}

TYPED_TEST(AnyTransport, keeps_the_order_of_many_messages_both_ways) {
    constexpr std::size_t count = 5'000;
    this->connect();
    for (std::size_t i = 0; i < count; ++i) {
        this->near->send(bytes_of(std::to_string(i)));
        this->far->send(bytes_of(std::to_string(i) + std::string(i % 300, ' ')));
    }
    ASSERT_TRUE(this->until([&] {
        return this->far_heard.messages.size() == count &&
               this->near_heard.messages.size() == count;
    }));
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(text_of(this->far_heard.messages[i]), std::to_string(i));
        EXPECT_EQ(std::stoul(text_of(this->near_heard.messages[i])), i);
    }
}

TYPED_TEST(AnyTransport, carries_a_large_message) {
    this->connect();
    std::size_t bytes = this->world.large_bytes();
    Bytes message(bytes);
    for (std::size_t i = 0; i < bytes; ++i) message[i] = static_cast<std::byte>(i * 7 + (i >> 11));
    this->far->limit_message_bytes(bytes);
    this->near->send(message);
    EXPECT_EQ(this->near->queued_bytes(), bytes);
    this->near->send(bytes_of("after"));
    ASSERT_TRUE(this->until([&] { return this->far_heard.messages.size() == 2; }));
    EXPECT_TRUE(this->far_heard.messages[0] == message);
    EXPECT_EQ(text_of(this->far_heard.messages[1]), "after");
}

TYPED_TEST(AnyTransport, is_refused_where_nobody_listens) {
    Address address = this->listen();
    this->acceptor.reset();
    this->dial(address);
    ASSERT_TRUE(this->until([&] { return this->failure.has_value(); }));
    EXPECT_EQ(this->failure->failure, Failure::refused);
    EXPECT_NE(this->failure->text.find(std::to_string(address.port)), std::string::npos);
}

TYPED_TEST(AnyTransport, gives_a_port_for_port_0_and_refuses_a_port_in_use) {
    Address address = this->listen();
    EXPECT_NE(address.port, 0);
    auto second = this->world.far().listen(address, [](auto) {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().failure, Failure::address_in_use);
}

TYPED_TEST(AnyTransport, does_not_know_other_schemes) {
    Address address = this->listen();
    address.scheme = "quic";
    this->dial(address);
    EXPECT_FALSE(this->failure) << "a callback within dial()";
    ASSERT_TRUE(this->until([&] { return this->failure.has_value(); }));
    EXPECT_EQ(this->failure->failure, Failure::not_supported);
    EXPECT_FALSE(this->world.far().listen(address, [](auto) {}));
}

TYPED_TEST(AnyTransport, an_abandoned_dial_does_not_call_back) {
    Address address = this->listen();
    this->dial(address);
    this->dialling.reset();
    // One that comes after it: when it is through, the first would have been.
    std::unique_ptr<Connection> second;
    auto second_dial =
        this->world.near().dial(address, [&](auto result) { second = std::move(*result); });
    ASSERT_TRUE(this->until([&] { return second != nullptr; }));
    EXPECT_EQ(this->near, nullptr);
    EXPECT_FALSE(this->failure);
}

TYPED_TEST(AnyTransport, close_delivers_what_was_sent) {
    this->connect();
    Bytes large(this->world.large_bytes() / 4);
    this->far->limit_message_bytes(large.size());
    this->near->send(large);
    this->near->send(bytes_of("last"));
    this->near->close();
    this->near->send(bytes_of("too late"));
    ASSERT_TRUE(this->until([&] { return this->far_heard.closed && this->near_heard.closed; }));
    EXPECT_TRUE(this->far_heard.closed_with(Failure::closed)) << this->far_heard.closed->text;
    EXPECT_TRUE(this->near_heard.closed_with(Failure::closed)) << this->near_heard.closed->text;
    ASSERT_EQ(this->far_heard.messages.size(), 2u);
    EXPECT_EQ(this->far_heard.messages[0].size(), large.size());
    EXPECT_EQ(text_of(this->far_heard.messages[1]), "last");
}

TYPED_TEST(AnyTransport, close_delivers_though_the_connection_is_destroyed) {
    this->connect();
    Bytes large(this->world.large_bytes() / 4);
    this->far->limit_message_bytes(large.size());
    this->near->send(large);
    this->near->close();
    this->near.reset();
    ASSERT_TRUE(this->until([&] { return this->far_heard.closed.has_value(); }));
    EXPECT_TRUE(this->far_heard.closed_with(Failure::closed)) << this->far_heard.closed->text;
    EXPECT_EQ(this->far_heard.messages.size(), 1u);
    EXPECT_EQ(this->near_heard.closed_count, 0);
}

TYPED_TEST(AnyTransport, close_races_with_close_and_with_data) {
    this->connect();
    for (int i = 0; i < 100; ++i) this->far->send(Bytes(10'000));
    this->near->close();
    this->far->close();
    ASSERT_TRUE(this->until([&] { return this->far_heard.closed && this->near_heard.closed; }));
    EXPECT_TRUE(this->near_heard.closed_with(Failure::closed)) << this->near_heard.closed->text;
    EXPECT_TRUE(this->far_heard.closed_with(Failure::closed)) << this->far_heard.closed->text;
    EXPECT_EQ(this->near_heard.closed_count, 1);
    EXPECT_EQ(this->far_heard.closed_count, 1);
}

TYPED_TEST(AnyTransport, abort_loses_the_connection) {
    this->connect();
    this->near->abort();
    EXPECT_FALSE(this->near_heard.closed) << "a callback within abort()";
    ASSERT_TRUE(this->until([&] { return this->far_heard.closed && this->near_heard.closed; }));
    EXPECT_TRUE(this->near_heard.closed_with(Failure::lost));
    EXPECT_TRUE(this->far_heard.closed_with(Failure::lost)) << this->far_heard.closed->text;
}

TYPED_TEST(AnyTransport, destroying_loses_the_connection) {
    this->connect();
    this->near.reset();
    ASSERT_TRUE(this->until([&] { return this->far_heard.closed.has_value(); }));
    EXPECT_TRUE(this->far_heard.closed_with(Failure::lost)) << this->far_heard.closed->text;
    EXPECT_EQ(this->near_heard.closed_count, 0);
}

TYPED_TEST(AnyTransport, a_connection_may_be_destroyed_in_its_callbacks) {
    this->connect();
    this->far_heard.when_message = [&] { this->far.reset(); };
    this->near_heard.when_closed = [&] { this->near.reset(); };
    this->near->send(bytes_of("one"));
    this->near->send(bytes_of("two"));
    ASSERT_TRUE(this->until([&] { return this->near_heard.closed.has_value(); }));
    EXPECT_EQ(this->far_heard.messages.size(), 1u);
    EXPECT_EQ(this->far_heard.closed_count, 0);
    EXPECT_EQ(this->near, nullptr);
}

TYPED_TEST(AnyTransport, a_message_at_the_limit_passes_and_one_above_does_not) {
    this->connect();
    this->far->limit_message_bytes(1'000);
    this->near->send(Bytes(1'000));
    this->near->send(Bytes(1'001));
    ASSERT_TRUE(this->until([&] { return this->far_heard.closed && this->near_heard.closed; }));
    EXPECT_EQ(this->far_heard.messages.size(), 1u);
    EXPECT_TRUE(this->far_heard.closed_with(Failure::too_large));
    EXPECT_TRUE(this->near_heard.closed_with(Failure::lost));
}

TYPED_TEST(AnyTransport, the_limit_of_strangers_is_raised_with_their_first_message) {
    this->connect();
    this->far_heard.when_message = [&] {
        this->far->limit_message_bytes(message_bytes_from_strangers + 1);
    };
    this->near->send(bytes_of("I am a friend"));
    this->near->send(Bytes(message_bytes_from_strangers + 1));
    ASSERT_TRUE(this->until([&] { return this->far_heard.messages.size() == 2; }));
}

TYPED_TEST(AnyTransport, without_a_handler_messages_wait) {
    this->connect();
    this->far_heard.when_message = [&] { this->far->set_handler(nullptr); };
    for (const char* text : {"one", "two", "three"}) this->near->send(bytes_of(text));
    this->near->close();
    ASSERT_TRUE(this->until([&] { return this->far_heard.messages.size() == 1; }));
    // What is under way behind it has arrived when another connection has been made.
    std::unique_ptr<Connection> second;
    auto keep = std::move(this->far);
    auto second_dial = this->world.near().dial(this->acceptor->local(),
                                               [&](auto result) { second = std::move(*result); });
    ASSERT_TRUE(this->until([&] { return second != nullptr; }));
    EXPECT_EQ(this->far_heard.messages.size(), 1u);
    this->far_heard.when_message = nullptr;
    keep->set_handler(&this->far_heard);
    EXPECT_EQ(this->far_heard.messages.size(), 1u) << "a callback within set_handler()";
    ASSERT_TRUE(this->until([&] { return this->far_heard.closed.has_value(); }));
    ASSERT_EQ(this->far_heard.messages.size(), 3u);
    EXPECT_EQ(text_of(this->far_heard.messages[2]), "three");
    EXPECT_TRUE(this->far_heard.closed_with(Failure::closed));
}

TYPED_TEST(AnyTransport, a_reader_that_pauses_holds_the_sender_back_and_loses_nothing) {
    constexpr std::size_t count = 400;
    this->connect();
    this->far->set_handler(nullptr);
    for (std::size_t i = 0; i < count; ++i) this->near->send(Bytes(50'000, std::byte(i)));
    // As soon as somebody else's message is through, all has been sent that is going to be.
    std::unique_ptr<Connection> second;
    auto keep = std::move(this->far);
    auto second_dial = this->world.near().dial(this->acceptor->local(),
                                               [&](auto result) { second = std::move(*result); });
    ASSERT_TRUE(this->until([&] { return second != nullptr; }));
    EXPECT_EQ(this->far_heard.messages.size(), 0u);
    EXPECT_GT(this->near->queued_bytes(), 0u);
    keep->set_handler(&this->far_heard);
    ASSERT_TRUE(this->until([&] { return this->far_heard.messages.size() == count; }));
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(this->far_heard.messages[i], Bytes(50'000, std::byte(i)));
    }
    ASSERT_TRUE(this->until([&] { return this->near_heard.drained_count > 0; }));
    EXPECT_EQ(this->near->queued_bytes(), 0u);
}

TYPED_TEST(AnyTransport, small_and_large_messages_both_ways_keep_their_order) {
    this->connect();
    std::vector<Bytes> sent;
    for (std::size_t i = 0; i < 60; ++i) {
        const std::size_t size = i % 7 == 3 ? 300'000 + i : i % 3 == 0 ? 56 + i : i;
        sent.emplace_back(size, std::byte(i));
    }
    for (const auto& connection : {this->near.get(), this->far.get()}) {
        connection->limit_message_bytes(1u << 20);
        for (const Bytes& bytes : sent) connection->send(bytes);
    }
    ASSERT_TRUE(this->until([&] {
        return this->near_heard.messages.size() == sent.size() &&
               this->far_heard.messages.size() == sent.size();
    }));
    EXPECT_EQ(this->near_heard.messages, sent);
    EXPECT_EQ(this->far_heard.messages, sent);
}

TYPED_TEST(AnyTransport, connections_outlive_acceptor_dial_and_each_other) {
    this->connect();
    this->acceptor.reset();
    this->dialling.reset();
    this->near->send(bytes_of("still here"));
    ASSERT_TRUE(this->until([&] { return this->far_heard.messages.size() == 1; }));
}

TYPED_TEST(AnyTransport, many_connections_at_once) {
    std::vector<std::unique_ptr<Connection>> accepted;
    auto listening = this->world.far().listen(
        {.scheme = this->world.scheme(), .host = this->world.host(), .port = 0},
        [&](auto connection) {
            connection->send(bytes_of("welcome"));
            accepted.push_back(std::move(connection));
        });
    ASSERT_TRUE(listening);
    constexpr std::size_t count = 50;
    std::vector<Recorder> heard(count);
    std::vector<std::unique_ptr<Connection>> connections(count);
    std::vector<std::unique_ptr<Dial>> dials;
    for (std::size_t i = 0; i < count; ++i) {
        dials.push_back(this->world.near().dial((*listening)->local(), [&, i](auto result) {
            ASSERT_TRUE(result);
            connections[i] = std::move(*result);
            connections[i]->set_handler(&heard[i]);
        }));
    }
    ASSERT_TRUE(this->until([&] {
        return std::ranges::all_of(heard, [](const auto& h) { return h.messages.size() == 1; });
    }));
}

}  // namespace

}  // namespace reowolf::post
