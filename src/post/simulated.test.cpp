// SPDX-License-Identifier: MIT
// What the simulated network does beyond carrying: failing on demand, and repeating itself.
#include "post/simulated.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "post/recorder.test.hpp"

namespace reowolf::post {

namespace {

constexpr std::uint64_t steps_max = 1'000'000;

// One connection between two hosts.
struct Pair {
    Pair(SimulatedLoop& the_loop, SimulatedNetwork& network, const std::string& from,
         const std::string& to)
        : near_host(network.endpoint(from)), far_host(network.endpoint(to)) {
        acceptor = *far_host->listen({.scheme = "", .host = to, .port = 0}, [this](auto c) {
            far = std::move(c);
            far->set_handler(&far_heard);
        });
        dial = near_host->dial(acceptor->local(), [this](auto result) {
            if (!result) {
                failure = result.error();
                return;
            }
            near = std::move(*result);
            near->set_handler(&near_heard);
        });
        while (!near && !failure && the_loop.step()) {
        }
    }

    std::unique_ptr<Transport> near_host;
    std::unique_ptr<Transport> far_host;
    Recorder near_heard;
    Recorder far_heard;
    std::unique_ptr<Acceptor> acceptor;
    std::unique_ptr<Dial> dial;
    std::unique_ptr<Connection> near;
    std::unique_ptr<Connection> far;
    std::optional<Error> failure;
};

class Simulated : public testing::Test {
  protected:
    SimulatedLoop loop{1};
    SimulatedNetwork network{loop, 2, {.min_ms = 1, .max_ms = 50}};
};

TEST_F(Simulated, timers_come_in_the_order_of_their_time_and_can_be_cancelled) {
    std::vector<int> order;
    loop.after(20, [&] { order.push_back(3); });
    loop.after(10, [&] { order.push_back(1); });
    loop.after(10, [&] { order.push_back(2); });
    TimerId never = loop.after(15, [&] { order.push_back(9); });
    loop.post([&] { order.push_back(0); });
    loop.cancel(never);
    loop.cancel(0);
    EXPECT_TRUE(order.empty());
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
    EXPECT_EQ(loop.now_ms(), 20);
    EXPECT_FALSE(loop.step());
}

TEST_F(Simulated, different_connections_overtake_each_other) {
    Pair one(loop, network, "amy", "bob");
    Pair other(loop, network, "amy", "bob");
    std::string order;
    one.far_heard.when_message = [&] { order += '1'; };
    other.far_heard.when_message = [&] { order += '2'; };
    for (int i = 0; i < 20; ++i) {
        one.near->send(bytes_of("m"));
        loop.run_for(5);
        other.near->send(bytes_of("m"));
        loop.run_for(5);
    }
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    EXPECT_EQ(order.size(), 40u);
    EXPECT_NE(order.find("11"), std::string::npos) << order;
}

TEST_F(Simulated, counts_what_goes_from_host_to_host) {
    Pair pair(loop, network, "amy", "bob");
    pair.near->send(Bytes(10));
    pair.near->send(Bytes(20));
    pair.far->send(Bytes(1));
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    EXPECT_EQ(network.traffic("amy", "bob").frames, 2u);
    EXPECT_EQ(network.traffic("amy", "bob").bytes, 40u);
    EXPECT_EQ(network.traffic("bob", "amy").frames, 1u);
    EXPECT_EQ(network.traffic().frames, 3u);
    network.forget_traffic();
    EXPECT_EQ(network.traffic().frames, 0u);
}

TEST_F(Simulated, a_cut_loses_what_follows_a_random_point) {
    std::vector<std::size_t> arrived;
    for (int run = 0; run < 20; ++run) {
        Pair pair(loop, network, "amy", "bob");
        for (int i = 0; i < 10; ++i) pair.near->send(bytes_of(std::to_string(i)));
        network.cut("bob", "amy");
        pair.near->send(bytes_of("into the void"));
        EXPECT_TRUE(loop.run_until_idle(steps_max));
        EXPECT_TRUE(pair.near_heard.closed_with(Failure::lost));
        EXPECT_TRUE(pair.far_heard.closed_with(Failure::lost));
        arrived.push_back(pair.far_heard.messages.size());
        for (std::size_t i = 0; i < arrived.back(); ++i) {
            EXPECT_EQ(text_of(pair.far_heard.messages[i]), std::to_string(i));
        }
        Pair none(loop, network, "amy", "bob");
        ASSERT_TRUE(none.failure);
        EXPECT_EQ(none.failure->failure, Failure::unreachable);
        network.heal("amy", "bob");
    }
    EXPECT_LT(std::ranges::min(arrived), std::ranges::max(arrived));
    EXPECT_LE(std::ranges::max(arrived), 10u);
}

TEST_F(Simulated, isolation_leaves_the_others_connected) {
    Pair cut_off(loop, network, "amy", "bob");
    Pair others(loop, network, "bob", "cas");
    network.isolate("amy");
    others.near->send(bytes_of("m"));
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    EXPECT_TRUE(cut_off.far_heard.closed_with(Failure::lost));
    EXPECT_EQ(others.far_heard.messages.size(), 1u);
    network.heal("amy");
    Pair again(loop, network, "amy", "bob");
    EXPECT_TRUE(again.near);
}

TEST_F(Simulated, the_killed_hear_nothing_and_the_others_hear_of_it) {
    Pair pair(loop, network, "amy", "bob");
    auto bobs_loop = network.loop("bob");
    bool ran = false;
    bobs_loop->after(1, [&] { ran = true; });
    Address address = pair.acceptor->local();
    pair.near->send(bytes_of("m"));
    network.kill("bob");
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    EXPECT_FALSE(ran);
    EXPECT_TRUE(pair.near_heard.closed_with(Failure::lost));
    EXPECT_TRUE(pair.far_heard.messages.empty());
    EXPECT_EQ(pair.far_heard.closed_count, 0);
    EXPECT_FALSE(pair.far_host->listen(address, [](auto) {}));

    std::optional<Error> failure;
    auto dial = pair.near_host->dial(address, [&](auto result) { failure = result.error(); });
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->failure, Failure::refused);

