// SPDX-License-Identifier: MIT
// All peers of a connector in one thread, over a simulated network with virtual time. Repeatable
// from its seed. Everything that the peers are told is kept, also of those that were killed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "connector/description.hpp"
#include "connector/handshake.hpp"
#include "connector/member.hpp"
#include "post/simulated.hpp"
#include "workers/simulated.hpp"

namespace reowolf::simulation {

// What a peer was told of a round, in the order of the whole cluster.
struct Committed {
    std::size_t site = 0;
    wire::Decision decision;
    std::vector<std::string> lines;  // printed by this peer's components in it
};

// A call of sync().
struct Call {
    std::int64_t began_ms = 0;
    std::int64_t timeout_ms = 0;
    std::int64_t ended_ms = 0;
    std::optional<std::expected<connector::Outcome, connector::Failure>> result;

    bool has_succeeded() const { return result && *result; }
    bool has_failed_with(connector::Fault fault) const {
        return result && !*result && result->error().fault == fault;
    }
};

// What a peer was told of what takes long.
struct Told {
    connector::Progress::Kind kind = connector::Progress::Kind::connecting;
    std::string peer;
    std::string text;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
};

class Cluster {
  public:
    // One description for each peer, in their order; each peer's host is that of its address.
    Cluster(const std::vector<std::string>& texts, std::uint64_t seed, post::DelayRange delays,
            const Limits& limits = {});
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    // Why some description is none.
    const std::optional<std::string>& problem() const { return problem_; }

    // ---- Connecting.
    void connect(std::size_t site, std::int64_t timeout_ms);
    bool is_connected(std::size_t site) const { return sites_[site].member != nullptr; }
    const std::optional<connector::Failure>& connect_failure(std::size_t site) const {
        return sites_[site].connect_failure;
    }
    // Connects every peer and runs until all are; false if that fails.
    bool connect_all();
    // Before connecting: what takes long is told from then on.
    void watch_progress() { watches_progress_ = true; }
    const std::vector<Told>& told(std::size_t site) const { return sites_[site].told; }
    // Before connecting; real-time otherwise.
    void set_class(std::size_t site, connector::Class connector_class) {
        sites_[site].connector_class = connector_class;
    }

    // Before connecting: of one peer, for its rounds.
    void set_limits(std::size_t site, const Limits& limits) { sites_[site].limits = limits; }

    // Before connecting: components of a peer that compute for long are run by workers, who come
    // and go as its seed says.
    void employ_workers(std::size_t site) {
        sites_[site].workers = std::make_unique<workers::Simulated>(seed_ + site);
    }

    // ---- Rounds of the applications. A peer has one call at a time.
    connector::Prepared put(std::size_t site, std::string_view port, std::uint64_t value) const;
    connector::Prepared offer(std::size_t site, std::string_view port, std::uint64_t value) const;
    connector::Prepared get(std::size_t site, std::string_view port) const;
    connector::Prepared opt(std::size_t site, std::string_view port) const;
    void sync(std::size_t site, std::vector<connector::Prepared> prepared, std::int64_t timeout_ms);
    bool is_syncing(std::size_t site) const;
    // What the last successful call got from the port.
    std::optional<std::uint64_t> received(std::size_t site, std::string_view port) const;

    // ---- Time.
    bool step() { return loop_.step(); }
    bool run_until_idle(std::uint64_t steps_max) { return loop_.run_until_idle(steps_max); }
    // False if that much time has passed, or nothing is left to run, before it holds.
    bool run_until(const std::function<bool()>& holds, std::int64_t time_max_ms);
    void run_for(std::int64_t time_ms) { loop_.run_for(time_ms); }
    std::int64_t now_ms() const { return loop_.now_ms(); }

    // ---- Faults.
    void kill(std::size_t site);
    // In order, with no call under way: what is left to be told is told, then the process ends.
    void leave(std::size_t site);
    // A new process of a peer that was killed; it is not connected.
    void restart(std::size_t site);
    void cut(std::size_t site, std::size_t other);
    void isolate(std::size_t site);
    void silence(std::size_t site);
    void heal();

    // ---- What happened.
    std::size_t size() const { return sites_.size(); }
    bool is_alive(std::size_t site) const { return sites_[site].is_alive; }
    bool has_left(std::size_t site) const { return sites_[site].has_left; }
    const std::vector<Committed>& committed() const { return committed_; }
    const std::vector<Call>& calls(std::size_t site) const { return sites_[site].calls; }
    const std::vector<runtime::Report>& reports(std::size_t site) const {
        return sites_[site].reports;
    }
    const connector::Member& member(std::size_t site) const { return *sites_[site].member; }
    const connector::Description& description(std::size_t site) const {
        return *sites_[site].description;
    }
    post::SimulatedNetwork& network() { return network_; }

    // ---- What must hold always. What is wrong, or nothing.
    // Decisions that share an attempt are equal, and each is told to a site once.
    std::optional<std::string> check_agreement() const;
    // No call fails whose attempt is in a decision, and none succeeds whose attempt is in none.
    std::optional<std::string> check_calls() const;
    // ---- And, if nobody was lost, at rest: every decision has come to everybody in it.
    std::optional<std::string> check_complete() const;

  private:
    struct Site {
        std::string host;
        std::shared_ptr<const connector::Description> view;         // its own
        std::shared_ptr<const connector::Description> description;  // of the last protocol
        std::unique_ptr<post::Loop> loop;
        std::unique_ptr<post::Transport> transport;
        std::unique_ptr<connector::Handshake> handshake;
        std::unique_ptr<workers::Simulated> workers;
        std::unique_ptr<connector::Member> member;
        connector::Class connector_class = connector::Class::realtime;
        std::optional<Limits> limits;
        bool is_alive = true;
        bool has_left = false;
        std::optional<connector::Failure> connect_failure;
        std::vector<Call> calls;
        std::vector<runtime::Report> reports;
        std::vector<Told> told;
        std::size_t last_committed = 0;  // index into committed_
    };

    void begin_process(Site& site);
    connector::Observer observer(std::size_t site);
    connector::OnProgress on_progress(std::size_t site);
    connector::Prepared prepare(std::size_t site, std::string_view port,
                                connector::Prepared::Kind kind) const;

    Limits limits_;
    std::uint64_t seed_;
    post::SimulatedLoop loop_;
    Random chance_;
    post::SimulatedNetwork network_;
    std::vector<Site> sites_;
    std::vector<Committed> committed_;
    std::optional<std::string> problem_;
    bool watches_progress_ = false;
};

}  // namespace reowolf::simulation
