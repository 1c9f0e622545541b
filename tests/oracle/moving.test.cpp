// SPDX-License-Identifier: MIT
// Ends of a channel that go around among simulated sites while it is used: whatever the delays,
// what is put at one end arrives at the other, in order and once, wherever the two are. Sites may
// fall out: then everything may come to a stop, but nothing wrong arrives.
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "options.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

constexpr std::uint64_t seeds_usual = 150;
constexpr std::size_t values_wanted = 40;

// Who holds the out end puts the next numbers and hands it on; who holds the in end prints what it
// gets and hands it on.
constexpr std::string_view definitions = R"(
struct Held { u32 next, out<u32> end }
primitive idle(in<bool> go) { while (true) sync get(go); }
comp first(out<Held> outs, out<in<u32>> ins) {
    channel<u32> o -> i;
    sync { put(ins, i); put(outs, Held{ next: 0, end: o }); }
}
primitive giver(in<Held> from, out<Held> to, u32 count) {
    while (true) {
        u32 next = 0;
        out<u32>[] ends = {};
        sync { auto held = get(from); next = held.next; ends = {held.end}; }
        for (auto i in 0..count) { sync put(ends[0], next); next += 1; }
        sync put(to, Held{ next: next, end: ends[0] });
    }
}
primitive taker(in<in<u32>> from, out<in<u32>> to, u32 count) {
    while (true) {
        in<u32>[] ends = {};
        sync ends = {get(from)};
        for (auto i in 0..count) sync print(get(ends[0]));
        sync put(to, ends[0]);
    }
}
primitive merge_outs(in<Held> a, in<Held> b, out<Held> c) {
    while (true) sync { fork put(c, get(a)); or put(c, get(b)); }
}
primitive merge_ins(in<in<u32>> a, in<in<u32>> b, out<in<u32>> c) {
    while (true) sync { fork put(c, get(a)); or put(c, get(b)); }
}
)";

std::vector<std::string> descriptions(std::size_t sites, Random& random) {
    std::string text = "connector c {\n";
    for (std::size_t site = 0; site < sites; ++site) {
        text += fmt::format("peer s{0} = \"s{0}:7000\" {{ in<bool> go{0}; }}\n", site);
    }
    const std::size_t step = 1 + random.below(sites - 1);
    for (std::size_t site = 0; site < sites; ++site) {
        text += fmt::format("channel<Held> p{0} -> q{0}; channel<in<u32>> g{0} -> h{0};\n", site);
        text += fmt::format("new idle(s{0}.go{0}) at s{0};\n", site);
    }
    const auto at = [&] { return random.below(sites); };
    text += "channel<Held> po -> pi; channel<in<u32>> go -> gi;\n";
    text += "channel<Held> pm -> pn; channel<in<u32>> gm -> gn;\n";
    text += fmt::format("new first(po, go) at s{};\n", at());
    // Into the rings at the first site.
    text += fmt::format("new merge_outs(pi, q0, pm) at s{}; new merge_ins(gi, h0, gm) at s{};\n",
                        at(), at());
    for (std::size_t site = 0; site < sites; ++site) {
        const std::string from = site == 0 ? "pn" : fmt::format("q{}", site);
        const std::string ends = site == 0 ? "gn" : fmt::format("h{}", site);
        text += fmt::format("new giver({}, p{}, {}) at s{};\n", from, (site + 1) % sites,
                            1 + random.below(3), site);
        text += fmt::format("new taker({}, g{}, {}) at s{};\n", ends, (site + 1) % sites,
                            1 + random.below(3), (site * step) % sites);
    }
    text += "}\n";
    std::vector<std::string> all;
    for (std::size_t self = 0; self < sites; ++self) {
        all.push_back(fmt::format("self s{};\n{}{}", self, text, definitions));
    }
    return all;
}

class Journey {
  public:
    Journey(std::uint64_t seed, bool with_fault)
        : random_(seed ^ 0x3E0F),
          sites_(2 + random_.below(3)),
          with_fault_(with_fault),
          cluster_(descriptions(sites_, random_), seed,
                   {.min_ms = 1, .max_ms = 3 + static_cast<std::int64_t>(random_.below(20))}) {
        for (std::size_t site = 0; site < sites_; ++site) {
            cluster_.set_class(site, connector::Class::logical);
        }
    }

