// SPDX-License-Identifier: MIT
// What outlives connections: over a network that fails in every way, from seeds, each message comes
// once and in order.
#include "post/association.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "post/carrier_connection.hpp"
#include "post/lasting.hpp"
#include "post/recorder.test.hpp"
#include "post/simulated.hpp"

namespace reowolf::post {

namespace {

constexpr std::int64_t patience_ms = Limits{}.association_patience_ms;

class Lasting : public testing::Test {
  protected:
    explicit Lasting(std::uint64_t the_seed = 1) : seed(the_seed) {}
    // Handles before transports, transports before the network.
    ~Lasting() override {
        near.reset();
        far.reset();
    }

    std::unique_ptr<Transport> transport(const std::string& host, Processes processes = {}) {
        return make_lasting_transport(loop, limits, network.endpoint(host), std::move(processes),
                                      [this] { return random.next(); });
    }

    void connect(bool with_return_address = true) {
        auto listening =
            far_host->listen({.scheme = "", .host = "far", .port = 7'000}, [this](auto connection) {
                far = std::move(connection);
                far->set_handler(&far_heard);
            });
        ASSERT_TRUE(listening);
        acceptor = std::move(*listening);
        auto back = near_host->listen({.scheme = "", .host = "near", .port = 7'000}, [](auto) {});
        ASSERT_TRUE(back);
        near_acceptor = std::move(*back);
        dial = near_host->dial(acceptor->local(), [this](auto result) {
            ASSERT_TRUE(result) << result.error().text;
            near = std::move(*result);
            near->set_handler(&near_heard);
        });
        ASSERT_TRUE(until([&] { return near && far; }, 10'000));
        if (with_return_address) far->set_return_address(near_acceptor->local());
    }

    template <class Condition>
    bool until(Condition condition, std::int64_t time_ms) {
        const std::int64_t end_ms = loop.now_ms() + time_ms;
        while (!condition()) {
            if (loop.now_ms() > end_ms || !loop.step()) return false;
        }
        return true;
    }

    static void expect_in_order(const Recorder& heard, std::size_t count) {
        ASSERT_EQ(heard.messages.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(text_of(heard.messages[i]), fmt::format("message {}", i));
        }
    }

    std::uint64_t seed;
    Limits limits;
    SimulatedLoop loop{seed};
    Random random{seed + 1};
    SimulatedNetwork network{loop, seed + 2, {.min_ms = 1, .max_ms = 50}, limits};
    std::unique_ptr<Transport> near_host = transport("near");
    std::unique_ptr<Transport> far_host = transport("far");
    Recorder near_heard;
    Recorder far_heard;
    std::unique_ptr<Acceptor> acceptor;
    std::unique_ptr<Acceptor> near_acceptor;
    std::unique_ptr<Dial> dial;
    std::unique_ptr<Connection> near;
    std::unique_ptr<Connection> far;
};

TEST_F(Lasting, a_cut_is_not_noticed) {
    connect();
    near->send(bytes_of("message 0"));
    network.cut("near", "far");
    near->send(bytes_of("message 1"));
    far->send(bytes_of("message 0"));
    loop.run_for(5'000);
    near->send(bytes_of("message 2"));
    network.heal();
    ASSERT_TRUE(until([&] { return far_heard.messages.size() == 3; }, 5'000));
    ASSERT_TRUE(until([&] { return near_heard.messages.size() == 1; }, 5'000));
    expect_in_order(far_heard, 3);
    expect_in_order(near_heard, 1);
    EXPECT_FALSE(near_heard.closed || far_heard.closed);
}

TEST_F(Lasting, nor_is_a_black_hole_of_half_a_minute) {
    connect();
    std::size_t sent = 0;
    const auto send_both = [&] {
        near->send(bytes_of(fmt::format("message {}", sent)));
        far->send(bytes_of(fmt::format("message {}", sent++)));
    };
    send_both();
    network.silence("far");
    for (int second = 0; second < 30; ++second) {
        send_both();
        loop.run_for(1'000);
    }
    network.heal();
    send_both();
    ASSERT_TRUE(until(
        [&] { return far_heard.messages.size() == sent && near_heard.messages.size() == sent; },
        15'000));
    expect_in_order(far_heard, sent);
    expect_in_order(near_heard, sent);
    EXPECT_FALSE(near_heard.closed || far_heard.closed);
}

TEST_F(Lasting, patience_ends) {
    connect();
    network.cut("near", "far");
    loop.run_for(patience_ms - 1'000);
    EXPECT_FALSE(near_heard.closed || far_heard.closed);
    loop.run_for(2'000);
    EXPECT_TRUE(near_heard.closed_with(Failure::unreachable)) << near_heard.closed->text;
    EXPECT_TRUE(far_heard.closed_with(Failure::unreachable)) << far_heard.closed->text;
}

TEST_F(Lasting, a_killed_process_is_noticed_soon) {
    for (const bool with_return_address : {true}) {
        connect(with_return_address);
        network.kill("far");
        ASSERT_TRUE(until([&] { return near_heard.closed.has_value(); },
                          limits.refusal_patience_ms + 1'000));
        EXPECT_TRUE(near_heard.closed_with(Failure::refused)) << near_heard.closed->text;
    }
}

TEST_F(Lasting, who_was_dialled_notices_it_too) {
    connect();
    network.kill("near");
    ASSERT_TRUE(
        until([&] { return far_heard.closed.has_value(); }, limits.refusal_patience_ms + 1'000));
    EXPECT_TRUE(far_heard.closed_with(Failure::refused)) << far_heard.closed->text;
}

TEST_F(Lasting, who_was_dialled_does_not_wait_for_who_gave_up) {
    auto listening =
        far_host->listen({.scheme = "", .host = "far", .port = 7'000}, [this](auto connection) {
            far = std::move(connection);
            far->set_handler(&far_heard);
            far->send(bytes_of("hello"));
        });
    ASSERT_TRUE(listening);
    dial = near_host->dial((*listening)->local(), [this](auto result) {
        near = std::move(*result);
        near->set_handler(&near_heard);
    });
    ASSERT_TRUE(until([&] { return far != nullptr; }, 10'000));
    ASSERT_FALSE(near) << "the answer is on its way";
    dial.reset();
    EXPECT_TRUE(until([&] { return far_heard.closed.has_value(); }, 1'000));
}

TEST_F(Lasting, a_restarted_process_is_not_taken_for_the_old_one) {
    connect();
    network.kill("far");
    far.reset();
    acceptor.reset();
    far_host = transport("far");
    auto again = far_host->listen({.scheme = "", .host = "far", .port = 7'000},
                                  [](auto) { FAIL() << "it was not dialled anew"; });
    near->send(bytes_of("for the old one"));
    ASSERT_TRUE(until([&] { return near_heard.closed.has_value(); }, 1'000));
    EXPECT_TRUE(near_heard.closed_with(Failure::lost));
    EXPECT_NE(near_heard.closed->text.find("restarted"), std::string::npos)
        << near_heard.closed->text;
}

TEST_F(Lasting, where_processes_can_be_seen_their_end_is_noticed_at_once) {
    bool lives = true;
    near_host = transport("near", {.own = {}, .is_alive = [&](auto) { return lives; }});
    connect();
    network.cut("near", "far");
    loop.run_for(20'000);
    EXPECT_FALSE(near_heard.closed);
    lives = false;
    loop.run_for(1'000);
    EXPECT_TRUE(near_heard.closed_with(Failure::lost)) << near_heard.closed->text;
}

// Who was dialled sees the end of a connection there, which is another one each time and nobody's
// address.
TEST_F(Lasting, the_other_one_is_called_by_where_it_is_reached) {
    bool lives = true;
    far_host = transport("far", {.own = {}, .is_alive = [&](auto) { return lives; }});
    connect();
    network.cut("near", "far");
    loop.run_for(20'000);
    lives = false;
    loop.run_for(1'000);
    ASSERT_TRUE(far_heard.closed_with(Failure::lost));
    EXPECT_EQ(far_heard.closed->text, "the process at near:7000 has ended");
}

TEST_F(Lasting, an_abort_is_told_from_the_side_of_who_hears_of_it) {
    connect();
    near->abort();
    ASSERT_TRUE(until([&] { return near_heard.closed && far_heard.closed; }, 1'000));
    EXPECT_EQ(near_heard.closed->text, "the connection was aborted here");
    EXPECT_EQ(far_heard.closed->text, "near:7000 ended the connection: it was aborted there");
}

TEST_F(Lasting, nobody_is_given_up_who_can_be_seen_to_live) {
    near_host = transport("near", {.own = {}, .is_alive = [&](auto) { return true; }});
    connect();
    acceptor.reset();
    network.cut("near", "far");
    network.heal();
    loop.run_for(2 * limits.refusal_patience_ms);
    near->send(bytes_of("message 0"));
    ASSERT_TRUE(until([&] { return far_heard.messages.size() == 1; }, 1'000));
}

TEST_F(Lasting, what_was_closed_is_delivered_over_another_connection) {
    connect();
    network.cut("near", "far");
    for (int i = 0; i < 100; ++i) near->send(bytes_of(fmt::format("message {}", i)));
    near->close();
    near.reset();
    loop.run_for(20'000);
    network.heal();
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }, 5'000));
    EXPECT_TRUE(far_heard.closed_with(Failure::closed)) << far_heard.closed->text;
    expect_in_order(far_heard, 100);
}

// Its connection is given up for silence a moment after this side would have lost patience.
TEST_F(Lasting, what_was_closed_is_delivered_to_who_stood_still) {
    connect();
    loop.run_for(100);
    near->send(bytes_of("message 0"));
    near->close();
    near.reset();
    network.silence("far");
    loop.run_for(20'000);
    network.heal();
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }, 5'000));
    EXPECT_TRUE(far_heard.closed_with(Failure::closed)) << far_heard.closed->text;
    expect_in_order(far_heard, 1);
}

TEST_F(Lasting, a_sender_without_a_connection_is_told_how_much_waits) {
    connect();
    network.cut("near", "far");
    loop.run_for(100);
    near->send(Bytes(10'000));
    EXPECT_EQ(near->queued_bytes(), 10'000u);
    network.heal();
    ASSERT_TRUE(until([&] { return near_heard.drained_count > 0; }, 5'000));
    EXPECT_EQ(near->queued_bytes(), 0u);
}

// They come in one record, of which whoever gets them takes one at a time.
TEST_F(Lasting, small_messages_wait_for_who_takes_one_at_a_time) {
    connect();
    network.cut("near", "far");
    loop.run_for(100);
    for (int i = 0; i < 300; ++i) near->send(bytes_of(fmt::format("message {}", i)));
    far_heard.when_message = [&] { far->set_handler(nullptr); };
    network.heal();
    for (std::size_t taken = 1; taken < 200; ++taken) {
        ASSERT_TRUE(until([&] { return far_heard.messages.size() == taken; }, 5'000));
        loop.run_for(10);
        ASSERT_EQ(far_heard.messages.size(), taken);
        far->set_handler(&far_heard);
    }
    far_heard.when_message = nullptr;
    far->set_handler(&far_heard);
    near->send(bytes_of("message 300"));
    near->close();
    ASSERT_TRUE(until([&] { return far_heard.closed.has_value(); }, 5'000));
    expect_in_order(far_heard, 301);
}

TEST_F(Lasting, who_has_enough_gets_no_more_of_the_same_record) {
    for (const bool destroys : {false, true}) {
        connect();
        network.cut("near", "far");
        loop.run_for(100);
        for (int i = 0; i < 10; ++i) near->send(bytes_of(fmt::format("message {}", i)));
        far_heard.when_message = [&] {
            if (far_heard.messages.size() < 3) return;
            destroys ? far.reset() : far->close();
        };
        network.heal();
        loop.run_for(5'000);
        EXPECT_EQ(far_heard.messages.size(), 3u);
        near.reset();
        far.reset();
        near_heard = {};
        far_heard = {};
        acceptor.reset();
        near_acceptor.reset();
    }
}

TEST_F(Lasting, what_is_taken_back_never_comes) {
    connect();
    far->limit_message_bytes(10'000'000);
    near->send(bytes_of("message 0"));
    for (const std::int64_t time_ms : {0, 5, 60, 120}) {
        near->send(Bytes(8'000'000));
        loop.run_for(time_ms);
        EXPECT_TRUE(near->take_back_last());
    }
    network.cut("near", "far");
    network.heal();
    near->send(bytes_of("message 1"));
    ASSERT_TRUE(until([&] { return far_heard.messages.size() == 2; }, patience_ms));
    EXPECT_FALSE(near->take_back_last());
    near->send(bytes_of("message 2"));
    ASSERT_TRUE(until([&] { return far_heard.messages.size() == 3; }, patience_ms));
    expect_in_order(far_heard, 3);
    EXPECT_FALSE(far->arriving());
    EXPECT_EQ(near->queued_bytes(), 0u);
}

// For those that ask what becomes of messages.
class Follower final : public CarrierHandler {
  public:
    void on_incoming(Incoming) override {}
    void on_closed(const Error&) override { ends.emplace_back(0, "closed"); }
    void on_fate(std::uint64_t id, Sending::Fate fate) override {
        if (fate == Sending::Fate::sent) return;
        ends.emplace_back(id, fate == Sending::Fate::dropped        ? "dropped"
                              : fate == Sending::Fate::acknowledged ? "acknowledged"
                                                                    : "in doubt");
    }
    void on_left(std::size_t) override {}

    std::vector<std::pair<std::uint64_t, std::string>> ends;
};

TEST_F(Lasting, what_is_sent_between_the_end_and_its_news_is_dropped) {
    connect();
    auto& carrier = static_cast<CarrierConnection&>(*near);
    Follower follower;
    carrier.set_handler(static_cast<CarrierHandler*>(&follower));
    carrier.abort();
    EXPECT_FALSE(carrier.send(Outgoing{.payload = Payload(bytes_of("late")),
                                       .properties = {},
                                       .id = 1,
                                       .antecedents = {},
                                       .is_followed = true}));
    loop.run_for(1'000);
    EXPECT_EQ(follower.ends, (decltype(follower.ends){{1, "dropped"}, {0, "closed"}}));
    near.reset();
}

// Both sides close with more to be sent than their windows let through, while connections break,
// and each message has one end that is true.
TEST(LastingUnderFaults, what_becomes_of_messages_is_told_once_when_both_sides_close) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Random chance(seed);
        Limits limits;
        limits.unacknowledged_bytes_max = 64u << 10;
        limits.carrier_window_bytes = 16u << 10;
        SimulatedLoop loop(seed);
        SimulatedNetwork network(loop, seed, {.min_ms = 1, .max_ms = 100}, limits);
        const auto transport = [&](const std::string& host) {
            return make_lasting_transport(loop, limits, network.endpoint(host), {},
                                          [&] { return chance.next(); });
        };
        const auto near_host = transport("near");
        const auto far_host = transport("far");
        Follower followers[2];
        std::unique_ptr<Connection> ends[2];
        const auto acceptor =
            far_host->listen({.scheme = "", .host = "far", .port = 1},
                             [&](auto connection) { ends[1] = std::move(connection); });
        const auto dial = near_host->dial((*acceptor)->local(), [&](auto result) {
            ASSERT_TRUE(result);
            ends[0] = std::move(*result);
        });
        while (!ends[0] || !ends[1]) ASSERT_TRUE(loop.step());
        std::uint64_t sent[2] = {};
        for (const std::size_t side : {0u, 1u}) {
            auto& carrier = static_cast<CarrierConnection&>(*ends[side]);
            carrier.pause(true);
            carrier.set_handler(static_cast<CarrierHandler*>(&followers[side]));
            while (sent[side] < 50 + chance.below(50)) {
                carrier.send(Outgoing{.payload = Payload(Bytes(chance.below(1'000))),
                                      .properties = {},
                                      .id = ++sent[side],
                                      .antecedents = {},
                                      .is_followed = true});
            }
        }
        const std::size_t first = chance.below(2);
        for (const std::size_t side : {first, 1 - first}) {
            loop.run_for(static_cast<std::int64_t>(chance.below(300)));
            if (chance.chance(30)) network.cut("near", "far");
            ends[side]->close();
            static_cast<CarrierConnection&>(*ends[side]).pause(false);
            loop.run_for(static_cast<std::int64_t>(chance.below(300)));
            network.heal();
        }
        loop.run_for(30'000);
        for (const std::size_t side : {0u, 1u}) {
            std::map<std::uint64_t, std::string> told;
            for (const auto& [id, end] : followers[side].ends) {
                ASSERT_TRUE(told.emplace(id, end).second) << id << " is told of twice";
            }
            ASSERT_EQ(told.size(), sent[side] + 1);
            EXPECT_EQ(told[0], "closed");
            // Of one carrier, what has arrived was before what has not.
            bool has_gap = false;
            for (std::uint64_t id = 1; id <= sent[side]; ++id) {
                has_gap |= told[id] != "acknowledged";
                EXPECT_FALSE(has_gap && told[id] == "acknowledged") << id;
            }
        }
        for (auto& end : ends) end.reset();
        loop.run_for(1'000);
    }
}

// Both sides send; meanwhile connections are cut and heal, hosts fall silent and come back.
TEST(LastingUnderFaults, everything_comes_once_and_in_order) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Random chance(seed);
        Limits limits;
        // Small, so that the limits take part.
        limits.unacknowledged_bytes_max = 1u << 20;
        limits.carrier_window_bytes = 256u << 10;
        SimulatedLoop loop(seed);
        SimulatedNetwork network(loop, seed, {.min_ms = 1, .max_ms = 100}, limits);
        const auto transport = [&](const std::string& host) {
            return make_lasting_transport(loop, limits, network.endpoint(host), {},
                                          [&] { return chance.next(); });
        };
        const auto near_host = transport("near");
        const auto far_host = transport("far");
        Recorder heard[2];
        std::unique_ptr<Connection> ends[2];
        const auto acceptor =
            far_host->listen({.scheme = "", .host = "far", .port = 1}, [&](auto connection) {
                ends[1] = std::move(connection);
                ends[1]->limit_message_bytes(1u << 20);
                ends[1]->set_handler(&heard[1]);
            });
        const auto back = near_host->listen({.scheme = "", .host = "near", .port = 1}, [](auto) {});
        const auto dial = near_host->dial((*acceptor)->local(), [&](auto result) {
            ASSERT_TRUE(result);
            ends[0] = std::move(*result);
            ends[0]->limit_message_bytes(1u << 20);
            ends[0]->set_handler(&heard[0]);
        });
        while (!ends[0] || !ends[1]) ASSERT_TRUE(loop.step());
        if (chance.chance(70)) ends[1]->set_return_address((*back)->local());

        std::vector<Bytes> sent[2];
        for (int step = 0; step < 60; ++step) {
            const std::size_t side = chance.below(2);
            for (std::uint64_t burst = chance.below(20); burst > 0; --burst) {
                Bytes message = bytes_of(fmt::format("{} {} ", side, sent[side].size()));
                message.resize(message.size() + chance.below(chance.chance(5) ? 300'000 : 200));
                ends[side]->send(message);
                sent[side].push_back(std::move(message));
            }
            switch (chance.below(6)) {
                case 0:
                    network.cut("near", "far");
                    break;
                case 1:
                    network.silence(chance.chance(50) ? "near" : "far");
                    break;
                case 2:
                case 3:
                    network.heal();
                    break;
                case 4:
                    ends[side]->set_handler(nullptr);
                    break;
                default:
                    ends[side]->set_handler(&heard[side]);
            }
            // Never for longer than their patience.
            loop.run_for(static_cast<std::int64_t>(chance.below(900)));
        }
        network.heal();
        for (std::size_t side = 0; side < 2; ++side) ends[side]->set_handler(&heard[side]);
        loop.run_for(30'000);
        for (std::size_t side = 0; side < 2; ++side) {
            ASSERT_FALSE(heard[side].closed) << heard[side].closed->text;
            ASSERT_TRUE(heard[1 - side].messages == sent[side])
                << "from side " << side << ": " << heard[1 - side].messages.size() << " of "
                << sent[side].size() << ", queued " << ends[side]->queued_bytes();
            ends[side]->close();
        }
        loop.run_for(1'000);
        for (const Recorder& one : heard) EXPECT_TRUE(one.closed_with(Failure::closed));
    }
}

}  // namespace

}  // namespace reowolf::post
