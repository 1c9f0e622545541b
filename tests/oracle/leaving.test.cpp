// SPDX-License-Identifier: MIT
// Peers without time limits, of whom some are killed and others leave, at any moment. Who is left
// hears of it: in the end no call is left waiting for ever.
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "exchange.hpp"
#include "options.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

using connector::Class;
using connector::Prepared;

constexpr std::uint64_t seeds_usual = 400;
constexpr std::size_t peers = 4;

// Everybody adds to what everybody sees; or everybody's is passed on to the next one.
std::vector<std::string> texts(bool adds, std::size_t at) {
    std::string ports, adders, values, forwards;
    for (std::size_t i = 0; i < peers; ++i) {
        ports +=
            fmt::format("    peer s{0} = \"s{0}:7000\" {{ in<u32> add; out<u32> value; }}\n", i);
        adders += fmt::format("s{}.add, ", i);
        values += fmt::format("{}s{}.value", i > 0 ? ", " : "", i);
        forwards += fmt::format("    new forward(s{}.add, s{}.value) at s{};\n", i, (i + 1) % peers,
                                (i + at) % peers);
    }
    const std::string body =
        adds ? fmt::format("    new count({}{{{}}}) at s{};\n", adders, values, at) : forwards;
    std::vector<std::string> all;
    for (std::size_t self = 0; self < peers; ++self) {
        all.push_back(fmt::format("self s{};\nconnector shared {{\n{}{}}}\n", self, ports, body) +
                      "primitive count(in<u32> a, in<u32> b, in<u32> c, in<u32> d,\n"
                      "                out<u32>[] values) {\n"
                      "    u32 value = 0;\n"
                      "    while (true) sync {\n"
                      "        fork value += get(a);\n"
                      "        or value += get(b);\n"
                      "        or value += get(c);\n"
                      "        or value += get(d);\n"
                      "        for (auto port in values) put(port, value);\n"
                      "    }\n"
                      "}\n"
                      "primitive forward(in<u32> a, out<u32> b) {\n"
                      "    while (true) sync put(b, get(a));\n"
                      "}\n");
    }
    return all;
}

class Play {
  public:
    Play(std::uint64_t seed, bool are_logical)
        : random_(seed ^ 0x1EAF),
          cluster_(texts(random_.chance(50), random_.below(peers)), seed,
                   {.min_ms = 1, .max_ms = 2 + static_cast<std::int64_t>(random_.below(20))}) {
        for (std::size_t site = 0; site < peers; ++site) {
            is_logical_.push_back(are_logical || random_.chance(50));
            cluster_.set_class(site, is_logical_[site] ? Class::logical : Class::realtime);
            calls_.push_back(random_.chance(50) ? 100 : 1 + random_.below(8));
        }
        for (std::uint64_t kills = random_.below(3); kills > 0; --kills) {
            kills_ms_.insert(static_cast<std::int64_t>(random_.below(400)));
        }
    }