    std::optional<std::string> run() {
        if (cluster_.problem()) return cluster_.problem();
        if (!cluster_.connect_all()) return "not connected";
        const auto fault_after = 1 + random_.below(values_wanted);
        const std::int64_t begin_ms = cluster_.now_ms();
        while (values().size() < values_wanted && cluster_.now_ms() - begin_ms < 60'000) {
            if (with_fault_ && !is_broken_ && values().size() >= fault_after) {
                is_broken_ = true;
                cluster_.kill(random_.below(sites_));
            }
            cluster_.run_for(5);
        }
        if (auto problem = cluster_.check_agreement()) return problem;
        const auto all = values();
        count_ = all.size();
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i] != std::to_string(i)) return fmt::format("{} where {} is due", all[i], i);
        }
        if (!with_fault_ && all.size() < values_wanted) {
            std::string text = fmt::format("only {} values arrive", all.size());
            for (std::size_t site = 0; site < sites_; ++site) {
                for (const auto& note : cluster_.member(site).runtime().explain()) {
                    text += fmt::format("\n{}: {}", site, note.text);
                }
            }
            return text;
        }
        for (std::size_t site = 0; site < sites_ && !with_fault_; ++site) {
            if (!cluster_.reports(site).empty()) return cluster_.reports(site)[0].message;
        }
        return std::nullopt;
    }
    std::size_t count() const { return count_; }

  private:
    std::vector<std::string> values() const {
        std::vector<std::string> all;
        for (const simulation::Committed& round : cluster_.committed()) {
            all.insert(all.end(), round.lines.begin(), round.lines.end());
        }
        return all;
    }

    Random random_;
    std::size_t sites_;
    bool with_fault_;
    bool is_broken_ = false;
    simulation::Cluster cluster_;
    std::size_t count_ = 0;
};

void run_all(bool with_fault) {
    const Options options;
    const std::uint64_t seeds = Options::seeds(seeds_usual);
    std::size_t count = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        Journey journey(seed, with_fault);
        const auto problem = journey.run();
        ASSERT_FALSE(problem) << "seed " << seed << ": " << *problem;
        count += journey.count();
    }
    fmt::print("{} runs: {} values arrived\n", seeds, count);
}

TEST(Moving, WhatIsPutArrivesWhereverTheEndsAre) {
    run_all(false);
}
// In this one an end comes back to a site, and goes on from there, before that site knows that the
// round has happened in which it gave it away.
TEST(Moving, AnEndComesBackBeforeItIsKnownToHaveLeft) {
    const auto problem = Journey(1'795'818'867'951, false).run();
    EXPECT_FALSE(problem) << *problem;
}
// The news of where the end is, and that who gave it away is gone, take different ways.
TEST(Moving, WhoHasHandedAnEndOnMayLeave) {
    constexpr std::string_view chain = R"(
connector c {
    peer maker = "s0:7000" { in<bool> go0; }
    peer hander = "s1:7000" { in<bool> go1; }
    peer giver = "s2:7000" { in<bool> go2; }
    channel<out<u32>> a -> b;
    channel<out<u32>> c -> d;
    new idle(maker.go0) at maker;
    new idle(hander.go1) at hander;
    new idle(giver.go2) at giver;
    new make(a) at maker;
    new hand(b, c) at hander;
    new give(d) at giver;
}
primitive idle(in<bool> go) { while (true) sync get(go); }
primitive take(in<u32> from) { while (true) sync print(get(from)); }
comp make(out<out<u32>> to) {
    channel<u32> o -> i;
    sync put(to, o);
    new take(i);
}
primitive hand(in<out<u32>> from, out<out<u32>> to) {
    out<u32>[] ends = {};
    sync ends = {get(from)};
    sync put(to, ends[0]);
}
primitive give(in<out<u32>> from) {
    out<u32>[] ends = {};
    sync ends = {get(from)};
    for (auto i in 0..10) sync put(ends[0], i);
}
)";
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        std::vector<std::string> texts;
        for (const auto* self : {"maker", "hander", "giver"}) {
            texts.push_back(fmt::format("self {};\n{}", self, chain));
        }
        simulation::Cluster cluster(texts, seed, {.min_ms = 1, .max_ms = 40});
        ASSERT_FALSE(cluster.problem()) << *cluster.problem();
        for (std::size_t site = 0; site < texts.size(); ++site) {
            cluster.set_class(site, connector::Class::logical);
        }
        ASSERT_TRUE(cluster.connect_all());
        const auto rounds_of_hander = [&] {
            return std::ranges::count(cluster.committed(), 1u, &simulation::Committed::site);
        };
        ASSERT_TRUE(cluster.run_until([&] { return rounds_of_hander() == 2; }, 10'000));
        cluster.leave(1);
        cluster.run_for(10'000);
        std::size_t arrived = 0;
        for (const simulation::Committed& round : cluster.committed())
            arrived += round.lines.size();
        EXPECT_EQ(arrived, 10u) << "seed " << seed;
    }
}

TEST(Moving, NothingWrongArrivesWhenSitesFallOut) {
    run_all(true);
}

}  // namespace
}  // namespace reowolf::oracle
