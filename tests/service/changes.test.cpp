// SPDX-License-Identifier: MIT
// The tree and its services change while requests flow; none is lost, none answered twice.
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <reowolf/service.hpp>

#include "gate.hpp"

namespace rs = reowolf::service;
using namespace std::chrono_literals;

namespace {

// A node that serves "work", and counts what it has served.
class Worker : public rs::Node {
  public:
    Worker(rs::Node& parent, std::atomic<std::uint64_t>& served, std::uint64_t version = 0)
        : Node(parent, "worker"), served_(&served) {
        provide_version(version);
    }
    void provide_version(std::uint64_t version) {
        provide("work", [this, version](std::uint64_t number) {
            served_->fetch_add(1);
            return number + version;
        });
    }

  private:
    std::atomic<std::uint64_t>* served_;
};

// Requests `count` times, `window` at the same time, and adds up what comes back.
rs::Task<std::uint64_t> ask(rs::Node& node, std::uint64_t count, std::size_t window) {
    rs::Function<std::uint64_t(std::uint64_t)> work(node, "work");
    std::deque<rs::Answer<std::uint64_t>> answers;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (answers.size() == window) {
            sum += co_await answers.front();
            answers.pop_front();
        }
        answers.push_back(work.request(i));
    }
    for (auto& each : answers) sum += co_await each;
    co_return sum;
}

TEST(Changes, AMillionRequestsWhileProvidersComeAndGo) {
    constexpr std::uint64_t requesters = 4, each = 250'000;
    rs::Network network({.workers = 2});
    rs::Node master(network, "master");
    rs::Node left(master, "left"), right(master, "right"), user(left, "user");
    std::atomic<std::uint64_t> served = 0;
    rs::Object<Worker> always(right, served);
    master.start();
    std::vector<rs::Answer<std::uint64_t>> sums;
    for (std::uint64_t i = 0; i < requesters; ++i)
        sums.push_back(network.spawn(ask(user, each, 64)));
    std::size_t changes = 0;
    const auto all_are_done = [&] {
        for (const auto& sum : sums) {
            if (!sum.is_ready()) return false;
        }
        return true;
    };
    while (!all_are_done()) {
        rs::Object<Worker> comes(changes % 2 == 0 ? left : right, served);
        rs::Object<Worker> goes(master, served);
        always.provide_version(0);
        user.move_to(changes % 3 == 0 ? right : left);
        right.move_to(changes % 2 == 0 ? left : master);
        right.move_to(master);
        ++changes;
        std::this_thread::yield();
    }
    for (auto& sum : sums) EXPECT_EQ(sum.get(), each * (each - 1) / 2);
    EXPECT_EQ(served, requesters * each);
    EXPECT_GT(changes, 0u);
}

TEST(Changes, OldRequestsFinishWithTheOldVersion) {
    rs::Network network({.workers = 2});
    rs::Node master(network, "master");
    master.start();
    Gate begun, gate;
    master.provide("version",
                   [&] {
                       begun.open();
                       gate.wait();
                       return 1;
                   },
                   {.thread = true, .version = "1"});
    auto serving = master.request<int>("version");
    begun.wait();
    auto waiting = master.request<int>("version");
    master.provide("version", [] { return 2; }, {.version = "2"});
    EXPECT_EQ(master.call<int>("version"), 2);
    const rs::Listing listing = network.listing();
    ASSERT_EQ(listing.services.size(), 2u);
    EXPECT_EQ(listing.services[0].version, "2");
    EXPECT_EQ(listing.services[1].version, "1");
    EXPECT_TRUE(listing.services[1].leaving);
    gate.open();
    EXPECT_EQ(serving.get(), 1);
    EXPECT_EQ(waiting.get(), 1);
}

