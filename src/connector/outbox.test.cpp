// SPDX-License-Identifier: MIT
#include "connector/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace reowolf::connector {
namespace {

constexpr std::uint64_t protocol = 7;
constexpr std::size_t few_kib = 32u << 10;

// What was handed to it.
class Sink final : public post::Connection {
  public:
    using Connection::send;

    void set_handler(post::ConnectionHandler*) override {}
    void send(post::Payload message) override {
        frames.push_back(message.copy());
        is_partly_sent = true;
    }
    bool take_back_last() override {
        if (!is_partly_sent) return false;
        frames.pop_back();
        return true;
    }
    void close() override {}
    void abort() override {}
    void limit_message_bytes(std::size_t) override {}
    std::size_t queued_bytes() const override { return is_full ? Outbox::queued_bytes_max : 0; }
    std::string remote() const override { return {}; }

    std::vector<wire::Message> messages() const {
        std::vector<wire::Message> all;
        for (const auto& frame : frames) {
            auto decoded = wire::decode_frame(frame);
            if (!decoded || decoded->protocol != protocol) continue;
            for (wire::Message& each : decoded->messages) all.push_back(std::move(each));
        }
        return all;
    }

    bool is_full = false;
    bool is_partly_sent = false;
    std::vector<std::vector<std::byte>> frames;
};

constexpr wire::AttemptId attempt{{.site = 0, .index = 1}, 1};
constexpr wire::ChannelId channel{.home = wire::ChannelId::between_sites, .index = 3};

wire::Message value(wire::NodeId node, std::uint32_t index, std::size_t bytes = 8) {
    wire::Value put{.branch = {attempt, node},
                    .channel = channel,
                    .index = index,
                    .depends = {},
                    .value = std::vector<std::byte>(bytes)};
    return {{}, std::move(put)};
}

wire::Message retract(wire::NodeId node, std::uint32_t index) {
    return {{}, wire::Retract{{attempt, node}, channel, index}};
}

class OutboxTest : public ::testing::Test {
  protected:
    void send_all() {
        connection.is_full = false;
        do outbox.send(connection, protocol, false);
        while (outbox.is_sifting());
    }
    // Held back: a value that is not sent yet waits.
    void hold() {
        connection.is_full = true;
        outbox.send(connection, protocol, false);
    }
    Outbox outbox;
    Sink connection;
};

TEST_F(OutboxTest, SendsInOrderAndInFramesOfSomeSize) {
    constexpr std::uint32_t many = 20'000;
    for (std::uint32_t i = 0; i < many; ++i) outbox.add(retract(1, i));
    for (std::uint32_t i = 0; i < many; ++i) outbox.add(value(2, i, 0));
    send_all();
    EXPECT_TRUE(outbox.is_empty());
    for (const auto& frame : connection.frames) {
        EXPECT_LT(frame.size(), Outbox::frame_value_bytes_max + few_kib);
    }
    const auto sent = connection.messages();
    ASSERT_EQ(sent.size(), 2 * many);
    for (std::uint32_t i = 0; i < many; ++i) {
        EXPECT_EQ(std::get<wire::Retract>(sent[i].body).index, i);
        EXPECT_EQ(std::get<wire::Value>(sent[many + i].body).index, i);
    }
    EXPECT_EQ(outbox.take_dropped(), 0u);
}

// One RETRACT takes back all that the node has put from there on, and nothing else.
TEST_F(OutboxTest, DropsWhatIsTakenBack) {
    for (std::uint32_t i = 0; i < 5; ++i) outbox.add(value(1, i));
    hold();
    for (std::uint32_t i = 5; i < 8; ++i) outbox.add(value(2, i));
    outbox.add(retract(1, 2));
    send_all();
    const auto sent = connection.messages();
    ASSERT_EQ(sent.size(), 6u);
    for (std::uint32_t i = 0; i < 2; ++i) {
        EXPECT_EQ(std::get<wire::Value>(sent[i].body).index, i);
    }
    for (std::uint32_t i = 2; i < 5; ++i) {
        EXPECT_EQ(std::get<wire::Value>(sent[i].body).branch.node, 2u);
    }
    EXPECT_EQ(std::get<wire::Retract>(sent[5].body).index, 2u);
    EXPECT_EQ(outbox.take_dropped(), 3u);
    EXPECT_EQ(outbox.take_dropped(), 0u);
}

// Nodes that were told of with it may be named later. Who is asked does not look for them.
TEST_F(OutboxTest, TellsOfNodesThatWereToldOfWithWhatIsDropped) {
    wire::Message first = value(4, 0);
    first.lineage = {{attempt, 3, 0}, {attempt, 4, 3}};
    wire::Message second = value(5, 1);
    second.lineage = {{attempt, 5, 4}};
    wire::Message third = value(6, 1);
    third.lineage = {{attempt, 6, 3}};
    outbox.add(std::move(first));
    hold();
    outbox.add(std::move(second));
    outbox.add({{}, wire::Probe{}});
    outbox.add({{}, wire::Closed{}});
    outbox.add(std::move(third));
    outbox.add(retract(4, 0));
    outbox.add(retract(5, 1));
    send_all();
    const auto sent = connection.messages();
    ASSERT_EQ(sent.size(), 5u);
    std::vector<wire::NodeId> told;
    for (const wire::Lineage& line : sent[2].lineage) told.push_back(line.node);
    EXPECT_EQ(told, (std::vector<wire::NodeId>{3, 4, 5, 6}));
    EXPECT_EQ(outbox.take_dropped(), 2u);
}

// A little at a time, and what is added meanwhile is not forgotten.
TEST_F(OutboxTest, DropsManyInSeveralCalls) {
    constexpr auto many = static_cast<std::uint32_t>(3 * Outbox::sifted_at_once_max);
    for (std::uint32_t i = 0; i < many; ++i) outbox.add(value(1, i));
    outbox.add(value(2, 0));
    hold();
    outbox.add({{}, wire::Over{{attempt.component, 1}, {}}});
    hold();
    EXPECT_TRUE(outbox.is_sifting());
    wire::Message other = value(0, 0);
    std::get<wire::Value>(other.body).branch.attempt.number = 2;
    outbox.add(other);
    connection.is_full = false;
    outbox.send(connection, protocol, false);
    EXPECT_TRUE(outbox.is_sifting());
    EXPECT_TRUE(connection.frames.empty());
    send_all();
    EXPECT_TRUE(outbox.is_empty());
    EXPECT_EQ(outbox.take_dropped(), many + 1);
    const auto sent = connection.messages();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_TRUE(std::holds_alternative<wire::Over>(sent[0].body));
    EXPECT_EQ(std::get<wire::Value>(sent[1].body).branch.attempt.number, 2u);
}

TEST_F(OutboxTest, TakesBackALargeValueThatHasNotLeft) {
    wire::Message large = value(1, 0, 2 * Outbox::frame_value_bytes_max);
    large.lineage = {{attempt, 1, 0}};
    outbox.add(std::move(large));
    outbox.send(connection, protocol, false);
    ASSERT_EQ(connection.frames.size(), 1u);
    outbox.add(retract(1, 0));
    send_all();
    const auto sent = connection.messages();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].lineage.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<wire::Retract>(sent[0].body));
    EXPECT_EQ(outbox.take_dropped(), 1u);
}

}  // namespace
}  // namespace reowolf::connector
