// SPDX-License-Identifier: MIT
// What strangers, and peers that mean harm, can do to associations: cost a fixed amount, and
// nobody else anything.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "post/lasting.hpp"
#include "post/recorder.test.hpp"
#include "post/records.hpp"
#include "post/simulated.hpp"

namespace reowolf::post {

namespace {

// "good" and "far" are as they should be; "mallory" says what the test wants.
class Strangers : public testing::Test {
  protected:
    ~Strangers() override {
        good.reset();
        far.clear();
    }

    void SetUp() override {
        auto listening =
            far_host->listen({.scheme = "", .host = "far", .port = 7'000}, [this](auto connection) {
                auto& heard = *far_heard.emplace_back(std::make_unique<Recorder>());
                connection->set_handler(&heard);
                far.push_back(std::move(connection));
            });
        ASSERT_TRUE(listening);
        acceptor = std::move(*listening);
    }

    struct Raw {
        std::unique_ptr<Dial> dial;
        std::unique_ptr<Connection> connection;
        Recorder heard;
    };
    // A connection to "far" on which nothing is said.
    std::unique_ptr<Raw> raw() {
        auto made = std::make_unique<Raw>();
        made->dial = mallory->dial(acceptor->local(), [&raw = *made](auto result) {
            if (!result) return;
            raw.connection = std::move(*result);
            raw.connection->set_handler(&raw.heard);
        });
        EXPECT_TRUE(until([&] { return made->connection != nullptr; }));
        return made;
    }
    static records::Open open(std::uint32_t transient, bool resumes) {
        records::Open open{.transient = transient, .resumes = resumes, .process = {}};
        open.association[0] = std::byte{1};
        open.sender[0] = std::byte{2};
        return open;
    }
    // An association of mallory's.
    std::unique_ptr<Raw> opened() {
        auto made = raw();
        made->connection->send(records::encode(open(1, false)));
        EXPECT_TRUE(until([&] { return made->heard.messages.size() == 1; }));
        return made;
    }
    static records::Fragment part(std::uint8_t slot, bool is_first, std::uint64_t length,
                                  std::span<const std::byte> bytes) {
        records::Fragment part;
        part.slot = slot;
        part.is_first = is_first;
        part.length = length;
        part.bytes = bytes;
        return part;
    }

    // Everybody else is served as ever.
    void expect_service() {
        const std::size_t before = far.size();
        Recorder heard;
        auto dial = good_host->dial(acceptor->local(), [&](auto result) {
            ASSERT_TRUE(result) << result.error().text;
            good = std::move(*result);
            good->set_handler(&heard);
        });
        ASSERT_TRUE(until([&] { return good && far.size() > before; }));
        good->send(bytes_of("hello"));
        ASSERT_TRUE(until([&] { return far_heard.back()->messages.size() == 1; }));
        good.reset();
    }

    template <class Condition>
    bool until(Condition condition) {
        const std::int64_t end_ms = loop.now_ms() + 120'000;
        while (!condition()) {
            if (loop.now_ms() > end_ms || !loop.step()) return false;
        }
        return true;
    }
    std::unique_ptr<Transport> lasting(const std::string& host) {
        return make_lasting_transport(loop, limits, network.endpoint(host), {},
                                      [this] { return random.next(); });
    }