TEST(Changes, OrderIsKeptWhereAskedFor) {
    constexpr std::uint64_t count = 20'000;
    rs::Network network({.workers = 3});
    rs::Node master(network, "master"), user(master, "user");
    master.start();
    std::vector<std::uint64_t> order;
    const auto note = [&](std::uint64_t number) { order.push_back(number); };
    rs::Node one(master, "one"), two(master, "two");
    one.provide("note", note, {.reentrant = true});
    two.provide("note", note);
    auto ordered = rs::Function<void(std::uint64_t)>::ordered(user, "note");
    std::vector<rs::Answer<void>> answers;
    for (std::uint64_t i = 0; i < count; ++i) {
        answers.push_back(ordered.request(i));
        if (i % 1'000 == 0) two.provide("note", note);
        if (i % 1'500 == 0) one.withdraw("note");
        if (i % 1'500 == 750) one.provide("note", note, {.reentrant = true});
    }
    for (auto& each : answers) each.get();
    ASSERT_EQ(order.size(), count);
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(order[i], i);
}

TEST(Changes, AnOrderedRequestWhoseTimeIsOverDoesNotHoldUpTheOthers) {
    rs::Network network({.workers = 2});
    rs::Node master(network, "master");
    master.start();
    Gate gate;
    master.provide("wait",
                   [&](bool waits) {
                       if (waits) gate.wait();
                   },
                   {.thread = true});
    auto slow = rs::Function<void(bool)>::ordered(master, "wait", {.timeout = 5ms});
    auto first = slow.request(true);
    auto second = slow.request(false);
    EXPECT_THROW(first.get(), rs::Error);
    EXPECT_THROW(second.get(), rs::Error);
    gate.open();
    rs::Function<void(bool)> patient(master, "wait");
    patient(false);
    // One gets through, however long it takes on this machine until one does so in time.
    for (bool is_served = false; !is_served;) {
        try {
            slow(false);
            is_served = true;
        } catch (const rs::Error& error) {
            ASSERT_EQ(error.code(), rs::Code::timed_out);
        }
    }
}

// Their time may be over before they stand in line.
TEST(Changes, OrderedRequestsWithoutAnyTimeDoNotHoldUpTheOthers) {
    rs::Network network({.workers = 2});
    rs::Node master(network, "master");
    master.start();
    std::atomic<std::uint64_t> sum = 0;
    master.provide("add", [&](std::uint64_t x) { return sum += x; });
    auto add = rs::Function<std::uint64_t(std::uint64_t)>::ordered(master, "add", {.timeout = 0ms});
    for (int i = 0; i < 5'000; ++i) {
        try {
            add(1);
        } catch (const rs::Error& error) {
            ASSERT_EQ(error.code(), rs::Code::timed_out);
        }
    }
}

// What a service holds may itself use the network when it is destroyed.
TEST(Changes, ServicesMayHoldFunctionsAndNodes) {
    rs::Network network({.workers = 1});
    rs::Node master(network, "master");
    master.start();
    // The old one goes when its last request has been dealt with, which may be after its answer.
    const auto wait_for_nodes = [&](std::uint64_t count) {
        while (network.listing().nodes_total != count) std::this_thread::yield();
    };
    for (int i = 0; i < 3; ++i) {
        master.provide("hold", [node = std::make_shared<rs::Node>(master, "held"),
                                function = rs::Function<void()>::ordered(master, "hold")] {});
        master.call<void>("hold");
    }
    wait_for_nodes(2);
    master.withdraw("hold");
    wait_for_nodes(1);
}

// Whoever holds the Function, and whether it has gone before.
TEST(Changes, OrderedRequestsEndWithTheirNode) {
    rs::Network network({.workers = 2});
    rs::Node master(network, "master");
    master.start();
    Gate begun, gate;
    master.provide("wait",
                   [&] {
                       begun.open();
                       gate.wait();
                   },
                   {.thread = true});
    auto user = std::make_unique<rs::Node>(master, "user");
    using Function = rs::Function<void()>;
    auto one = std::make_unique<Function>(Function::ordered(*user, "wait"));
    auto two = std::make_unique<Function>(*one);
    std::vector<rs::Answer<void>> answers;
    for (int i = 0; i < 3; ++i) answers.push_back(one->request());
    for (int i = 0; i < 3; ++i) two->post();
    ASSERT_TRUE(begun.wait());
    one.reset();
    user.reset();
    for (std::size_t i = 1; i < 3; ++i) {
        try {
            answers[i].get();
            ADD_FAILURE();
        } catch (const rs::Error& error) {
            EXPECT_EQ(error.code(), rs::Code::left);
        }
    }
    gate.open();
    answers[0].get();
}

TEST(Changes, LoadGoesWhereItIsDoneFirst) {
    rs::Network network({.workers = 2});
    rs::Node master(network, "master");
    master.start();
    std::atomic<int> quick = 0, slow = 0;
    rs::Node one(master, "one"), two(master, "two");
    one.provide("work", [&] { ++quick; }, {.thread = true});
    two.provide("work",
                [&] {
                    ++slow;
                    std::this_thread::sleep_for(1ms);
                },
                {.thread = true});
    rs::Function<void()> work(master, "work");
    for (int i = 0; i < 500; ++i) work();
    EXPECT_EQ(quick + slow, 500);
    EXPECT_GT(quick, slow);
}

TEST(Changes, NearerProvidersAreTaken) {
    rs::Network network({.workers = 1});
    rs::Node master(network, "master"), left(master, "left"), right(master, "right");
    rs::Node user(left, "user"), near(left, "near");
    master.provide("where", [] { return std::string("master"); });
    right.provide("where", [] { return std::string("right"); });
    master.start();
    near.provide("where", [] { return std::string("near"); });
    EXPECT_EQ(user.call<std::string>("where"), "near");
    EXPECT_EQ(right.call<std::string>("where"), "right");
    near.withdraw("where");
    EXPECT_NE(user.call<std::string>("where"), "near");
    near.withdraw("where");
    user.move_to(right);
    EXPECT_EQ(user.path(), "master/right/user");
    EXPECT_EQ(user.call<std::string>("where"), "right");
}

TEST(Changes, ReconfigurationsThatMakeNoSenseAreRefused) {
    rs::Network network({.workers = 1}), other({.workers = 1});
    rs::Node master(network, "master"), child(master, "child"), grandchild(child, "grandchild");
    rs::Node elsewhere(other, "elsewhere");
    EXPECT_THROW(child.move_to(grandchild), rs::Error);
    EXPECT_THROW(child.move_to(child), rs::Error);
    EXPECT_THROW(child.move_to(elsewhere), rs::Error);
    EXPECT_THROW(child.start(), rs::Error);
    EXPECT_THROW(child.provide("", [] {}), rs::Error);
    child.leave();
    EXPECT_THROW(child.provide("x", [] {}), rs::Error);
    EXPECT_THROW(child.call<void>("x"), rs::Error);
    EXPECT_THROW(rs::Node(child, "late"), rs::Error);
    master.provide("suicide", [&] { master.leave(); });
    master.start();
    EXPECT_THROW(master.call<void>("suicide"), rs::Error);
}

TEST(Changes, ChildrenThatOutliveTheirParentAreTreesOfTheirOwn) {
    rs::Network network({.workers = 1});
    auto master = std::make_unique<rs::Node>(network, "master");
    master->provide("x", [] { return 1; });
    rs::Node child(*master, "child"), grandchild(child, "grandchild");
    child.provide("y", [] { return 2; });
    master->start();
    EXPECT_EQ(grandchild.call<int>("x"), 1);
    master.reset();
    EXPECT_EQ(grandchild.call<int>("y"), 2);
    EXPECT_THROW(grandchild.call<int>("x"), rs::Error);
}

TEST(Changes, SeveralMastersInOneNetwork) {
    rs::Network network({.workers = 2});
    rs::Node red(network, "red"), blue(network, "blue"), in_red(red, "a"), in_blue(blue, "b");
    in_red.provide("colour", [] { return std::string("red"); });
    in_blue.provide("colour", [] { return std::string("blue"); });
    red.start();
    blue.start();
    EXPECT_EQ(red.call<std::string>("colour"), "red");
    EXPECT_EQ(blue.call<std::string>("colour"), "blue");
    red.move_to(blue);
    EXPECT_EQ(in_red.path(), "blue/red/a");
    EXPECT_TRUE(blue.wait_for("colour", 2));
}

TEST(Changes, AServiceIsWaitedFor) {
    rs::Network network({.workers = 1});
    rs::Node master(network, "master");
    master.start();
    EXPECT_FALSE(master.wait_for("late", 1, 1ms));
    std::thread provider([&] { master.provide("late", [] {}); });
    EXPECT_TRUE(master.wait_for("late"));
    provider.join();
}

TEST(Changes, ATreeOfAHundredThousandNodesIsUp) {
    constexpr std::size_t count = 100'000;
    rs::Network network({.workers = 1});
    const auto try_shape = [&](std::size_t fan_out) {
        std::deque<rs::Node> nodes;
        nodes.emplace_back(network, "master");
        for (std::size_t i = 1; i < count; ++i) nodes.emplace_back(nodes[(i - 1) / fan_out], "n");
        nodes.back().provide("last", [] { return 1; });
        nodes[0].start();
        EXPECT_EQ(nodes[0].call<int>("last"), 1);
        EXPECT_EQ(nodes[count / 2].call<int>("last"), 1);
        EXPECT_EQ(network.listing(10).nodes_total, count);
        while (!nodes.empty()) nodes.pop_back();
    };
    try_shape(1);
    try_shape(4);
    try_shape(count);
}

TEST(Changes, JammedProvidersAreReported) {
    rs::Network network({.workers = 2, .tick = 2ms, .tick_patience = 10ms});
    Gate jammed, recovered, gate;
    network.on_event([&](const rs::Event& event) {
        if (event.kind == rs::Event::Kind::jammed) jammed.open();
        if (event.kind == rs::Event::Kind::recovered) recovered.open();
    });
    rs::Node master(network, "master");
    master.provide("stuck", [&] { gate.wait(); }, {.thread = true});
    master.start();
    auto answer = master.request<void>("stuck");
    EXPECT_TRUE(jammed.wait());
    EXPECT_TRUE(network.listing().services.at(0).jammed);
    gate.open();
    answer.get();
    while (!recovered.wait()) {
    }
}

}  // namespace
