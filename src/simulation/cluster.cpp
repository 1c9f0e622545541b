// SPDX-License-Identifier: MIT
#include "simulation/cluster.hpp"

#include <algorithm>
#include <cassert>
#include <ranges>
#include <utility>

#include "post/lasting.hpp"

namespace reowolf::simulation {

namespace {

// Work takes time: otherwise a component that never has enough would stop the clock for all.
class WorkingLoop final : public post::Loop {
  public:
    explicit WorkingLoop(std::unique_ptr<post::Loop> process) : process_(std::move(process)) {}

    std::int64_t now_ms() const override { return process_->now_ms(); }
    post::TimerId after(std::int64_t delay_ms, std::function<void()> action) override {
        return process_->after(delay_ms > 0 ? delay_ms : work_ms(), std::move(action));
    }
    void cancel(post::TimerId timer) override { process_->cancel(timer); }
    void post(std::function<void()> action) override { after(0, std::move(action)); }

  private:
    static constexpr int pieces_per_ms = 16;

    // For what is done at once, as a callback or as a turn.
    std::int64_t work_ms() {
        if (now_ms() != moment_ms_) pieces_ = 0;
        moment_ms_ = now_ms();
        return ++pieces_ > pieces_per_ms ? 1 : 0;
    }

    std::unique_ptr<post::Loop> process_;
    std::int64_t moment_ms_ = -1;
    int pieces_ = 0;  // at this moment
};

}  // namespace

using connector::Failure;
using connector::Handshake;
using connector::Member;
using connector::Outcome;
using connector::Prepared;

Cluster::Cluster(const std::vector<std::string>& texts, std::uint64_t seed, post::DelayRange delays,
                 const Limits& limits)
    : limits_(limits),
      seed_(seed),
      loop_(seed),
      chance_(seed),
      network_(loop_, seed, delays, limits) {
    for (const std::string& text : texts) {
        auto description = connector::describe(text, limits_);
        if (!description) {
            problem_ = std::move(description.error());
            sites_.clear();
            return;
        }
        Site& site = sites_.emplace_back();
        site.view = std::move(*description);
        site.description = site.view;
        site.host = site.description->addresses[site.description->self].host;
        begin_process(site);
    }
}

// Members first: they hold connections and timers.
Cluster::~Cluster() {
    for (Site& site : sites_) {
        site.member.reset();
        site.handshake.reset();
        site.transport.reset();
    }
}

void Cluster::begin_process(Site& site) {
    site.loop = std::make_unique<WorkingLoop>(network_.loop(site.host));
    site.transport = post::make_lasting_transport(*site.loop, limits_, network_.endpoint(site.host),
                                                  {}, [this] { return chance_.next(); });
    site.is_alive = true;
}

// ---- Connecting --------------------------------------------------------------------------------

void Cluster::connect(std::size_t index, std::int64_t timeout_ms) {
    Site& site = sites_[index];
    site.handshake = std::make_unique<Handshake>(site.view, site.connector_class, *site.loop,
                                                 *site.transport, limits_);
    site.handshake->set_on_progress(on_progress(index));
    site.handshake->start(timeout_ms, [this, index](auto established) {
        Site& connecting = sites_[index];
        if (!established) {
            connecting.connect_failure = std::move(established.error());
            return;
        }
        connecting.description = established->description;
        connecting.member = std::make_unique<Member>(
            std::move(*established), *connecting.loop, connecting.limits.value_or(limits_),
            seed_ + index, observer(index), connecting.workers.get());
    });
}

bool Cluster::connect_all() {
    constexpr std::int64_t patience_ms = 60'000;

    if (problem_) return false;
    for (std::size_t i = 0; i < sites_.size(); ++i) connect(i, patience_ms);
    return run_until(
        [&] {
            return std::ranges::all_of(sites_,
                                       [](const Site& site) { return site.member != nullptr; });
        },
        patience_ms);
}

connector::OnProgress Cluster::on_progress(std::size_t index) {
    if (!watches_progress_) return nullptr;
    return [this, index](const connector::Progress& progress) {
        sites_[index].told.push_back({progress.kind, std::string(progress.peer),
                                      std::string(progress.text), progress.done, progress.total});
    };
}

connector::Observer Cluster::observer(std::size_t index) {
    return {
        .print =
            [this, index](std::string_view line) {
                committed_[sites_[index].last_committed].lines.emplace_back(line);
            },
        .committed =
            [this, index](const wire::Decision& decision) {
                sites_[index].last_committed = committed_.size();
                committed_.push_back({index, decision, {}});
            },
        .report = [this, index](
                      const runtime::Report& report) { sites_[index].reports.push_back(report); },
        .progress = on_progress(index)};
}

// ---- Rounds of the applications ----------------------------------------------------------------

Prepared Cluster::prepare(std::size_t site, std::string_view name, Prepared::Kind kind) const {
    const auto& ports = sites_[site].description->structure.ports[site];
    const auto found = std::ranges::find(ports, name, &connector::Structure::Port::name);
    assert(found != ports.end());
    return {.kind = kind,
            .port = static_cast<std::size_t>(found - ports.begin()),
            .handle = machine::PortHandle{found->channel} * 2 + (found->puts ? 0 : 1),
            .type = found->type,
            .value = {},
            .room = {}};
}

Prepared Cluster::put(std::size_t site, std::string_view port, std::uint64_t value) const {
    Prepared prepared = prepare(site, port, Prepared::Kind::put);
    prepared.value = machine::Value::scalar(value);
    return prepared;
}

Prepared Cluster::get(std::size_t site, std::string_view port) const {
    return prepare(site, port, Prepared::Kind::get);
}

Prepared Cluster::opt(std::size_t site, std::string_view port) const {
    return prepare(site, port, Prepared::Kind::opt);
}

Prepared Cluster::offer(std::size_t site, std::string_view port, std::uint64_t value) const {
    Prepared prepared = put(site, port, value);
    prepared.kind = Prepared::Kind::offer;
    return prepared;
}

void Cluster::sync(std::size_t index, std::vector<Prepared> prepared, std::int64_t timeout_ms) {
    Site& site = sites_[index];
    assert(site.member && !is_syncing(index));
    const std::size_t call = site.calls.size();
    site.calls.push_back({.began_ms = now_ms(), .timeout_ms = timeout_ms, .result = {}});
    connector::Batches batches{std::move(prepared)};
    connector::put_in_order(batches);
    site.member->sync(std::make_shared<const connector::Batches>(std::move(batches)),
                      site.member->description(), timeout_ms,
                      [this, index, call](std::expected<Outcome, Failure> result) {
                          Call& ended = sites_[index].calls[call];
                          ended.result = std::move(result);
                          ended.ended_ms = now_ms();
                      });
}

bool Cluster::is_syncing(std::size_t site) const {
    const auto& calls = sites_[site].calls;
    return !calls.empty() && !calls.back().result;
}

std::optional<std::uint64_t> Cluster::received(std::size_t site, std::string_view port) const {
    const std::size_t index = prepare(site, port, Prepared::Kind::get).port;
    for (const Call& call : sites_[site].calls | std::views::reverse) {
        if (!call.has_succeeded()) continue;
        for (const auto& one : (*call.result)->fired) {
            if (one.port == index) return one.value.bits();
        }
        return std::nullopt;
    }
    return std::nullopt;
}

// ---- Time --------------------------------------------------------------------------------------

bool Cluster::run_until(const std::function<bool()>& holds, std::int64_t time_max_ms) {
    const std::int64_t end_ms = now_ms() + time_max_ms;
    while (!holds()) {
        if (now_ms() > end_ms || !loop_.step()) return false;
    }
    return true;
}

// ---- Faults ------------------------------------------------------------------------------------

void Cluster::kill(std::size_t index) {
    Site& site = sites_[index];
    network_.kill(site.host);
    site.member.reset();
    site.handshake.reset();
    site.transport.reset();
    site.is_alive = false;
}

void Cluster::leave(std::size_t index) {
    Site& site = sites_[index];
    assert(site.member && !is_syncing(index));
    site.member->leave([this, &site] {
        site.has_left = true;
        // Not from within itself.
        loop_.post([&site] {
            site.member.reset();
            site.handshake.reset();
            site.transport.reset();
            site.is_alive = false;
        });
    });
}

void Cluster::restart(std::size_t index) {
    assert(!sites_[index].is_alive);
    begin_process(sites_[index]);
}

void Cluster::cut(std::size_t site, std::size_t other) {
    network_.cut(sites_[site].host, sites_[other].host);
}

void Cluster::isolate(std::size_t site) {
    network_.isolate(sites_[site].host);
}

void Cluster::silence(std::size_t site) {
    network_.silence(sites_[site].host);
}

void Cluster::heal() {
    network_.heal();
}

}  // namespace reowolf::simulation
