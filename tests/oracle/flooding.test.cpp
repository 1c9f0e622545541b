// SPDX-License-Identifier: MIT
// Who puts without end for another site: what is held for that has a bound, here and there, and
// nobody else is worse off.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

using Lines = std::vector<std::string>;

constexpr std::int64_t patience_ms = 60'000;
constexpr std::size_t amy = 0;
constexpr std::size_t bob = 1;
constexpr auto too_much = "out of memory: more than 16777216 bytes for one sync block";
constexpr std::size_t held_max = 16u << 20;
constexpr std::uint64_t numbers_at_once = held_max / 200;  // at most, within the bound

// At once almost, and so slowly that most waits.
constexpr post::DelayRange short_line{.min_ms = 1, .max_ms = 1};
constexpr post::DelayRange long_line{.min_ms = 200, .max_ms = 200};

Limits small(std::size_t block_bytes_max = held_max) {
    Limits limits;
    limits.block_bytes_max = block_bytes_max;
    limits.message_value_bytes_max = 1u << 16;
    return limits;
}

struct Case {
    std::string what;
    std::string put;
    std::string before;
    std::uint64_t messages_max = numbers_at_once;
};
const std::vector<Case> cases{
    {"numbers", "put(to, 1);", ""},
    {"a text that is shared", "put(texts, text);",
     R"(string text = "a"; for (auto i in 0..15) text @= text;)", 140},
    {"numbers of several behaviours", "fork put(to, 1); or { put(to, 2); assert(false); }", ""},
};

std::vector<std::string> texts(std::string_view greedy, std::string_view takers) {
    std::vector<std::string> both;
    for (const char* const self : {"amy", "bob"}) {
        both.push_back(fmt::format(R"(self {};
connector floods {{
    peer amy = "amy:1" {{ in<u32> give; }}
    peer bob = "bob:1" {{ out<u32> take; }}
    channel a -> b;
    channel c -> d;
    new greedy(a, c) at amy;
    new taker(b) at bob;
    new reader(d) at bob;
    new pass(amy.give, bob.take) at bob;
}}
primitive greedy(out<u32> to, out<string> texts) {{ {} }}
{}
primitive pass(in<u32> a, out<u32> b) {{ while (true) sync put(b, get(a)); }}
)",
                                   self, greedy, takers));
    }
    return both;
}

constexpr std::string_view takes_one = R"(
primitive taker(in<u32> from) { sync { u32 n = get(from); print("got ", n); } }
primitive reader(in<string> from) { sync { string text = get(from); print("got ", text); } })";

class Flood {
  public:
    Flood(const std::vector<std::string>& both, post::DelayRange delays,
          const Limits& limits = small())
        : cluster(both, 1, delays, limits) {
        EXPECT_FALSE(cluster.problem()) << *cluster.problem();
    }
    Lines reports(std::size_t site) const {
        Lines all;
        for (const runtime::Report& each : cluster.reports(site)) all.push_back(each.message);
        return all;
    }
    Lines lines(std::size_t site) const {
        Lines all;
        for (const simulation::Committed& each : cluster.committed()) {
            if (each.site == site) all.insert(all.end(), each.lines.begin(), each.lines.end());
        }
        return all;
    }
    const runtime::Runtime& runtime(std::size_t site) const {
        return cluster.member(site).runtime();
    }
    // A round of both applications, through bob's component.
    bool passes(std::uint64_t number) {
        cluster.sync(amy, {cluster.put(amy, "give", number)}, patience_ms);
        cluster.sync(bob, {cluster.get(bob, "take")}, patience_ms);
        cluster.run_until([&] { return !cluster.is_syncing(amy) && !cluster.is_syncing(bob); },
                          patience_ms);
        return cluster.calls(amy).back().has_succeeded() && cluster.received(bob, "take") == number;
    }

    simulation::Cluster cluster;
};

TEST(Flooding, WhoNeverComesToTheEndOfItsBlockFailsAlone) {
    for (const Case& each : cases) {
        for (const auto& [line, sent_max] :
             {std::pair(short_line, each.messages_max), {long_line, each.messages_max / 3 + 20}}) {
            SCOPED_TRACE(fmt::format("{}, {} ms", each.what, line.min_ms));
            Flood flood(texts(fmt::format("{} sync while (true) {{ {} }}", each.before, each.put),
                              takes_one),
                        line);
            ASSERT_TRUE(flood.cluster.connect_all());
            ASSERT_TRUE(
                flood.cluster.run_until([&] { return !flood.reports(amy).empty(); }, patience_ms));
            EXPECT_EQ(flood.reports(amy), Lines{too_much});
            flood.cluster.run_for(patience_ms);
            EXPECT_EQ(flood.reports(amy), Lines{too_much});
            EXPECT_EQ(flood.reports(bob), Lines{});
            EXPECT_EQ(flood.lines(bob), Lines{});
            // What waited when the attempt was over has never been sent.
            EXPECT_LT(flood.runtime(bob).messages_received(), sent_max + 50);
            EXPECT_EQ(
                flood.runtime(amy).messages_sent() + flood.runtime(bob).messages_sent(),
                flood.runtime(amy).messages_received() + flood.runtime(bob).messages_received());
            EXPECT_TRUE(flood.passes(5));
        }
    }
}

