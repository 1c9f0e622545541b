// SPDX-License-Identifier: MIT
// Real-time and logical peers in one connector, over simulated sites: they come and go as they
// like, with time limits, and some fall out.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "options.hpp"
#include "simulation/cluster.hpp"

namespace reowolf::oracle {
namespace {

using connector::Class;
using connector::Prepared;

constexpr std::uint64_t seeds_usual = 150;
constexpr std::size_t peers = 4;
constexpr std::size_t taker = 3;
constexpr std::size_t calls_each = 12;
constexpr std::uint64_t values_each = 1'000;

// How the connector is described: one text for all, of a protocol that goes on for ever or one that
// ends with each round, or a view of each peer's own.
enum class Form { lasting, ending, views };

std::vector<std::string> views() {
    const std::vector<std::string_view> links = {
        "link out<u32> mine -> s3.in0; new pass(s0.give, mine);",
        "link out<u32> mine -> s3.in1; new pass(s1.give, mine);",
        "link out<u32> mine -> s3.in2; new pass(s2.give, mine);",
        "link in<u32> in1 <- s1.mine; link in<u32> in0 <- s0.mine; link in<u32> in2 <- s2.mine;\n"
        "channel x -> y; new merger(in0, in1, x); new merger(y, in2, s3.take) at s1;"};
    std::vector<std::string> all;
    for (std::size_t self = 0; self < peers; ++self) {
        std::string text = fmt::format("self s{};\nconnector view{} {{\n", self, self);
        for (std::size_t peer = 0; peer < peers; ++peer) {
            const std::string_view port = peer == taker ? "out<u32> take;" : "in<u32> give;";
            text += fmt::format("peer s{0} = \"s{0}:7000\" {{ {1} }}\n", peer,
                                peer == self ? port : "");
        }
        all.push_back(
            text + std::string(links[self]) +
            "\n}\n"
            "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n"
            "primitive merger(in<u32> a, in<u32> b, out<u32> c) {\n"
            "    while (true) sync { fork put(c, get(a)); or put(c, get(b)); }\n"
            "}\n");
    }
    return all;
}

// Three give, one takes; of what is given at a time it gets one value.
std::vector<std::string> texts(std::uint64_t at, Form form) {
    if (form == Form::views) return views();
    const std::string_view lasting =
        "    channel x -> y;\n"
        "    new merger(s0.give, s1.give, x) at s{};\n"
        "    new merger(y, s2.give, s3.take) at s{};\n"
        "}}\n"
        "primitive merger(in<u32> a, in<u32> b, out<u32> c) {{\n"
        "    while (true) sync {{ fork put(c, get(a)); or put(c, get(b)); }}\n"
        "}}\n";
    const std::string_view ending =
        "    new merger(s0.give, s1.give, s2.give, s3.take) at s{};\n"
        "}}\n"
        "primitive merger(in<u32> a, in<u32> b, in<u32> c, out<u32> d) {{\n"
        "    sync {{ fork put(d, get(a)); or put(d, get(b)); or put(d, get(c)); }}\n"
        "}}\n";
    std::vector<std::string> all;
    for (std::size_t self = 0; self < peers; ++self) {
        all.push_back(fmt::format("self s{};\n"
                                  "connector merged {{\n"
                                  "    peer s0 = \"s0:7000\" {{ in<u32> give; }}\n"
                                  "    peer s1 = \"s1:7000\" {{ in<u32> give; }}\n"
                                  "    peer s2 = \"s2:7000\" {{ in<u32> give; }}\n"
                                  "    peer s3 = \"s3:7000\" {{ out<u32> take; }}\n",
                                  self) +
                      fmt::format(fmt::runtime(form == Form::ending ? ending : lasting), at % peers,
                                  at / peers % peers));
    }
    return all;
}

class Run {
  public:
    Run(std::uint64_t seed, Form form, bool with_fault)
        : random_(seed ^ 0xC1A55),
          ends_(form == Form::ending),
          with_fault_(with_fault),
          fault_ms_(static_cast<std::int64_t>(random_.below(1'000))),
          cluster_(texts(random_.below(peers * peers), form), seed,
                   {.min_ms = 1, .max_ms = 3 + static_cast<std::int64_t>(random_.below(20))}) {
        for (std::size_t site = 0; site < peers; ++site) {
            is_logical_.push_back(random_.below(3) > 0);
            cluster_.set_class(site, is_logical_[site] ? Class::logical : Class::realtime);
        }
    }

    std::optional<std::string> run() {
        if (cluster_.problem()) return cluster_.problem();
        if (!cluster_.connect_all()) return "not connected";
        const std::int64_t begin_ms = cluster_.now_ms();
        while (begin_calls()) {
            if (with_fault_ && !is_broken_ && cluster_.now_ms() - begin_ms > fault_ms_) {
                is_broken_ = true;
                cluster_.kill(random_.below(peers));
            }
            cluster_.run_for(1);
            if (cluster_.now_ms() - begin_ms > 600'000) return "some call does not end";
        }
        // With each protocol attempts are numbered anew.
        if (!ends_) {
            if (auto problem = cluster_.check_agreement()) return problem;
        }
        if (!ends_ && !with_fault_) {
            if (auto problem = cluster_.check_calls()) return problem;
        }
        if (!with_fault_) {
            if (auto problem = check_last()) return problem;
        }
        if (ends_ && !with_fault_) {
            if (auto problem = check_expired()) return problem;
        }
        return check_values();
    }
    std::uint64_t taken() const { return taken_; }

  private:
    // False when there is nothing left to begin, and nothing goes on.
    bool begin_calls() {
        bool goes_on = false;
        for (std::size_t site = 0; site < peers; ++site) {
            if (!cluster_.is_alive(site)) continue;
            goes_on |= cluster_.is_syncing(site) || cluster_.calls(site).size() < calls_each;
            if (cluster_.is_syncing(site) || cluster_.calls(site).size() == calls_each) continue;
            if (!random_.chance(20)) continue;  // it thinks
            begin_call(site, 20 + static_cast<std::int64_t>(random_.below(300)));
        }
        return goes_on;
    }

    void begin_call(std::size_t site, std::int64_t timeout_ms) {
        std::vector<Prepared> prepared;
        const std::uint64_t value = values_each * (site + 1) + cluster_.calls(site).size();
        // Who steps may have nothing to say.
        if (is_logical_[site] || random_.below(2) == 0) {
            if (site == taker) {
                prepared.push_back(is_logical_[site] ? cluster_.opt(site, "take")
                                                     : cluster_.get(site, "take"));
            } else {
                prepared.push_back(is_logical_[site] ? cluster_.offer(site, "give", value)
                                                     : cluster_.put(site, "give", value));
            }
        }
        cluster_.sync(site, std::move(prepared), timeout_ms);
    }

    // With all there, who wants something that fits gets it: one gives, and one takes.
    std::optional<std::string> check_last() {
        const std::size_t giver = random_.below(taker);
        for (std::size_t site = 0; site < peers; ++site) {
            std::vector<Prepared> prepared;
            const std::uint64_t value = values_each * (site + 1) + cluster_.calls(site).size();
            if (site == taker) {
                prepared.push_back(is_logical_[site] ? cluster_.opt(site, "take")
                                                     : cluster_.get(site, "take"));
            } else if (site == giver) {
                prepared.push_back(is_logical_[site] ? cluster_.offer(site, "give", value)
                                                     : cluster_.put(site, "give", value));
            } else if (is_logical_[site]) {
                continue;
            }
            cluster_.sync(site, std::move(prepared), 60'000);
        }
        const auto ended = [&] {
            return !cluster_.is_syncing(giver) && !cluster_.is_syncing(taker);
        };
        const std::int64_t end_ms = cluster_.now_ms() + 120'000;
        while (!ended() && cluster_.now_ms() < end_ms) {
            step_on(giver);
            cluster_.run_for(1);
        }
        if (!ended()) return "the last round does not end";
        for (const std::size_t site : {giver, taker}) {
            const simulation::Call& last = cluster_.calls(site).back();
            if (!last.has_succeeded()) return "the last round fails: " + last.result->error().text;
        }
        return std::nullopt;
    }

    // Those who step and have nothing to say need nobody else for it: they may have done so in a
    // protocol of which they had not heard yet that it is over.
    void step_on(std::size_t giver) {
        for (std::size_t site = 0; site < taker; ++site) {
            if (is_logical_[site] || site == giver || cluster_.is_syncing(site)) continue;
            const simulation::Call& last = cluster_.calls(site).back();
            if (last.has_succeeded() && (*last.result)->is_expired) cluster_.sync(site, {}, 60'000);
        }
    }

    // A protocol ends with the round in which its component is: whoever is in that is told so.
    std::optional<std::string> check_expired() const {
        std::vector<std::vector<bool>> is_last(peers);  // of the rounds of each application
        for (const simulation::Committed& one : cluster_.committed()) {
            const auto is_own = [&](const wire::NodeRef& member) {
                return member.attempt.component.site == one.site &&
                       member.attempt.component.index == runtime::Runtime::application;
            };
            const auto is_component = [](const wire::NodeRef& member) {
                return member.attempt.component.index != runtime::Runtime::application;
            };
            if (!std::ranges::any_of(one.decision, is_own)) continue;
            is_last[one.site].push_back(std::ranges::any_of(one.decision, is_component));
        }
        for (std::size_t site = 0; site < peers; ++site) {
            auto last = is_last[site].begin();
            for (const simulation::Call& call : cluster_.calls(site)) {
                if (!call.result || !call.has_succeeded()) continue;
                if (last == is_last[site].end()) return "a round that nobody has decided";
                if (*last++ && !(*call.result)->is_expired) {
                    return fmt::format("at {} the last round of a protocol is not told as such",
                                       site);
                }
            }
        }
        return std::nullopt;
    }

    // What was taken was given in a round that succeeded, and once; and the other way round.
    std::optional<std::string> check_values() {
        std::map<std::uint64_t, int> taken;
        for (const simulation::Call& call : cluster_.calls(taker)) {
            if (!call.has_succeeded()) continue;
            for (const auto& one : (*call.result)->fired) ++taken[one.value.bits()];
        }
        taken_ = taken.size();
        for (const auto& [value, times] : taken) {
            const std::size_t site = value / values_each - 1;
            const auto& calls = cluster_.calls(site);
            const std::size_t call = value % values_each;
            if (times != 1 || site >= taker || call >= calls.size()) {
                return fmt::format("{} is taken {} times", value, times);
            }
            if (calls[call].result && !calls[call].has_succeeded() &&
                !calls[call].has_failed_with(connector::Fault::unknown_outcome)) {
                return fmt::format("{} is taken, and its giver failed: {}", value,
                                   calls[call].result->error().text);
            }
        }
        if (!cluster_.is_alive(taker)) return std::nullopt;
        const bool taker_may_not_know =
            std::ranges::any_of(cluster_.calls(taker), [](const simulation::Call& call) {
                return !call.result || call.has_failed_with(connector::Fault::unknown_outcome);
            });
        for (std::size_t site = 0; site < taker && !taker_may_not_know; ++site) {
            for (const simulation::Call& call : cluster_.calls(site)) {
                if (!call.has_succeeded()) continue;
                for (const auto& one : (*call.result)->fired) {
                    if (!taken.contains(one.value.bits())) {
                        return fmt::format("{} is given, and nobody took it", one.value.bits());
                    }
                }
            }
        }
        return std::nullopt;
    }

    Random random_;
    bool ends_;
    bool with_fault_;
    bool is_broken_ = false;
    std::int64_t fault_ms_;
    simulation::Cluster cluster_;
    std::vector<bool> is_logical_;
    std::uint64_t taken_ = 0;
};

void run_all(Form form, bool with_fault) {
    const Options options;
    const std::uint64_t seeds = Options::seeds(seeds_usual);
    std::uint64_t taken = 0;
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + seeds; ++seed) {
        Run run(seed, form, with_fault);
        const auto problem = run.run();
        ASSERT_FALSE(problem) << "seed " << seed << ": " << *problem;
        taken += run.taken();
    }
    fmt::print("{} runs: {} values taken\n", seeds, taken);
    if (seeds < 100) return;
    EXPECT_GT(taken, seeds);
}

TEST(Classes, Mixed) {
    run_all(Form::lasting, false);
}
TEST(Classes, MixedWhilePeersFallOut) {
    run_all(Form::lasting, true);
}
TEST(Classes, MixedInShortProtocols) {
    run_all(Form::ending, false);
}
TEST(Classes, MixedInShortProtocolsWhilePeersFallOut) {
    run_all(Form::ending, true);
}

TEST(Classes, MixedInLocalViews) {
    run_all(Form::views, false);
}
TEST(Classes, MixedInLocalViewsWhilePeersFallOut) {
    run_all(Form::views, true);
}

}  // namespace
}  // namespace reowolf::oracle
