// SPDX-License-Identifier: MIT
// Service networks over several processes, simulated: what happens is repeated from its seed.
#include "service/simulated.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "post/lasting.hpp"
#include "service/core.hpp"
#include "service/edges.hpp"
#include "service/inspector.hpp"
#include "tasks/simulated.hpp"

namespace reowolf::service {
namespace {

using namespace std::chrono_literals;

template <class F>
Code code_of(F&& failing) {
    try {
        failing();
    } catch (const Error& error) {
        return error.code();
    }
    return Code::none;
}

// One process with a root that serves "where" and "add".
struct Site {
    Site(SimulatedWorld& world, const std::string& host) : network(world.process(host)) {
        network->on_event([this](const Event& event) { events.push_back(event); });
        root.emplace(*network, host);
        root->provide("at " + host, [host] { return host; });
    }
    bool has(Event::Kind kind) const {
        for (const Event& event : events) {
            if (event.kind == kind) return true;
        }
        return false;
    }
    std::unique_ptr<Network> network;
    std::deque<Event> events;
    std::optional<Node> root;
};

TEST(Processes, ASubtreeInAnotherProcessServesAndRequests) {
    SimulatedWorld world(1);
    Site master(world, "master"), left(world, "left"), below(world, "below");
    EXPECT_EQ(master.root->listen("master:7000"), "master:7000");
    left.root->listen("left:7000");
    left.root->join("master:7000");
    below.root->join("left:7000");
    EXPECT_EQ(code_of([&] { left.root->call<std::string>("at master"); }), Code::not_started);
    world.run_for(1'000);
    master.root->start();
    EXPECT_EQ(master.root->call<std::string>("at left"), "left");
    EXPECT_TRUE(master.root->wait_for("at below"));
    EXPECT_EQ(master.root->call<std::string>("at below"), "below");
    EXPECT_EQ(left.root->call<std::string>("at master"), "master");
    EXPECT_EQ(below.root->call<std::string>("at master"), "master");
    EXPECT_EQ(below.root->call<std::string>("at left"), "left");
    EXPECT_TRUE(master.has(Event::Kind::joined));
    EXPECT_TRUE(below.has(Event::Kind::joined));
}

TEST(Processes, SiblingsReachEachOtherThroughTheirParent) {
    SimulatedWorld world(2);
    Site master(world, "master"), left(world, "left"), right(world, "right");
    master.root->listen("master:7000");
    master.root->start();
    left.root->join("master:7000");
    right.root->join("master:7000");
    left.root->provide("route", [](const Context& context) { return context.route(); });
    EXPECT_TRUE(master.root->wait_for("route"));
    EXPECT_TRUE(master.root->wait_for("at right"));
    EXPECT_EQ(right.root->call<std::string>("at left"), "left");
    EXPECT_EQ(right.root->call<std::vector<NodeId>>("route"), std::vector{right.root->id()});
    EXPECT_EQ(code_of([&] { right.root->call<int>("at left"); }), Code::wrong_types);
    EXPECT_EQ(code_of([&] { right.root->call<int>("nowhere"); }), Code::unknown_service);
    EXPECT_EQ(code_of([&] { right.root->call<std::string>(Options{.hops = 1}, "at left"); }),
              Code::hops_exhausted);
}

TEST(Processes, ErrorsComeBack) {
    SimulatedWorld world(3);
    Site master(world, "master"), left(world, "left");
    left.root->provide("throw",
                       [](const std::string& text) -> int { throw std::runtime_error(text); });
    left.root->provide("slow", [&]() -> Task<> { co_await left.network->after(1s); });
    master.root->listen("master:7000");
    master.root->start();
    left.root->join("master:7000");
    EXPECT_TRUE(master.root->wait_for("slow"));
    try {
        master.root->call<int>("throw", "a reason");
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::thrown);
        EXPECT_STREQ(error.reason(), "a reason");
    }
    EXPECT_EQ(code_of([&] { master.root->call<int>("throw", std::string(100'000, 'x')); }),
              Code::thrown);
    EXPECT_EQ(code_of([&] { master.root->call<void>(Options{.timeout = 200ms}, "slow"); }),
              Code::timed_out);
    EXPECT_EQ(code_of([&] { master.root->call<void>("slow"); }), Code::none);
}

// Every way to fail, two edges away.
TEST(Processes, EveryFailureIsDefinedAlsoThroughTwoProcesses) {
    SimulatedWorld world(11);
    Site master(world, "master"), middle(world, "middle"), leaf(world, "leaf");
    leaf.root->provide("throw", []() -> int { throw 42; });
    leaf.root->provide("never", [&]() -> Task<> { co_await leaf.network->after(10min); });
    leaf.root->provide("one at most", [&]() -> Task<> { co_await leaf.network->after(1s); },
                       {.queue_max = 1});
    master.root->listen("master:1");
    middle.root->listen("middle:1");
    master.root->start();
    middle.root->join("master:1");
    leaf.root->join("middle:1");
    EXPECT_TRUE(master.root->wait_for("never"));
    EXPECT_EQ(code_of([&] { master.root->call<int>("throw"); }), Code::thrown);
    EXPECT_EQ(code_of([&] { master.root->call<int>("throw", 1); }), Code::wrong_types);
    EXPECT_EQ(code_of([&] { leaf.root->call<int>("at master"); }), Code::wrong_types);
    EXPECT_EQ(code_of([&] { leaf.root->call<int>("nobody"); }), Code::unknown_service);
    EXPECT_EQ(code_of([&] { master.root->call<void>(Options{.timeout = 100ms}, "never"); }),
              Code::timed_out);
    EXPECT_EQ(code_of([&] { leaf.root->call<std::string>(Options{.hops = 1}, "at master"); }),
              Code::hops_exhausted);
    EXPECT_EQ(leaf.root->call<std::string>(Options{.hops = 2}, "at master"), "master");
    std::vector<Answer<void>> answers;
    for (int i = 0; i < 4; ++i) answers.push_back(master.root->request<void>("one at most"));
    std::map<Code, int> ends;
    for (auto& each : answers) ++ends[code_of([&] { each.get(); })];
    EXPECT_EQ(ends[Code::none] + ends[Code::overloaded], 4);
    EXPECT_GT(ends[Code::overloaded], 0);
    leaf.root->part();
    world.run_for(1'000);
    EXPECT_EQ(code_of([&] { master.root->call<int>("throw"); }), Code::unknown_service);
    EXPECT_EQ(code_of([&] { leaf.root->call<std::string>("at master"); }), Code::unknown_service);
}

TEST(Processes, WhoLooksIsToldWhyThereIsNoMoreToSee) {
    SimulatedWorld world(12);
    std::optional<Site> master(std::in_place, world, "master");
    master->root->listen("master:1");
    const ServiceLimits limits = limits_of_edges({}, 3'000);
    const auto loop = world.network().loop("looker");
    const auto transport =
        post::make_lasting_transport(*loop, limits, world.network().endpoint("looker"), {},
                                     [&] { return world.random().next(); });
    Inspector inspector(*loop, *transport, limits);
    const auto ask = [&] {
        std::optional<std::expected<Listing, std::string>> answer;
        inspector.ask({.scheme = "", .host = "master", .port = 1}, 10,
                      [&](auto result) { answer = std::move(result); });
        EXPECT_TRUE(world.run_until([&] { return answer.has_value(); }));
        return *answer;
    };
    for (int i = 0; i < 2; ++i) {
        const auto listing = ask();
        ASSERT_TRUE(listing) << listing.error();
        EXPECT_EQ(listing->nodes_total, 1u);
        EXPECT_EQ(inspector.name(), "master");
    }
    master->root.reset();
    world.run_for(100);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ask().error(), "master:1: 'master' has left the network");
}

TEST(Processes, LossIsToldToAllWhoWait) {
    SimulatedWorld world(4);
    Site master(world, "master");
    auto left = std::make_unique<Site>(world, "left");
    left->root->provide("slow", [&]() -> Task<> { co_await left->network->after(100s); },
                        {.reentrant = true});
    master.root->listen("master:7000");
    master.root->start();
    left->root->join("master:7000");
    EXPECT_TRUE(master.root->wait_for("slow"));
    std::vector<Answer<void>> answers;
    for (int i = 0; i < 10; ++i) {
        answers.push_back(master.root->request<void>(Options{.timeout = 60s}, "slow"));
    }
    world.run_for(100);
    // Nothing breaks, it is just silent: TICK finds it.
    const std::int64_t began_ms = world.now_ms();
    world.network().silence("left");
    for (auto& each : answers) EXPECT_EQ(code_of([&] { each.get(); }), Code::lost);
    EXPECT_LT(world.now_ms() - began_ms, 5'000);
    EXPECT_TRUE(master.has(Event::Kind::lost));
    EXPECT_EQ(code_of([&] { master.root->call<void>("slow"); }), Code::unknown_service);
    // And it comes back by itself.
    world.network().heal();
    EXPECT_TRUE(master.root->wait_for("slow"));
    EXPECT_EQ(master.root->call<std::string>("at left"), "left");
}

TEST(Processes, AProcessThatLeavesInOrderServesWhatItHas) {
    SimulatedWorld world(5);
    Site master(world, "master");
    std::optional<Site> left(std::in_place, world, "left");
    left->root->provide("slow", [&]() -> Task<int> {
        co_await left->network->after(1s);
        co_return 1;
    });
    master.root->listen("master:7000");
    master.root->start();
    left->root->join("master:7000");
    EXPECT_TRUE(master.root->wait_for("slow"));
    auto answer = master.root->request<int>("slow");
    world.run_for(100);
    left->root.reset();
    world.run_for(100);
    EXPECT_EQ(answer.get(), 1);
    EXPECT_TRUE(master.has(Event::Kind::left));
    EXPECT_FALSE(master.has(Event::Kind::lost));
}

TEST(Processes, ACircleIsALoop) {
    SimulatedWorld world(6);
    Site one(world, "one"), two(world, "two"), three(world, "three");
    one.root->start();
    two.root->start();
    three.root->start();
    one.root->listen("one:1");
    two.root->listen("two:1");
    three.root->listen("three:1");
    one.root->join("two:1");
    two.root->join("three:1");
    three.root->join("one:1");
    world.run_for(5'000);
    EXPECT_EQ(code_of([&] { one.root->call<int>("nothing"); }), Code::loop);
    // What is there is found, also in a circle; what goes is forgotten.
    EXPECT_EQ(one.root->call<std::string>("at two"), "two");
    EXPECT_EQ(two.root->call<std::string>("at one"), "one");
    two.root->withdraw("at two");
    world.run_for(5'000);
    EXPECT_EQ(code_of([&] { one.root->call<std::string>("at two"); }), Code::loop);
    one.root->part();
    world.run_for(5'000);
    EXPECT_EQ(code_of([&] { one.root->call<int>("nothing"); }), Code::unknown_service);
}

TEST(Processes, RebuffedAndRepeated) {
    SimulatedWorld world(7);
    Site master(world, "master"), child(world, "child");
    child.root->join("master:7000");
    world.run_for(3'000);
    EXPECT_TRUE(child.has(Event::Kind::failed));
    EXPECT_THROW(child.root->join("master:7000"), Error);
    EXPECT_THROW(child.root->join("nonsense"), Error);
    EXPECT_THROW(child.root->listen("nonsense"), Error);
    master.root->listen("master:7000");
    EXPECT_THROW(master.root->listen("master:7000"), Error);
    world.run_for(5'000);
    EXPECT_EQ(code_of([&] { master.root->start(); }), Code::none);
    EXPECT_EQ(child.root->call<std::string>("at master"), "master");
    Node other(*master.network, "other");
    Node joined(*master.network, "joined"), below(joined, "below");
    joined.join("elsewhere:1");
    EXPECT_EQ(code_of([&] { below.join("elsewhere:1"); }), Code::refused);
    EXPECT_THROW(joined.move_to(other), Error);
}

TEST(Processes, AStartWaitsForSubtreesAndSaysWhoIsMissing) {
    SimulatedWorld world(8);
    Site master(world, "master"), left(world, "left");
    master.root->listen("master:7000");
    left.root->join("master:7000");
    world.run_for(1'000);
    world.network().silence("left");
    EXPECT_EQ(code_of([&] { master.root->start(1s); }), Code::timed_out);
    world.network().heal();
    EXPECT_EQ(code_of([&] { master.root->start(); }), Code::none);
    EXPECT_TRUE(master.root->wait_for("at left"));
}

// A large message takes its time; those who ask whether the other side lives do not wait for it.
TEST(Processes, ALargeRequestIsNoSilence) {
    SimulatedWorld world(9, {.tick = 50ms, .tick_patience = 300ms});
    Site master(world, "master"), left(world, "left");
    left.root->provide("turn", [](std::vector<std::uint8_t> bytes) {
        std::ranges::reverse(bytes);
        return bytes;
    });
    master.root->listen("master:7000");
    master.root->start();
    left.root->join("master:7000");
    EXPECT_TRUE(master.root->wait_for("turn"));
    std::vector<std::uint8_t> bytes(std::size_t{32} << 20);
    bytes.front() = 1;
    const std::int64_t began_ms = world.now_ms();
    const auto turned = master.root->call<std::vector<std::uint8_t>>("turn", bytes);
    EXPECT_GT(world.now_ms() - began_ms, 2 * 300);  // or the test tells nothing
    EXPECT_EQ(turned.size(), bytes.size());
    EXPECT_EQ(turned.back(), 1);
    EXPECT_FALSE(master.has(Event::Kind::lost));
    EXPECT_FALSE(left.has(Event::Kind::lost));
}

TEST(Processes, WhatIsTooLargeForAnotherProcessIsRefused) {
    SimulatedWorld world(13);
    Site master(world, "master"), left(world, "left");
    constexpr std::size_t too_large = std::size_t{65} << 20;
    left.root->provide("size", [](const std::string& text) { return text.size(); });
    left.root->provide("make", [](std::uint64_t size) { return std::string(size, 'x'); });
    master.root->provide("size here", [](const std::string& text) { return text.size(); });
    master.root->listen("master:1");
    master.root->start();
    left.root->join("master:1");
    EXPECT_TRUE(master.root->wait_for("make"));
    const std::string text(too_large, 'x');
    EXPECT_EQ(code_of([&] { master.root->call<std::uint64_t>("size", text); }), Code::refused);
    EXPECT_EQ(code_of([&] { master.root->call<std::string>("make", too_large); }), Code::refused);
    EXPECT_EQ(master.root->call<std::uint64_t>("size here", text), too_large);
    EXPECT_EQ(master.root->call<std::uint64_t>("size", "text"), 4u);
}

TEST(Processes, APathThatIsCutForTooLongIsALoss) {
    SimulatedWorld world(10, {.tick = 200ms, .tick_patience = 2'000ms});
    Site master(world, "master"), left(world, "left");
    left.root->provide("slow", [&]() -> Task<> { co_await left.network->after(100s); },
                       {.reentrant = true});
    master.root->listen("master:7000");
    master.root->start();
    left.root->join("master:7000");
    EXPECT_TRUE(master.root->wait_for("slow"));
    auto answer = master.root->request<void>(Options{.timeout = 60s}, "slow");
    world.run_for(100);
    const std::int64_t began_ms = world.now_ms();
    world.network().cut("master", "left");
    EXPECT_EQ(code_of([&] { answer.get(); }), Code::lost);
    EXPECT_LE(world.now_ms() - began_ms, 2'500);
    world.network().heal();
    EXPECT_TRUE(master.root->wait_for("slow"));
}

// Neither a job nor a timer is left when all is answered, and no provider is at anything.
TEST(Rest, NothingRunsWhileNothingIsRequested) {
    const auto scheduler = std::make_shared<tasks::Simulated>(1);
    Environment environment;
    environment.scheduler = scheduler;
    environment.tick_ms = 100;
    environment.tick_patience_ms = 1'000;
    Network network(std::make_shared<Core>(std::move(environment)));
    Node master(network, "master");
    master.provide("later", [&]() -> Task<> { co_await network.after(1s); });
    master.start();
    EXPECT_FALSE(scheduler->step());
    master.call<void>("later");
    int steps = 0;
    while (scheduler->step()) ASSERT_LT(++steps, 100);
    EXPECT_EQ(scheduler->next_due_ns(), tasks::never_ns);
    EXPECT_LT(scheduler->now_ns(), 2'000'000'000);
}

// Paths are cut, or silent, at random moments, and healed before the patience is over: nobody
// notices. What is asked is answered, and served once.
class Cuts : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Cuts, NoRequestIsLostAndNoneFails) {
    const std::uint64_t seed = GetParam();
    SCOPED_TRACE("seed " + std::to_string(seed));
    constexpr std::int64_t patience_ms = 12'000;
    SimulatedWorld world(seed,
                         {.tick = 200ms, .tick_patience = std::chrono::milliseconds(patience_ms)});
    Random random(seed);
    const std::vector<std::string> hosts = {"a", "b", "c"};
    std::map<std::string, std::unique_ptr<Site>> sites;
    std::map<std::uint64_t, int> served;
    for (const auto& host : hosts) {
        auto& site = sites[host] = std::make_unique<Site>(world, host);
        site->root->provide(
            "serve " + host,
            [&served, network = site->network.get()](std::uint64_t x) -> Task<std::uint64_t> {
                ++served[x];
                co_await network->after(std::chrono::milliseconds(x % 50));
                co_return 2 * x;
            },
            {.reentrant = true});
    }
    sites["a"]->root->listen("a:1");
    sites["b"]->root->listen("b:1");
    sites["a"]->root->start();
    sites["b"]->root->join("a:1");
    sites["c"]->root->join("b:1");
    ASSERT_TRUE(sites["a"]->root->wait_for("serve c"));
    std::vector<Answer<std::uint64_t>> answers;
    int cuts = 0;
    const auto run_for_up_to = [&](std::uint64_t ms) {
        world.run_for(static_cast<std::int64_t>(random.below(ms)));
    };
    const auto request_some = [&] {
        for (std::uint64_t i = random.below(20); i > 0; --i) {
            answers.push_back(sites[hosts[random.below(3)]]->root->request<std::uint64_t>(
                Options{.timeout = 10min}, "serve " + hosts[random.below(3)],
                std::uint64_t{answers.size()}));
        }
    };
    for (int round = 0; round < 30; ++round) {
        request_some();
        run_for_up_to(100);
        if (random.chance(50)) {
            world.network().cut("b", random.chance(50) ? "a" : "c");
        } else {
            world.network().silence(hosts[random.below(3)]);
        }
        ++cuts;
        request_some();
        run_for_up_to(patience_ms / 3);
        world.network().heal();
        request_some();
        // Until they have found each other again, or they may notice after all.
        if (random.chance(50)) run_for_up_to(100);
        world.run_for(patience_ms / 2);
    }
    ASSERT_EQ(cuts, 30);
    ASSERT_GT(answers.size(), 100u);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        std::uint64_t value = 0;
        EXPECT_EQ(code_of([&] { value = answers[i].get(); }), Code::none) << "request " << i;
        EXPECT_EQ(value, 2 * i);
        EXPECT_EQ(served[i], 1) << "request " << i;
    }
    for (const auto& [host, site] : sites) {
        EXPECT_FALSE(site->has(Event::Kind::lost)) << host;
    }
    for (auto host = hosts.rbegin(); host != hosts.rend(); ++host) sites[*host].reset();
}

INSTANTIATE_TEST_SUITE_P(Seeds, Cuts, testing::Range(std::uint64_t{1}, std::uint64_t{41}));

// Processes fail at random moments, connections break, come back; services move and are replaced.
// Each request ends once, with the right answer or with a defined error, and in the end everything
// can be reached again.
class Failures : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Failures, NoRequestIsSilent) {
    const std::uint64_t seed = GetParam();
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimulatedWorld world(seed, {.tick = 200ms, .tick_patience = 1'000ms});
    Random random(seed);
    const std::vector<std::string> hosts = {"a", "b", "c", "d"};
    struct Host {
        std::unique_ptr<Site> site;
        std::vector<Answer<std::uint64_t>> answers;
        std::vector<std::uint64_t> expected;
    };
    std::map<std::string, Host> sites;
    const auto begin = [&](const std::string& host) {
        auto site = std::make_unique<Site>(world, host);
        site->root->provide("double", [](std::uint64_t x) { return 2 * x; });
        site->root->provide(
            "later",
            [network = site->network.get()](std::uint64_t x) -> Task<std::uint64_t> {
                co_await network->after(std::chrono::milliseconds(x % 300));
                co_return 2 * x;
            },
            {.reentrant = host != "b"});
        if (host == "a") {
            site->root->listen("a:1");
            site->root->start(1ms);
        } else {
            if (host == "b") site->root->listen("b:1");
            site->root->join(host == "c" ? "b:1" : "a:1");
        }
        sites[host].site = std::move(site);
    };
    std::map<Code, int> ends;
    const auto collect = [&](Host& host) {
        for (std::size_t i = 0; i < host.answers.size(); ++i) {
            std::uint64_t value = 0;
            const Code code = code_of([&] { value = host.answers[i].get(); });
            ++ends[code];
            if (code == Code::none) {
                EXPECT_EQ(value, host.expected[i]);
            }
        }
        host.answers.clear();
        host.expected.clear();
    };
    for (const auto& host : hosts) begin(host);
    for (int action = 0; action < 150; ++action) {
        const std::string& host = hosts[random.below(hosts.size())];
        Site* site = sites[host].site.get();
        switch (random.below(12)) {
            case 0:
                if (site == nullptr || host == "a") break;
                if (random.chance(50)) world.kill(host);
                collect(sites[host]);
                sites[host].site.reset();
                world.kill(host);
                break;
            case 1:
                world.network().cut(host, hosts[random.below(hosts.size())]);
                break;
            case 2:
                world.network().silence(host);
                break;
            case 3:
                world.network().heal();
                break;
            case 4:
                if (site == nullptr) begin(host);
                break;
            case 5:
                if (site == nullptr) break;
                site->root->provide("double", [](std::uint64_t x) { return 2 * x; });
                break;
            case 6:
                if (site == nullptr) break;
                site->root->withdraw("double");
                break;
            case 7:
                world.run_for(static_cast<std::int64_t>(random.below(1'500)));
                break;
            default:
                if (site == nullptr) break;
                for (int i = 0; i < 5; ++i) {
                    const std::uint64_t x = random.below(1'000);
                    sites[host].answers.push_back(site->root->request<std::uint64_t>(
                        Options{.timeout = 5s}, random.chance(50) ? "double" : "later", x));
                    sites[host].expected.push_back(2 * x);
                }
                world.run_for(static_cast<std::int64_t>(random.below(50)));
        }
    }
    world.network().heal();
    for (const auto& host : hosts) {
        if (!sites[host].site) begin(host);
    }
    for (auto& [host, each] : sites) collect(each);
    for (const auto& from : hosts) {
        for (const auto& to : hosts) {
            EXPECT_TRUE(world.run_until(
                [&] {
                    return code_of([&] {
                               sites[from].site->root->call<std::string>("at " + to);
                           }) == Code::none;
                },
                60'000))
                << from << " to " << to;
        }
    }
    EXPECT_GT(ends[Code::none], 0);
    for (const auto& [code, count] : ends) {
        const std::set<Code> defined = {Code::none, Code::lost, Code::timed_out,
                                        Code::unknown_service, Code::not_started};
        EXPECT_TRUE(defined.contains(code)) << to_string(code) << ": " << count;
    }
    for (auto host = hosts.rbegin(); host != hosts.rend(); ++host) sites[*host].site.reset();
}

INSTANTIATE_TEST_SUITE_P(Seeds, Failures, testing::Range(std::uint64_t{1}, std::uint64_t{61}));

}  // namespace
}  // namespace reowolf::service