    Limits limits{.pending_handshakes_max = 8};
    SimulatedLoop loop{1};
    Random random{2};
    SimulatedNetwork network{loop, 3, {}, limits};
    std::unique_ptr<Transport> good_host = lasting("good");
    std::unique_ptr<Transport> far_host = lasting("far");
    std::unique_ptr<Transport> mallory = network.endpoint("mallory");
    std::vector<std::unique_ptr<Recorder>> far_heard;
    std::unique_ptr<Acceptor> acceptor;
    std::unique_ptr<Connection> good;
    std::vector<std::unique_ptr<Connection>> far;
};

TEST_F(Strangers, a_crowd_that_says_nothing_shuts_nobody_out) {
    std::vector<std::unique_ptr<Raw>> crowd;
    for (int i = 0; i < 200; ++i) crowd.push_back(raw());
    expect_service();
    std::size_t open = 0;
    loop.run_for(100);
    for (const auto& one : crowd) open += one->heard.closed ? 0 : 1;
    EXPECT_LE(open, limits.pending_handshakes_max);
    loop.run_for(limits.handshake_patience_ms);
    for (const auto& one : crowd) EXPECT_TRUE(one->heard.closed);
    EXPECT_EQ(far.size(), 1u);
}

TEST_F(Strangers, who_begins_with_something_else_is_turned_away) {
    const std::vector<Bytes> beginnings{bytes_of("GET / HTTP/1.1"),
                                        {},
                                        records::encode(records::Acknowledge{1}),
                                        records::encode(records::Close{0}),
                                        records::encode(open(2, false))};
    for (const Bytes& beginning : beginnings) {
        const auto stranger = raw();
        stranger->connection->send(beginning);
        ASSERT_TRUE(until([&] { return stranger->heard.closed.has_value(); }));
    }
    EXPECT_TRUE(far.empty());
    expect_service();
}

TEST_F(Strangers, an_association_that_nobody_knows_is_gone) {
    const auto stranger = raw();
    stranger->connection->send(records::encode(open(7, true)));
    ASSERT_TRUE(until([&] { return !stranger->heard.messages.empty(); }));
    const auto answer = records::decode(stranger->heard.messages[0]);
    EXPECT_TRUE(answer && std::holds_alternative<records::Gone>(*answer));
    EXPECT_TRUE(far.empty());
}

// Where both sides dial again at once, one of them goes on over the connection of the other; what
// it had said on its own comes later.
TEST_F(Strangers, who_has_received_more_since_has_another_connection) {
    const auto first = opened();
    for (int i = 0; i < 3; ++i) far.back()->send(bytes_of("hello"));
    ASSERT_TRUE(until([&] { return first->heard.messages.size() == 4; }));
    first->connection->send(records::encode(records::Acknowledge{3}));
    loop.run_for(1'000);
    const auto late = raw();
    records::Open said_before = open(2, true);
    said_before.received = 1;
    late->connection->send(records::encode(said_before));
    ASSERT_TRUE(until([&] { return late->heard.closed.has_value(); }));
    EXPECT_FALSE(far_heard.back()->closed);
    far.back()->send(bytes_of("more"));
    EXPECT_TRUE(until([&] { return first->heard.messages.size() == 5; }));
}

TEST_F(Strangers, what_was_said_before_is_not_believed_again) {
    const auto first = opened();
    std::vector<records::Open> replays{open(1, false), open(1, true), open(0, true)};
    replays.push_back(open(2, true));
    replays.back().sender[0] = std::byte{9};  // somebody else who knows its name
    for (const records::Open& replay : replays) {
        const auto copy = raw();
        copy->connection->send(records::encode(replay));
        ASSERT_TRUE(until([&] { return copy->heard.closed.has_value(); }));
        EXPECT_TRUE(copy->heard.messages.empty());
    }
    records::Fragment whole;
    whole.is_first = whole.is_last = true;
    const Bytes hello = bytes_of("still here");
    whole.bytes = hello;
    first->connection->send(records::encode(whole));
    ASSERT_TRUE(until([&] { return far_heard[0]->messages.size() == 1; }));
    // The real one may.
    const auto second = raw();
    second->connection->send(records::encode(open(2, true)));
    ASSERT_TRUE(until([&] { return !second->heard.messages.empty(); }));
    const auto answer = records::decode(second->heard.messages[0]);
    ASSERT_TRUE(answer && std::holds_alternative<records::Opened>(*answer));
    EXPECT_EQ(std::get<records::Opened>(*answer).received, 1u);
    EXPECT_TRUE(until([&] { return first->heard.closed.has_value(); }));
}

TEST_F(Strangers, who_resumes_with_what_cannot_be_is_cut_off) {
    const auto first = opened();
    const auto second = raw();
    records::Open impossible = open(2, true);
    impossible.received = 1'000;
    second->connection->send(records::encode(impossible));
    ASSERT_TRUE(until([&] { return far_heard[0]->closed.has_value(); }));
    EXPECT_TRUE(far_heard[0]->closed_with(Failure::protocol)) << far_heard[0]->closed->text;
    expect_service();
}

TEST_F(Strangers, nobody_sends_more_than_he_may) {
    const auto hostile = opened();
    far[0]->set_handler(nullptr);
    const Bytes body(records::fragment_bytes_max);
    records::Fragment whole;
    whole.is_first = whole.is_last = true;
    whole.bytes = body;
    std::size_t sent = 0;
    while (!hostile->heard.closed && sent < 1'000) {
        hostile->connection->send(records::encode(whole));
        ++sent;
        loop.run_for(100);
    }
    EXPECT_LE(sent * body.size(), limits.carrier_window_bytes + 4 * body.size());
    expect_service();
}

TEST_F(Strangers, empty_messages_cost_too) {
    const auto hostile = opened();
    far[0]->set_handler(nullptr);
    records::Fragment whole;
    whole.is_first = whole.is_last = true;
    for (std::size_t i = 0; i <= limits.carrier_window_bytes / records::charge(0); ++i) {
        hostile->connection->send(records::encode(whole));
    }
    ASSERT_TRUE(until([&] { return hostile->heard.closed.has_value(); }));
}

TEST_F(Strangers, announced_lengths_reserve_nothing_and_must_be_allowed) {
    const auto hostile = opened();
    far[0]->limit_message_bytes(std::size_t{1} << 40);
    const Bytes body(1);
    for (std::uint8_t slot = 0; slot < records::slots; ++slot) {
        hostile->connection->send(records::encode(part(slot, true, std::uint64_t{1} << 40, body)));
    }
    loop.run_for(1'000);
    EXPECT_FALSE(hostile->heard.closed);
    far[0]->limit_message_bytes(1'000);
    hostile->connection->send(records::encode(part(0, false, 0, {})));
    ASSERT_TRUE(until([&] { return hostile->heard.closed.has_value(); }));
    EXPECT_TRUE(far_heard[0]->closed_with(Failure::protocol)) << far_heard[0]->closed->text;
}

TEST_F(Strangers, carriers_that_nobody_accepts_cost_nothing) {
    const auto hostile = opened();
    for (std::uint32_t carrier = 2; carrier < 4'000; carrier += 2) {
        hostile->connection->send(records::encode(records::Fork{carrier}));
    }
    loop.run_for(1'000);
    EXPECT_FALSE(far_heard[0]->closed);
    hostile->connection->send(records::encode(records::Fork{2}));
    ASSERT_TRUE(until([&] { return far_heard[0]->closed.has_value(); }));
}

// It takes everything and says that it has got nothing.
TEST_F(Strangers, who_acknowledges_nothing_is_sent_a_fixed_amount) {
    const auto hostile = opened();
    hostile->connection->send(records::encode(records::Window{0, std::uint64_t{1} << 40}));
    loop.run_for(1'000);
    for (int i = 0; i < 500; ++i) far[0]->send(Bytes(50'000));
    loop.run_for(10'000);
    std::size_t bytes = 0;
    for (const Bytes& message : hostile->heard.messages) bytes += message.size();
    EXPECT_LE(bytes, limits.unacknowledged_bytes_max + (64u << 10));
    EXPECT_GT(far[0]->queued_bytes(), 10'000'000u) << "the sender is told";
    expect_service();
}

TEST_F(Strangers, records_of_noise_end_their_association_only) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const auto hostile = opened();
        Random chance(seed);
        for (int i = 0; i < 20; ++i) {
            Bytes noise(1 + chance.below(40));
            for (std::byte& byte : noise) byte = static_cast<std::byte>(chance.below(256));
            if (chance.chance(50)) noise[0] = static_cast<std::byte>(0x10 + chance.below(4));
            hostile->connection->send(noise);
        }
        hostile->connection->send(bytes_of("?"));
        ASSERT_TRUE(until([&] { return hostile->heard.closed.has_value(); })) << "seed " << seed;
    }
    expect_service();
}

}  // namespace

}  // namespace reowolf::post
