// SPDX-License-Identifier: MIT
// Independent regions of one connector: each is decided by one of its own sites, at its own speed.
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::int64_t delay_ms = 10;
constexpr int quick_rounds = 60;
constexpr int slow_rounds = 3;

// Two pairs of components that know nothing of each other; one of the sources is slow.
std::vector<std::string> two_regions() {
    std::vector<std::string> texts;
    for (int self = 0; self < 4; ++self) {
        std::string text = fmt::format("self p{};\nconnector regions {{\n", self);
        for (int i = 0; i < 4; ++i) {
            text += fmt::format("    peer p{0} = \"p{0}:7000\" {{ in<u32> unused; }}\n", i);
        }
        texts.push_back(text + fmt::format(R"(
    channel<u32> ao -> ai;
    channel<u32> bo -> bi;
    new source(ao, {}, 0) at p0;
    new sink(ai) at p1;
    new source(bo, {}, 4000000) at p2;
    new sink(bi) at p3;
}}
primitive source(out<u32> o, u32 rounds, u32 work) {{
    u32 i = 0;
    while (i < rounds) {{
        u32 done = 0;
        while (done < work) {{ done = done + 1; }}
        sync put(o, i);
        i = i + 1;
    }}
}}
primitive sink(in<u32> i) {{ while (true) {{ sync {{ u32 v = get(i); }} }} }}
)",
                                           quick_rounds, slow_rounds));
    }
    return texts;
}

TEST(Regions, AreDecidedByTheirOwnSitesAtTheirOwnSpeed) {
    simulation::Cluster cluster(two_regions(), 7, {.min_ms = delay_ms, .max_ms = delay_ms});
    ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
    cluster.run_for(60'000);
    // Who decides commits at once, the others when they hear of it.
    std::map<wire::Decision, std::size_t> decider;
    std::map<std::size_t, int> decided;
    int quick_before_slow = 0;
    for (const simulation::Committed& committed : cluster.committed()) {
        if (!decider.emplace(committed.decision, committed.site).second) continue;
        ++decided[committed.site];
        if (committed.site == 0 && decided[2] < slow_rounds) ++quick_before_slow;
        for (const wire::NodeRef& member : committed.decision) {
            EXPECT_EQ(member.attempt.owner() / 2, committed.site / 2) << "of the other region";
        }
    }
    EXPECT_EQ(decided[0], quick_rounds);
    EXPECT_EQ(decided[2], slow_rounds);
    EXPECT_EQ(decided.size(), 2u);
    EXPECT_GE(quick_before_slow, slow_rounds);
    EXPECT_FALSE(cluster.check_agreement());
}

// A step of the applications waits for one of them; what moves between components does not.
TEST(Regions, DoNotWaitForApplicationsThatHaveNothingToDoWithThem) {
    simulation::Cluster cluster(two_regions(), 8, {.min_ms = delay_ms, .max_ms = delay_ms});
    ASSERT_TRUE(cluster.connect_all()) << cluster.problem().value_or("");
    for (std::size_t site = 0; site < 3; ++site) cluster.sync(site, {}, 60'000);
    cluster.run_for(10'000);
    EXPECT_GE(cluster.committed().size(), 2u * quick_rounds);
    for (std::size_t site = 0; site < 3; ++site) EXPECT_TRUE(cluster.is_syncing(site));
    cluster.sync(3, {}, 60'000);
    cluster.run_for(1'000);
    for (std::size_t site = 0; site < 4; ++site) {
        ASSERT_FALSE(cluster.is_syncing(site));
        EXPECT_TRUE(cluster.calls(site).back().has_succeeded());
    }
}

}  // namespace
}  // namespace reowolf::oracle
