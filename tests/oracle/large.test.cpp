// SPDX-License-Identifier: MIT
// Values that are so large that they stay where they have come to, over simulated sites.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::int64_t patience_ms = 120'000;
constexpr std::size_t amy = 0;
constexpr std::size_t bob = 1;

constexpr std::string_view passes = "put(b, get(a));";
// Nothing of it is published, as what it does depends on others.
constexpr std::string_view may_pass = "if (fires(a)) put(b, get(a));";

std::vector<std::string> texts(std::string_view type, std::string_view body) {
    std::vector<std::string> both;
    for (const char* const self : {"amy", "bob"}) {
        both.push_back(fmt::format(R"(self {0};
connector large {{
    peer amy = "amy:1" {{ in<{1}> give; out<{1}> take; }}
    peer bob = "bob:1" {{ in<{1}> give; out<{1}> take; }}
    new pass(amy.give, bob.take) at amy;
    new pass(bob.give, amy.take) at bob;
}}
primitive pass(in<{1}> a, out<{1}> b) {{ while (true) sync {2} }}
)",
                                   self, type, body));
    }
    return both;
}

class Large {
  public:
    Large(std::string_view type, std::uint64_t seed, std::string_view body = passes,
          post::DelayRange delays = {1, 10})
        : cluster_(texts(type, body), seed, delays) {}

    simulation::Cluster& cluster() { return cluster_; }

    void exchange(const machine::Value& from_amy, const machine::Value& from_bob,
                  std::int64_t timeout_ms = -1) {
        begin(amy, from_amy, timeout_ms);
        begin(bob, from_bob, timeout_ms);
    }
    void begin(std::size_t site, const machine::Value& given, std::int64_t timeout_ms) {
        connector::Prepared put = cluster_.put(site, "give", 0);
        put.value = given;
        cluster_.sync(site, {std::move(put), cluster_.get(site, "take")}, timeout_ms);
    }
    // Alone. How long it took; negative: it did not end.
    std::int64_t try_in_vain(std::size_t site, const machine::Value& given,
                             std::int64_t timeout_ms) {
        begin(site, given, timeout_ms);
        if (!cluster_.run_until([&] { return !cluster_.is_syncing(site); }, patience_ms)) return -1;
        const auto& call = cluster_.calls(site).back();
        EXPECT_TRUE(call.has_failed_with(connector::Fault::timed_out));
        return call.ended_ms - call.began_ms;
    }
    std::uint64_t bytes_from_amy() { return cluster_.network().traffic("amy", "bob").bytes; }
    bool finish() {
        return cluster_.run_until(
            [&] { return !cluster_.is_syncing(amy) && !cluster_.is_syncing(bob); }, patience_ms);
    }
    bool has_succeeded(std::size_t site) const {
        return cluster_.calls(site).back().has_succeeded();
    }
    bool have_succeeded() { return finish() && has_succeeded(amy) && has_succeeded(bob); }
    machine::Value taken(std::size_t site) const {
        const auto& call = cluster_.calls(site).back();
        for (const auto& fired : (*call.result)->fired) {
            if (fired.came_in) return fired.value;
        }
        return {};
    }
    std::uint64_t in_lane(std::size_t site) const {
        return cluster_.member(site).runtime().counters().rounds_in_lane;
    }

  private:
    simulation::Cluster cluster_;
};

std::string text_of(const machine::Value& value) {
    const auto bytes = value.byte_view();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string letters(std::size_t length, Random& random) {
    std::string text(length, ' ');
    for (char& each : text) each = static_cast<char>('a' + random.below(26));
    return text;
}

TEST(LargeValues, AreWhatWasGiven) {
    constexpr std::uint64_t steps = 30;
    for (const std::string_view type : {"string", "u8[]"}) {
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            SCOPED_TRACE(fmt::format("{}, seed {}", type, seed));
            Random random(seed);
            Large both(type, seed);
            ASSERT_TRUE(both.cluster().connect_all());
            // Of those that were taken some are kept, and some given away again.
            std::vector<std::pair<machine::Value, std::string>> kept;
            std::uint64_t lodged = 0;
            for (std::uint64_t step = 0; step < steps; ++step) {
                std::vector<std::pair<machine::Value, std::string>> given;
                for (int i = 0; i < 2; ++i) {
                    if (!kept.empty() && random.chance(30)) {
                        given.push_back(kept[random.below(kept.size())]);
                        continue;
                    }
                    const std::uint64_t length = random.below(random.chance(50) ? 400'000 : 80'000);
                    const std::string text = letters(length, random);
                    given.emplace_back(machine::Value::text(text), text);
                }
                both.exchange(given[amy].first, given[bob].first);
                ASSERT_TRUE(both.have_succeeded());
                for (const std::size_t site : {amy, bob}) {
                    const machine::Value& value = both.taken(site);
                    const machine::Block* const block = value.block();
                    if (block && block->is_lodged) ++lodged;
                    kept.emplace_back(value, given[site == amy ? bob : amy].second);
                    ASSERT_TRUE(text_of(value) == kept.back().second) << "step " << step;
                }
                while (kept.size() > random.below(8)) {
                    kept.erase(kept.begin() +
                               static_cast<std::ptrdiff_t>(random.below(kept.size())));
                }
            }
            for (const auto& [value, expected] : kept) EXPECT_TRUE(text_of(value) == expected);
            EXPECT_EQ(both.in_lane(amy), steps);
            EXPECT_EQ(both.in_lane(bob), steps);
            EXPECT_GT(lodged, steps / 2);
        }
    }
}

