// SPDX-License-Identifier: MIT
#include "exchange.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace reowolf::oracle {

namespace {

// With a time limit, a call ends this much later at most: silence has to be noticed, by one after
// the other, and be told.
constexpr std::int64_t lateness_max_ms =
    2 * Limits{}.silence_patience_ms + Limits{}.association_patience_ms + 5'000;
constexpr std::int64_t usual_timeout_ms = 4'000;

std::string connector_text(Exchange kind, std::size_t peers, std::size_t at) {
    std::string text = "connector exchange {\n";
    std::string gives, takes;
    for (std::size_t i = 0; i < peers; ++i) {
        text +=
            fmt::format("    peer p{0} = \"p{0}:7000\" {{ in<u32> give; out<u32> take; }}\n", i);
        gives += fmt::format("p{}.give, ", i);
        takes += fmt::format("{}p{}.take", i > 0 ? ", " : "", i);
    }
    if (kind == Exchange::forwarders) {
        for (std::size_t i = 0; i < peers; ++i) {
            text += fmt::format("    new forward(p{}.give, p{}.take) at p{};\n", (i + 1) % peers, i,
                                (i + at) % peers);
        }
    } else {
        text += fmt::format("    new exchanger({}{}) at p{};\n", gives, takes, at);
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
        texts.push_back(fmt::format("self p{};\n", self) + connector_text(kind, peers, at) +
                        component_text(kind, peers));
    }
    return texts;
}

ExchangeRun::ExchangeRun(const Plan& plan)
    : random_(plan.seed ^ 0xFA17),
      peers_(plan.peers),
      calls_each_(plan.calls_each),
      may_be_optional_(plan.may_be_optional),
      cluster_(exchange_texts(plan.kind, plan.peers, random_.below(plan.peers)), plan.seed,
               {.min_ms = 1, .max_ms = 5 + static_cast<std::int64_t>(random_.below(40))}),
      next_call_ms_(plan.peers, 0),
      given_(plan.peers) {
    constexpr std::uint64_t last_fault_ms = 1'500;

    for (std::size_t i = 0; i < plan.faults_max; ++i) {
        faults_ms_.push_back(static_cast<std::int64_t>(random_.below(last_fault_ms)));
    }
    std::ranges::sort(faults_ms_, std::greater());
}

void ExchangeRun::begin_call(std::size_t site, bool matching, std::int64_t timeout_ms) {
    Given given{.value = 1 + site + 10 * given_[site].size(),
                .takes = matching || !random_.chance(8),
                .is_optional = may_be_optional_ && random_.chance(10)};
    std::vector<connector::Prepared> prepared{cluster_.put(site, "give", given.value)};
    if (given.takes) {
        prepared.push_back(given.is_optional ? cluster_.opt(site, "take")
                                             : cluster_.get(site, "take"));
    }
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
    const std::size_t site = random_.below(peers_);
    if (!cluster_.is_alive(site)) return;
    broken_.insert(site);
    switch (random_.below(6)) {
        case 0:
        case 1:
            return cluster_.kill(site);
        case 2:
            return cluster_.isolate(site);
        case 3:
            return cluster_.silence(site);
        case 4:  // for some time; perhaps nobody notices
            heal_ms_ = cluster_.now_ms() + static_cast<std::int64_t>(random_.below(12'000));
            return cluster_.silence(site);
        default:
            broken_.insert((site + 1) % peers_);
            return cluster_.cut(site, (site + 1) % peers_);
    }
}

void ExchangeRun::come_to_faults() {
    while (!faults_ms_.empty() && cluster_.now_ms() >= faults_ms_.back()) {
        faults_ms_.pop_back();
        break_something();
    }
    if (heal_ms_ && cluster_.now_ms() >= *heal_ms_) {
        heal_ms_.reset();
        cluster_.heal();
    }
}

// What is told of a round must never be taken back.
std::optional<std::string> ExchangeRun::check_new_rounds() {
    if (cluster_.committed().size() == rounds_checked_) return std::nullopt;
    rounds_checked_ = cluster_.committed().size();
    return cluster_.check_agreement();
}

// Those to whom nothing has happened do not disagree even about whether they know.
std::optional<std::string> ExchangeRun::check_survivors() const {
    for (const simulation::Committed& committed : cluster_.committed()) {
        if (broken_.contains(committed.site)) continue;
        for (const wire::NodeRef& member : committed.decision) {
            const std::size_t site = member.attempt.owner();
            if (member.attempt.component.index != 0 || broken_.contains(site)) continue;
            const simulation::Call& call = cluster_.calls(site)[member.attempt.number - 1];
            if (call.has_failed_with(connector::Fault::unknown_outcome)) {
                return fmt::format("site {} commits, and site {} does not know the outcome",
                                   committed.site, site);
            }
        }
    }
    return std::nullopt;
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
        const Given& given = given_[committed.site][*call];
        const bool is_enough = received.size() == 1 || given.is_optional;
        if (received.size() > 1 || (given.takes ? !is_enough : !received.empty())) {
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
    for (std::int64_t& fault_ms : faults_ms_) fault_ms += began_ms;
    while (!all_done() && cluster_.now_ms() < end_ms) {
        begin_calls();
        come_to_faults();
        cluster_.run_for(1);
        if (auto problem = check_new_rounds()) return problem;
    }
    if (auto problem = check_durations()) return problem;
    if (!all_done()) return "the applications do not come to their end";
    if (broken_.empty()) {
        if (auto problem = check_all_can_exchange()) return problem;
    }
    if (auto problem = cluster_.check_agreement()) return problem;
    if (auto problem = cluster_.check_calls()) return problem;
    if (auto problem = check_survivors()) return problem;
    for (std::size_t site = 0; site < peers_; ++site) {
        for (const simulation::Call& call : cluster_.calls(site)) {
            (call.has_succeeded() ? succeeded_ : failed_) += call.result ? 1 : 0;
        }
    }
    return check_values();
}

}  // namespace reowolf::oracle