    // A new process on the same host, and its old things no longer in the way.
    pair.acceptor.reset();
    Pair reborn(loop, network, "amy", "bob");
    EXPECT_TRUE(reborn.near);
}

TEST_F(Simulated, silence_is_noticed_by_patience_only) {
    Pair pair(loop, network, "amy", "bob");
    network.silence("bob");
    pair.near->send(bytes_of("m"));
    loop.run_for(Limits{}.silence_patience_ms - 1);
    EXPECT_FALSE(pair.near_heard.closed);
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    EXPECT_TRUE(pair.near_heard.closed_with(Failure::timed_out));
    EXPECT_TRUE(pair.far_heard.closed_with(Failure::timed_out));
    EXPECT_TRUE(pair.far_heard.messages.empty());
    Pair none(loop, network, "amy", "bob");
    ASSERT_TRUE(none.failure);
    EXPECT_EQ(none.failure->failure, Failure::timed_out);
}

TEST_F(Simulated, after_a_short_silence_everything_arrives_late) {
    Pair pair(loop, network, "amy", "bob");
    pair.near->send(bytes_of("0"));
    network.silence("bob");
    pair.near->send(bytes_of("1"));
    loop.run_for(Limits{}.silence_patience_ms / 2);
    EXPECT_TRUE(pair.far_heard.messages.empty());
    network.heal();
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    ASSERT_EQ(pair.far_heard.messages.size(), 2u);
    EXPECT_FALSE(pair.near_heard.closed);
}

TEST_F(Simulated, a_host_may_listen_at_any_name) {
    auto bob = network.endpoint("bob");
    std::unique_ptr<Connection> far;
    auto listening = bob->listen({.scheme = "", .host = "127.0.0.1", .port = 7002},
                                 [&](auto c) { far = std::move(c); });
    ASSERT_TRUE(listening);
    auto amy = network.endpoint("amy");
    std::unique_ptr<Connection> near;
    auto dial = amy->dial((*listening)->local(), [&](auto c) { near = std::move(*c); });
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    ASSERT_TRUE(near && far);
    near->send(Bytes(1));
    EXPECT_EQ(network.traffic("amy", "bob").frames, 1u);
}

// A network with everything going on at once; what happened, as text.
std::string story(std::uint64_t seed) {
    SimulatedLoop loop(seed);
    SimulatedNetwork network(loop, seed, {.min_ms = 0, .max_ms = 100});
    std::string told;
    std::vector<std::unique_ptr<Pair>> pairs;
    auto host = [](std::uint64_t number) { return "host" + std::to_string(number); };
    for (std::uint64_t i = 0; i < 20; ++i) {
        pairs.push_back(
            std::make_unique<Pair>(loop, network, host(i % 5), host((i + 1 + i / 5) % 5)));
        Pair& pair = *pairs.back();
        pair.far_heard.when_message = [&told, i, &loop] {
            told += std::to_string(i) + "@" + std::to_string(loop.now_ms()) + " ";
        };
        pair.far_heard.when_closed = [&told, i] { told += "closed" + std::to_string(i) + " "; };
    }
    Random& random = loop.random();
    for (int turn = 0; turn < 300; ++turn) {
        Pair& pair = *pairs[random.below(pairs.size())];
        if (pair.near) pair.near->send(Bytes(random.below(100)));
        switch (random.below(40)) {
            case 0:
                network.cut(host(random.below(5)), host(random.below(5)));
                break;
            case 1:
                network.silence(host(random.below(5)));
                break;
            case 2:
                network.heal();
                break;
            case 3:
                if (turn > 200) network.kill(host(random.below(5)));
                break;
            case 4:
                pair.near.reset();
                break;
            case 5:
                if (pair.near) pair.near->close();
                break;
            default:
                break;
        }
        loop.run_for(static_cast<std::int64_t>(random.below(30)));
    }
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    for (const auto& pair : pairs) {
        EXPECT_LE(pair->near_heard.closed_count, 1);
        EXPECT_LE(pair->far_heard.closed_count, 1);
    }
    return told;
}

TEST(SimulatedStory, repeats_itself_from_its_seed) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        std::string told = story(seed);
        EXPECT_FALSE(told.empty());
        EXPECT_EQ(told, story(seed));
        EXPECT_NE(told, story(seed + 1'000));
    }
}

TEST(SimulatedStory, thousands_of_hosts_fit_in_a_thread) {
    constexpr std::size_t count = 2'000;
    SimulatedLoop loop(1);
    SimulatedNetwork network(loop, 1, {});
    std::vector<std::unique_ptr<Pair>> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        pairs.push_back(std::make_unique<Pair>(loop, network, "near" + std::to_string(i),
                                               "far" + std::to_string(i)));
    }
    for (auto& pair : pairs) pair->near->send(bytes_of("hello"));
    EXPECT_TRUE(loop.run_until_idle(steps_max));
    EXPECT_TRUE(std::ranges::all_of(
        pairs, [](const auto& pair) { return pair->far_heard.messages.size() == 1; }));
}

}  // namespace

}  // namespace reowolf::post