TEST(LargeValues, MayBeOnTheirWayWhenTheLineBreaks) {
    const machine::Value small = machine::Value::text("small");
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Random random(seed);
        Large both("u8[]", seed);
        ASSERT_TRUE(both.cluster().connect_all());
        for (std::uint64_t step = 0; step < 5; ++step) {
            const std::string text = letters(1'000'000, random);
            both.exchange(machine::Value::text(text), small);
            both.cluster().run_for(static_cast<std::int64_t>(random.below(20)));
            both.cluster().cut(amy, bob);
            both.cluster().heal();
            ASSERT_TRUE(both.have_succeeded());
            EXPECT_TRUE(text_of(both.taken(bob)) == text);
        }
    }
}

// As somebody may send who does not keep to the protocol.
TEST(LargeValues, ThatAreNoneAreRefused) {
    constexpr std::int64_t timeout_ms = 5'000;
    constexpr std::size_t length = 300'000;
    const machine::Value small = machine::Value::text("small");
    for (const int steps_before : {0, 1, 3}) {
        for (const std::size_t broken : {std::size_t{0}, length / 2, length - 1}) {
            SCOPED_TRACE(fmt::format("byte {}, step {}", broken, steps_before));
            Random random(1);
            Large both("string", 1);
            ASSERT_TRUE(both.cluster().connect_all());
            std::string text = letters(length, random);
            const machine::Value good = machine::Value::text(text);
            for (int step = 0; step < steps_before; ++step) {
                both.exchange(good, small);
                ASSERT_TRUE(both.have_succeeded());
            }
            text[broken] = '\xff';
            both.exchange(machine::Value::text(text), small, timeout_ms);
            ASSERT_TRUE(both.finish());
            EXPECT_FALSE(both.has_succeeded(bob));
        }
    }
}

// What a line of 50 ms takes at once are some parts of a value of 4 MB.
constexpr post::DelayRange long_line{.min_ms = 50, .max_ms = 50};
constexpr std::size_t much = 4'000'000;

TEST(LargeValues, AreNotSentWhenTheirAttemptIsOver) {
    constexpr std::uint64_t tries = 30;
    Random random(1);
    Large both("u8[]", 1, may_pass, long_line);
    ASSERT_TRUE(both.cluster().connect_all());
    const std::string text = letters(much, random);
    const machine::Value large = machine::Value::text(text);
    for (std::uint64_t i = 0; i < tries; ++i) {
        ASSERT_GE(both.try_in_vain(amy, large, 20), 0);
    }
    both.cluster().run_for(patience_ms);
    EXPECT_LT(both.bytes_from_amy(), tries * much / 5);
    both.exchange(large, machine::Value::text("small"));
    ASSERT_TRUE(both.have_succeeded());
    EXPECT_TRUE(text_of(both.taken(bob)) == text);
    EXPECT_EQ(text_of(both.taken(amy)), "small");
}

TEST(LargeValues, OfAttemptsThatAreOverDoNotHoldUpOthers) {
    constexpr std::uint64_t tries = 30;
    constexpr std::int64_t round_trip_ms = 2 * long_line.max_ms;
    Random random(1);
    Large both("u8[]", 1, may_pass, long_line);
    ASSERT_TRUE(both.cluster().connect_all());
    const machine::Value large = machine::Value::text(letters(much, random));
    const machine::Value small = machine::Value::text("small");
    for (std::uint64_t i = 0; i < tries; ++i) {
        ASSERT_GE(both.try_in_vain(amy, large, 20), 0);
    }
    const std::int64_t took_ms = both.try_in_vain(bob, small, 50);
    EXPECT_GE(took_ms, 50);
    EXPECT_LE(took_ms, 50 + 3 * round_trip_ms);
}

// Of values of any size, but over the same connector.
TEST(RoundsThatFail, LeaveLittleBehind) {
    constexpr int tries = 9'500;
    constexpr std::size_t kept_max = 5'000;
    Large both("u8[]", 1, may_pass);
    ASSERT_TRUE(both.cluster().connect_all());
    const machine::Value small = machine::Value::text("small");
    for (int i = 0; i < tries; ++i) {
        ASSERT_GE(both.try_in_vain(amy, small, 1), 0);
        ASSERT_LT(both.cluster().member(amy).runtime().behaviours_kept(), kept_max) << i;
        ASSERT_LT(both.cluster().member(bob).runtime().behaviours_kept(), kept_max) << i;
    }
    both.exchange(small, small);
    EXPECT_TRUE(both.have_succeeded());
}

}  // namespace
}  // namespace reowolf::oracle
