// SPDX-License-Identifier: MIT
// Peers that end while others connect, and come again; and what is told of what takes long.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

using connector::Progress;

std::vector<std::string> three_peers() {
    std::vector<std::string> all;
    for (int self = 0; self < 3; ++self) {
        all.push_back(fmt::format(
            "self s{};\n"
            "connector passing {{\n"
            "    peer s0 = \"s0:7000\" {{ in<string> give; }}\n"
            "    peer s1 = \"s1:7000\" {{ out<string> take; }}\n"
            "    peer s2 = \"s2:7000\";\n"
            "    new pass(s0.give, s1.take) at s2;\n"
            "}}\n"
            "primitive pass(in<string> a, out<string> b) {{ while (true) sync put(b, get(a)); }}\n",
            self));
    }
    return all;
}

std::vector<simulation::Told> of_kind(const simulation::Cluster& cluster, std::size_t site,
                                      Progress::Kind kind, std::string_view peer) {
    std::vector<simulation::Told> all;
    std::ranges::copy_if(
        cluster.told(site), std::back_inserter(all),
        [&](const simulation::Told& each) { return each.kind == kind && each.peer == peer; });
    return all;
}

// Peers may come late, so one that has ended may come again; meanwhile the others know.
TEST(Connecting, APeerThatEndsMeanwhileMayComeAgain) {
    constexpr std::int64_t limit_ms = 60'000;
    simulation::Cluster cluster(three_peers(), 1, {.min_ms = 5, .max_ms = 5});
    cluster.watch_progress();
    cluster.connect(0, limit_ms);
    cluster.connect(1, limit_ms);
    cluster.run_for(500);
    auto told = of_kind(cluster, 0, Progress::Kind::connecting, "s1");
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].text, "it is there");
    EXPECT_EQ(told[0].done, 1u);
    EXPECT_EQ(told[0].total, 2u);
    told = of_kind(cluster, 0, Progress::Kind::connecting, "s2");
    ASSERT_EQ(told.size(), 1u) << "it was refused many times, and told once";
    EXPECT_EQ(told[0].done, 0u);

    cluster.kill(1);
    cluster.run_for(5'000);
    EXPECT_FALSE(cluster.connect_failure(0));
    EXPECT_GT(of_kind(cluster, 0, Progress::Kind::connecting, "s1").size(), 1u);
    EXPECT_EQ(of_kind(cluster, 0, Progress::Kind::connecting, "s1").back().done, 0u);
    cluster.restart(1);
    cluster.connect(1, limit_ms);
    cluster.connect(2, limit_ms);
    const auto all_are_connected = [&] {
        return cluster.is_connected(0) && cluster.is_connected(1) && cluster.is_connected(2);
    };
    EXPECT_TRUE(cluster.run_until(all_are_connected, 1'000));
    EXPECT_EQ(of_kind(cluster, 0, Progress::Kind::connecting, "s1").back().text, "it is there");
}

TEST(Connecting, AtTheTimeLimitEachIsNamedWithWhatHappened) {
    constexpr std::int64_t limit_ms = 10'000;
    simulation::Cluster cluster(three_peers(), 2, {.min_ms = 5, .max_ms = 5});
    cluster.connect(0, limit_ms);
    cluster.connect(1, limit_ms);
    cluster.run_for(500);
    cluster.kill(1);
    cluster.run_for(limit_ms);
    ASSERT_TRUE(cluster.connect_failure(0));
    EXPECT_EQ(cluster.connect_failure(0)->fault, connector::Fault::refused);
    const std::string& text = cluster.connect_failure(0)->text;
    EXPECT_NE(text.find("'s1' at s1:7000: "), std::string::npos) << text;
    EXPECT_NE(text.find("'s2' at s2:7000: "), std::string::npos) << text;
}

// The order of the peers in a text is its own; then they are numbered by name, everywhere alike.
TEST(Connecting, ViewsMayNamePeersInAnotherOrder) {
    constexpr const char* pass =
        "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";
    const std::vector<std::string> views = {
        fmt::format("self s0;\n"
                    "connector one {{\n"
                    "    peer s0 = \"s0:7000\" {{ in<u32> give; }}\n"
                    "    peer s1 = \"s1:7000\";\n"
                    "    link out<u32> outgoing -> s1.incoming;\n"
                    "    new pass(s0.give, outgoing);\n"
                    "}}\n{}",
                    pass),
        fmt::format("self s1;\n"
                    "connector other {{\n"
                    "    peer s1 = \"s1:7000\" {{ out<u32> take; }}\n"
                    "    peer s0 = \"s0:7000\";\n"
                    "    link in<u32> incoming <- s0.outgoing;\n"
                    "    new pass(incoming, s1.take);\n"
                    "}}\n{}",
                    pass)};
    simulation::Cluster cluster(views, 4, {.min_ms = 5, .max_ms = 5});
    ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
    for (std::size_t site = 0; site < 2; ++site) {
        EXPECT_EQ(cluster.description(site).names(), (std::vector<std::string>{"s0", "s1"}));
        EXPECT_EQ(cluster.description(site).self, site);
    }
    cluster.sync(0, {cluster.put(0, "give", 7)}, -1);
    cluster.sync(1, {cluster.get(1, "take")}, -1);
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_syncing(1); }, 60'000));
    EXPECT_EQ(cluster.received(1, "take"), 7u);
}

// A port that the body gives to nobody is closed from the beginning: nothing can ever go through
// it.
TEST(Connecting, APortThatNobodyHasIsClosed) {
    std::vector<std::string> texts;
    for (int self = 0; self < 2; ++self) {
        texts.push_back(fmt::format(
            "self s{};\n"
            "connector spare {{\n"
            "    peer s0 = \"s0:7000\" {{ in<u32> give, nothing; }}\n"
            "    peer s1 = \"s1:7000\" {{ out<u32> take; }}\n"
            "    new pass(s0.give, s1.take);\n"
            "}}\n"
            "primitive pass(in<u32> a, out<u32> b) {{ while (true) sync put(b, get(a)); }}\n",
            self));
    }
    simulation::Cluster cluster(texts, 5, {.min_ms = 5, .max_ms = 5});
    cluster.set_class(0, connector::Class::logical);
    cluster.set_class(1, connector::Class::logical);
    ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
    // At once, though the other one has not arrived and might do anything.
    cluster.sync(0, {cluster.offer(0, "nothing", 1)}, -1);
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_syncing(0); }, 60'000));
    EXPECT_TRUE(cluster.calls(0).back().has_failed_with(connector::Fault::unsatisfiable));
}

