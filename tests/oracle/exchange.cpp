// SPDX-License-Identifier: MIT
#include "exchange.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace reowolf::oracle {

namespace {

// With a time limit, a call ends this much later at most: silence has to be noticed, by one after
// the other, and be told.
constexpr std::int64_t lateness_max_ms = 2 * Limits{}.silence_patience_ms + 5'000;
constexpr std::int64_t usual_timeout_ms = 4'000;

std::string connector_text(Exchange kind, std::size_t peers, std::size_t at) {
    std::string text = "connector exchange {\n";
    std::string gives, takes;
    for (std::size_t i = 0; i < peers; ++i) {
        text +=
            fmt::format("    peer s{0} = \"s{0}:7000\" {{ in<u32> give; out<u32> take; }}\n", i);
        gives += fmt::format("s{}.give, ", i);
        takes += fmt::format("{}s{}.take", i > 0 ? ", " : "", i);
    }
    if (kind == Exchange::forwarders) {
        for (std::size_t i = 0; i < peers; ++i) {
            text += fmt::format("    new forward(s{}.give, s{}.take) at s{};\n", (i + 1) % peers, i,
                                (i + at) % peers);
        }
    } else {
        text += fmt::format("    new exchanger({}{}) at s{};\n", gives, takes, at);
    }
    return text + "}\n";
}

std::string component_text(Exchange kind, std::size_t peers) {
    if (kind == Exchange::forwarders) {
        return "primitive forward(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";
    }
    std::string parameters, rotate, collect;
    for (std::size_t i = 0; i < peers; ++i) parameters += fmt::format("in<u32> g{}, ", i);
    for (std::size_t i = 0; i < peers; ++i) {
        parameters += fmt::format("{}out<u32> t{}", i > 0 ? ", " : "", i);
        rotate += fmt::format("put(t{}, get(g{})); ", i, (i + 1) % peers);
        collect += fmt::format("sum = sum + get(g{}); ", i);
    }
    const std::string body =
        kind == Exchange::plain
            ? rotate
            : fmt::format(
                  "fork {{ {} }} or {{ {} }} or {{ sum = get(g0); assert(sum > 1000000); }}",
                  rotate, collect);
    return fmt::format("primitive exchanger({}) {{ u32 sum = 0; while (true) sync {{ {} }} }}\n",
                       parameters, body);
}

}  // namespace

std::vector<std::string> exchange_texts(Exchange kind, std::size_t peers, std::size_t at) {
    std::vector<std::string> texts;
    for (std::size_t self = 0; self < peers; ++self) {
        texts.push_back(fmt::format("self s{};\n", self) + connector_text(kind, peers, at) +
                        component_text(kind, peers));
    }
    return texts;
}

