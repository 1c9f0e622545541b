// SPDX-License-Identifier: MIT
// One peer's part in an established connector: its components, its application's rounds, its
// connections. Lives on a loop, real or simulated, and does everything there.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "connector/application.hpp"
#include "connector/description.hpp"
#include "connector/failure.hpp"
#include "connector/handshake.hpp"
#include "connector/quiet.hpp"
#include "post/loop.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::connector {

// What a round of the application brought.
struct Outcome {
    bool is_expired = false;  // every component of the connector has ended
    std::vector<ApplicationBody::Received> received;
};

// What a member tells whoever made it. Called in the middle of its work.
struct Observer {
    std::function<void(std::string_view)> print = [](std::string_view) {};
    std::function<void(const wire::Decision&)> committed = [](const wire::Decision&) {};
    std::function<void(const runtime::Report&)> report = [](const runtime::Report&) {};
};

class Member final : private runtime::World {
  public:
    Member(std::shared_ptr<const Description> description, Handshake::Established established,
           post::Loop& loop, const Limits& limits, Observer observer);
    ~Member() override;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    // One round at a time. Negative: without a time limit. 0: only if it is possible at once.
    using SyncDone = std::function<void(std::expected<Outcome, Failure>)>;
    void sync(std::vector<Prepared> prepared, std::int64_t timeout_ms, SyncDone done);

    void close_port(machine::PortHandle port);

    // Leaves the connector: first delivers what others need to finish the last round. Then nothing
    // of it is left, and `done` is called, once.
    void leave(std::function<void()> done);

    const runtime::Runtime& runtime() const { return runtime_; }

  private:
    class Link;

    // runtime::World
    void print(std::string_view line) override { observer_.print(line); }
    void committed(const wire::Decision& decision) override { observer_.committed(decision); }
    void report(const runtime::Report& report) override;
    void send(wire::SiteId to, const wire::Message& message) override;
    void deviation(wire::SiteId from, const std::string& what) override;
    void application_committed(std::unique_ptr<runtime::Body> body) override;
    void application_failed(wire::Reason reason, const std::string& text) override;
    void application_in_doubt(const std::string& text) override;

    void build();
    void pump();
    void on_message(wire::SiteId from, const std::vector<std::byte>& bytes);
    void on_handshake(wire::SiteId from, const wire::Handshake& message);
    void on_rest(wire::SiteId from, const wire::Rest& rest);
    void on_closed(wire::SiteId site, const std::string& why);
    void lose(wire::SiteId site, const std::string& why);
    void on_told_lost(wire::SiteId site, const std::string& why);
    void come_to_rest();
    void complete_if_at_rest();
    void complete(std::expected<Outcome, Failure> result);
    void part_if_all_know();
    bool may_expire() const;
    std::string explanation() const;

    std::shared_ptr<const Description> description_;
    post::Loop& loop_;
    Limits limits_;
    Observer observer_;
    runtime::Runtime runtime_;
    std::vector<std::unique_ptr<Link>> links_;  // by site; null at the own place
    std::set<wire::SiteId> leaving_;            // have said Bye
    std::set<wire::SiteId> deviated_;
    std::vector<std::string> errors_;  // of components, since the last round began
    Quiet quiet_;

    // The round under way.
    SyncDone sync_done_;
    post::TimerId deadline_ = 0;
    bool tries_once_ = false;
    // After its commit: who has come to rest, and whether somebody's components live on.
    std::uint64_t steps_ = 0;
    std::optional<Outcome> committed_;
    std::map<std::uint64_t, std::map<wire::SiteId, bool>> rests_;
    bool has_told_rest_ = true;

    std::function<void()> left_;  // leaving
    std::set<wire::SiteId> farewells_;
    bool pump_posted_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace reowolf::connector