// What is large takes its time, as far as it is; both ends are told.
TEST(Connecting, LargeValuesShowHowFarTheyAre) {
    constexpr std::size_t bytes = 16u << 20;
    simulation::Cluster cluster(three_peers(), 3, {.min_ms = 50, .max_ms = 50});
    cluster.watch_progress();
    ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
    connector::Prepared put = cluster.put(0, "give", 0);
    put.value = machine::Value::text(std::string(bytes, 'x'));
    cluster.sync(0, {std::move(put)}, -1);
    cluster.sync(1, {cluster.get(1, "take")}, -1);
    cluster.sync(2, {}, -1);
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_syncing(1); }, 60'000));
    EXPECT_TRUE(cluster.calls(1).back().has_succeeded());
    for (const auto& told : {of_kind(cluster, 0, Progress::Kind::sending, "s2"),
                             of_kind(cluster, 2, Progress::Kind::receiving, "s0"),
                             of_kind(cluster, 2, Progress::Kind::sending, "s1"),
                             of_kind(cluster, 1, Progress::Kind::receiving, "s2")}) {
        ASSERT_GT(told.size(), 2u);
        for (const simulation::Told& each : told) {
            EXPECT_GE(each.total, bytes);
            EXPECT_LT(each.total, bytes + 4096);
        }
        EXPECT_TRUE(std::ranges::is_sorted(told, {}, &simulation::Told::done));
        EXPECT_LT(told.front().done, told.back().done);
    }
}

}  // namespace
}  // namespace reowolf::oracle