ExchangeRun::ExchangeRun(Exchange kind, std::size_t peers, std::uint64_t seed, bool with_fault)
    : random_(seed ^ 0xFA17),
      peers_(peers),
      with_fault_(with_fault),
      fault_ms_(static_cast<std::int64_t>(random_.below(1'500))),
      cluster_(exchange_texts(kind, peers, random_.below(peers)), seed,
               {.min_ms = 1, .max_ms = 5 + static_cast<std::int64_t>(random_.below(40))}),
      next_call_ms_(peers, 0),
      given_(peers) {}

void ExchangeRun::begin_call(std::size_t site, bool matching, std::int64_t timeout_ms) {
    Given given{1 + site + 10 * given_[site].size(), matching || !random_.chance(8)};
    std::vector<connector::Prepared> prepared{cluster_.put(site, "give", given.value)};
    if (given.takes) prepared.push_back(cluster_.get(site, "take"));
    given_[site].push_back(given);
    cluster_.sync(site, std::move(prepared), timeout_ms);
}

void ExchangeRun::begin_calls() {
    for (std::size_t site = 0; site < peers_; ++site) {
        if (!cluster_.is_alive(site) || cluster_.is_syncing(site)) continue;
        if (cluster_.calls(site).size() == calls_each_) continue;
        if (next_call_ms_[site] == 0) {  // it has just come back: the application thinks
            next_call_ms_[site] =
                cluster_.now_ms() + 1 + static_cast<std::int64_t>(random_.below(60));
        }
        if (cluster_.now_ms() < next_call_ms_[site]) continue;
        next_call_ms_[site] = 0;
        const bool impatient = random_.chance(10);
        begin_call(site, false,
                   impatient ? static_cast<std::int64_t>(random_.below(80)) : usual_timeout_ms);
    }
}

void ExchangeRun::break_something() {
    is_broken_ = true;
    const std::size_t site = random_.below(peers_);
    switch (random_.below(5)) {
        case 0:
        case 1:
            return cluster_.kill(site);
        case 2:
            return cluster_.isolate(site);
        case 3:
            return cluster_.silence(site);
        default:
            return cluster_.cut(site, (site + 1) % peers_);
    }
}

bool ExchangeRun::all_done() const {
    for (std::size_t site = 0; site < peers_; ++site) {
        if (!cluster_.is_alive(site)) continue;
        if (cluster_.is_syncing(site) || cluster_.calls(site).size() < calls_each_) return false;
    }
    return true;
}

std::optional<std::string> ExchangeRun::check_durations() const {
    for (std::size_t site = 0; site < peers_; ++site) {
        for (const simulation::Call& call : cluster_.calls(site)) {
            if (!cluster_.is_alive(site) && !call.result) continue;
            const std::int64_t end_ms = call.result ? call.ended_ms : cluster_.now_ms();
            if (end_ms - call.began_ms > call.timeout_ms + lateness_max_ms) {
                return fmt::format("a call of site {} with a limit of {} ms lasts {} ms", site,
                                   call.timeout_ms, end_ms - call.began_ms);
            }
        }
    }
    return std::nullopt;
}

// Who took something took what the next one gave in the same round.
std::optional<std::string> ExchangeRun::check_values() const {
    for (const simulation::Committed& committed : cluster_.committed()) {
        const auto call_of = [&](std::size_t site) -> std::optional<std::size_t> {
            for (const wire::NodeRef& member : committed.decision) {
                if (member.attempt.component ==
                    wire::ComponentId{static_cast<wire::SiteId>(site), 0}) {
                    return member.attempt.number - 1;
                }
            }
            return std::nullopt;
        };
        const auto call = call_of(committed.site);
        const auto next = call_of((committed.site + 1) % peers_);
        if (!call || !next) return "a round without all applications";
        const simulation::Call& own = cluster_.calls(committed.site)[*call];
        if (!own.has_succeeded()) continue;
        auto received = (*own.result)->fired;
        std::erase_if(received, [](const auto& one) { return !one.came_in; });
        if (received.size() != (given_[committed.site][*call].takes ? 1u : 0u)) {
            return "took another number of values than it asked for";
        }
        const std::uint64_t value = given_[(committed.site + 1) % peers_][*next].value;
        if (!received.empty() && received[0].value.bits() != value) {
            return fmt::format("site {} took {}, it should be {}", committed.site,
                               received[0].value.bits(), value);
        }
    }
    return std::nullopt;
}

// Whatever has failed before: with all alive, the next calls that match succeed.
std::optional<std::string> ExchangeRun::check_all_can_exchange() {
    for (std::size_t site = 0; site < peers_; ++site) begin_call(site, true, usual_timeout_ms);
    cluster_.run_until(
        [&] {
            for (std::size_t site = 0; site < peers_; ++site) {
                if (cluster_.is_syncing(site)) return false;
            }
            return true;
        },
        2 * usual_timeout_ms);
    for (std::size_t site = 0; site < peers_; ++site) {
        const simulation::Call& call = cluster_.calls(site).back();
        if (call.has_succeeded()) continue;
        return fmt::format("all are there, but site {} fails: {}", site,
                           call.result ? call.result->error().text : "it hangs");
    }
    return std::nullopt;
}

std::optional<std::string> ExchangeRun::run() {
    if (!cluster_.connect_all()) return cluster_.problem().value_or("cannot connect");
    const std::int64_t began_ms = cluster_.now_ms();
    const std::int64_t end_ms =
        began_ms + static_cast<std::int64_t>(calls_each_) * usual_timeout_ms + lateness_max_ms;
    while (!all_done() && cluster_.now_ms() < end_ms) {
        begin_calls();
        if (with_fault_ && !is_broken_ && cluster_.now_ms() - began_ms >= fault_ms_) {
            break_something();
        }
        cluster_.run_for(1);
    }
    if (auto problem = check_durations()) return problem;
    if (!all_done()) return "the applications do not come to their end";
    if (!is_broken_) {
        if (auto problem = check_all_can_exchange()) return problem;
    }
    if (auto problem = cluster_.check_agreement()) return problem;
    if (auto problem = cluster_.check_calls()) return problem;
    for (std::size_t site = 0; site < peers_; ++site) {
        for (const simulation::Call& call : cluster_.calls(site)) {
            (call.has_succeeded() ? succeeded_ : failed_) += call.result ? 1 : 0;
        }
    }
    return check_values();
}

}  // namespace reowolf::oracle