    std::optional<std::string> run() {
        if (cluster_.problem()) return cluster_.problem();
        if (!cluster_.connect_all()) return "not connected";
        const std::int64_t begin_ms = cluster_.now_ms();
        bool is_over = false;
        while (!is_over) {
            is_over = true;
            for (std::size_t site = 0; site < peers; ++site) is_over &= !go_on(site);
            cluster_.run_for(1);
            const std::int64_t passed_ms = cluster_.now_ms() - begin_ms;
            if (const std::size_t site = random_.below(peers); kills_ms_.contains(passed_ms)) {
                if (cluster_.is_alive(site)) cluster_.kill(site);
            }
            if (passed_ms > 200'000) return "somebody waits for ever:" + who_waits();
        }
        if (auto problem = cluster_.check_agreement()) return problem;
        return std::nullopt;
    }
    std::size_t rounds() const { return cluster_.committed().size(); }

  private:
    // An application: some rounds, then it leaves; at once if there can be no more. False: it is
    // gone.
    bool go_on(std::size_t site) {
        if (!cluster_.is_alive(site) || cluster_.has_left(site)) return false;
        if (cluster_.is_syncing(site) || leaving_.contains(site)) return true;
        const auto& calls = cluster_.calls(site);
        const bool has_failed = !calls.empty() && !calls.back().has_succeeded();
        if (has_failed || calls.size() >= calls_[site]) {
            if (!has_failed && !random_.chance(20)) return true;
            leaving_.insert(site);
            cluster_.leave(site);
            return true;
        }
        if (!random_.chance(20)) return true;  // it thinks
        std::vector<Prepared> prepared;
        prepared.push_back(cluster_.opt(site, "value"));
        if (random_.chance(50)) {
            prepared.push_back(is_logical_[site] ? cluster_.offer(site, "add", 1)
                                                 : cluster_.put(site, "add", 1));
        }
        cluster_.sync(site, std::move(prepared), -1);
        return true;
    }

    std::string who_waits() const {
        std::string text;
        for (std::size_t site = 0; site < peers; ++site) {
            if (!cluster_.is_alive(site)) continue;
            text += fmt::format(" s{}{}", site, cluster_.is_syncing(site) ? " in a call" : "");
        }
        return text;
    }

    Random random_;
    simulation::Cluster cluster_;
    std::vector<std::size_t> calls_;  // of each, before it leaves
    std::vector<bool> is_logical_;
    std::set<std::int64_t> kills_ms_;
    std::set<std::size_t> leaving_;
};

void run_all(bool are_logical) {
    const Options options;
    const std::uint64_t seeds = Options::seeds(seeds_usual);
    std::uint64_t rounds = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        Play run(seed, are_logical);
        const auto problem = run.run();
        ASSERT_FALSE(problem) << "seed " << seed << ": " << *problem;
        rounds += run.rounds();
    }
    fmt::print("{} runs: {} rounds\n", seeds, rounds);
    if (seeds < 100) return;
    EXPECT_GT(rounds, seeds);
}

// Who leaves does not wait for somebody who hangs, and leaves nothing in doubt.
TEST(Leaving, IsPromptBesideAPeerThatHangs) {
    constexpr std::int64_t prompt_ms = 1'000;
    for (std::size_t leaver = 0; leaver < peers; ++leaver) {
        for (const bool adds : {true, false}) {
            simulation::Cluster cluster(texts(adds, leaver), leaver, {.min_ms = 1, .max_ms = 9});
            ASSERT_TRUE(cluster.connect_all());
            const std::size_t hanging = (leaver + 1) % peers;
            for (std::size_t site = 0; site < peers; ++site) {
                if (site != leaver) cluster.sync(site, {cluster.opt(site, "value")}, -1);
            }
            cluster.run_for(100);
            cluster.silence(hanging);
            cluster.leave(leaver);
            EXPECT_TRUE(cluster.run_until([&] { return cluster.has_left(leaver); }, prompt_ms));
            cluster.run_for(100);
            cluster.heal();
            cluster.run_for(60'000);
            for (std::size_t site = 0; site < peers; ++site) {
                if (site == leaver) continue;
                ASSERT_FALSE(cluster.is_syncing(site)) << leaver << ' ' << site << ' ' << adds;
                EXPECT_TRUE(cluster.calls(site).back().has_failed_with(connector::Fault::peer_left))
                    << cluster.calls(site).back().result->error().text;
            }
        }
    }
}

// Who could not be reached by who left hands its part over to nobody: the only other one, who was
// reached and would have been in the same step, knows that there was none.
TEST(Leaving, LeavesNothingInDoubtForWhoWasNotReached) {
    for (const std::size_t unreached : {1u, 2u}) {
        simulation::Cluster cluster(exchange_texts(Exchange::plain, 3, 0), unreached,
                                    {.min_ms = 1, .max_ms = 9});
        ASSERT_TRUE(cluster.connect_all());
        cluster.cut(0, unreached);
        cluster.leave(0);
        ASSERT_TRUE(cluster.run_until([&] { return cluster.has_left(0); }, 60'000));
        cluster.heal();
        cluster.sync(unreached, {cluster.put(unreached, "give", 1), cluster.get(unreached, "take")},
                     -1);
        cluster.run_for(120'000);
        ASSERT_FALSE(cluster.is_syncing(unreached)) << unreached;
        const simulation::Call& call = cluster.calls(unreached).back();
        EXPECT_FALSE(call.has_succeeded());
        EXPECT_FALSE(call.has_failed_with(connector::Fault::unknown_outcome))
            << call.result->error().text;
    }
}

TEST(Leaving, LeavesNobodyWaitingForEver) {
    run_all(true);
}
TEST(Leaving, LeavesNobodyWaitingForEverWhereSomeStep) {
    run_all(false);
}

}  // namespace
}  // namespace reowolf::oracle