// Only the behaviour that puts too much is given up, and all of what it has put.
TEST(Flooding, AnotherAlternativeHappens) {
    for (const auto line : {short_line, long_line}) {
        Flood flood(
            texts(R"(sync fork { while (true) put(to, 1); } or { put(to, 2); })", takes_one), line);
        ASSERT_TRUE(flood.cluster.connect_all());
        flood.cluster.run_for(patience_ms);
        EXPECT_EQ(flood.reports(amy), Lines{});
        EXPECT_EQ(flood.lines(bob), Lines{"got  2"});
        EXPECT_LT(flood.runtime(bob).messages_received(), numbers_at_once + 50);
        EXPECT_TRUE(flood.passes(5));
    }
}

// Who waits in vain is told so, which hangs on how many messages are thought to be under way.
TEST(Flooding, AnImpossibleRoundIsFoundAfterwards) {
    Flood flood(texts("sync while (true) put(to, 1);", takes_one), long_line);
    ASSERT_TRUE(flood.cluster.connect_all());
    flood.cluster.sync(amy, {flood.cluster.put(amy, "give", 1)}, patience_ms);
    flood.cluster.sync(bob, {}, patience_ms);
    flood.cluster.run_until([&] { return !flood.cluster.is_syncing(amy); }, patience_ms);
    EXPECT_TRUE(flood.cluster.calls(amy).back().has_failed_with(connector::Fault::unsatisfiable));
    EXPECT_LT(flood.cluster.now_ms(), patience_ms / 2);
}

// What is taken back, or over, does not count any more where it had come to.
TEST(Flooding, MuchThatIsTakenBackIsNoDeviation) {
    constexpr std::size_t sent_max = 1u << 20;
    constexpr std::size_t received_max = 4u << 20;
    constexpr int alternatives = 32;  // of about 230 KB each
    std::string much = "string text = \"a\"; for (auto i in 0..11) text @= text; ";
    much += "for (u32 i in 0..5) sync { fork ";
    for (int i = 0; i < alternatives; ++i) {
        much += "{ for (auto j in 0..100) put(texts, text); assert(false); } or ";
    }
    much += R"({ for (auto j in 0..100) put(texts, text); put(texts, "last"); } })";
    constexpr std::string_view takes_all = R"(
primitive taker(in<u32> from) { sync { u32 n = get(from); print("got ", n); } }
primitive reader(in<string> from) {
    while (true) sync {
        u32 sum = 0;
        for (auto j in 0..100) sum += length(get(from));
        print(sum, get(from));
    }
})";
    Flood flood(texts(much, takes_all), short_line, small(sent_max));
    flood.cluster.set_limits(bob, small(received_max));  // it needs a behaviour for each message
    ASSERT_TRUE(flood.cluster.connect_all());
    flood.cluster.run_for(patience_ms);
    EXPECT_EQ(flood.reports(amy), Lines{});
    EXPECT_EQ(flood.lines(bob), Lines(5, "204800 last"));
    EXPECT_TRUE(flood.passes(5));
}

// Who has no bound of its own, or another one, deviates.
TEST(Flooding, WhoOffersTooMuchIsCutOff) {
    constexpr std::size_t received_max = 1u << 20;
    for (const std::string_view much : {"sync for (auto i in 0..10000) put(to, 1);",
                                        R"(string text = "a"; for (auto i in 0..11) text @= text;
             sync for (auto i in 0..1000) put(texts, text);)"}) {
        SCOPED_TRACE(much);
        Flood flood(texts(much, takes_one), short_line);
        flood.cluster.set_limits(bob, small(received_max));
        ASSERT_TRUE(flood.cluster.connect_all());
        const connector::Member& receiver = flood.cluster.member(bob);
        flood.cluster.run_until([&] { return receiver.loss().has_value(); }, patience_ms);
        const auto loss = receiver.loss();
        ASSERT_TRUE(loss);
        EXPECT_EQ(loss->fault, connector::Fault::deviated);
        EXPECT_TRUE(loss->text.contains("more in one sync block than one may hold")) << loss->text;
        EXPECT_EQ(flood.reports(amy), Lines{});
    }
}

// What is published is explored once more when the step is left, and not sent again.
TEST(Flooding, WhatWasSaidAlreadyHoldsNobodyUp) {
    Limits limits = small();
    limits.gathered_bytes_max = 1;
    Flood flood(texts("", takes_one), short_line, limits);
    ASSERT_TRUE(flood.cluster.connect_all());
    EXPECT_TRUE(flood.passes(1));
    EXPECT_TRUE(flood.passes(2));
    flood.cluster.sync(amy, {flood.cluster.put(amy, "give", 3)}, 500);
    ASSERT_TRUE(flood.cluster.run_until([&] { return !flood.cluster.is_syncing(amy); }, 5'000));
    EXPECT_FALSE(flood.cluster.calls(amy).back().has_succeeded());
    EXPECT_TRUE(flood.passes(4));
}

}  // namespace
}  // namespace reowolf::oracle
