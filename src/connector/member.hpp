// SPDX-License-Identifier: MIT
// One peer's part in an established connector: its components, its application's rounds, its
// connections. Lives on a loop, real or simulated, and does everything there.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "connector/application.hpp"
#include "connector/description.hpp"
#include "connector/failure.hpp"
#include "connector/fitting.hpp"
#include "connector/handshake.hpp"
#include "connector/outbox.hpp"
#include "connector/outside.hpp"
#include "connector/progress.hpp"
#include "connector/quiet.hpp"
#include "connector/regions.hpp"
#include "post/loop.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::connector {

// What a round of the application brought.
struct Outcome {
    bool is_expired = false;  // every component of the connector has ended
    std::size_t batch = 0;    // which of those prepared
    std::vector<ApplicationBody::Fired> fired;
    // Of each channel that was made for it: the end that went out, and the one that stays.
    struct Made {
        machine::PortHandle sent;
        machine::PortHandle kept;
    };
    std::vector<Made> made;
};

// What a member tells whoever made it. Called in the middle of its work.
struct Observer {
    std::function<void(std::string_view)> print = [](std::string_view) {};
    std::function<void(const wire::Decision&)> committed = [](const wire::Decision&) {};
    std::function<void(const runtime::Report&)> report = [](const runtime::Report&) {};
    OnProgress progress;  // of large values that are on their way
};

class Member final : private runtime::World, private post::Turn {
  public:
    // Null: without workers.
    Member(Handshake::Established established, post::Loop& loop, const Limits& limits,
           std::uint64_t seed, Observer observer, runtime::Workers* workers = nullptr);
    ~Member() override;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    // The application's next round, one at a time: a step together with others, or, of a logical
    // connector, one in which at least one port fires. `prepared_for` is the protocol that the
    // batches, which are in order, are meant for. If the last one has expired, the next is agreed
    // on first. Negative: without a time limit. 0: only if it is possible with those who wait now.
    using SyncDone = std::function<void(std::expected<Outcome, Failure>)>;
    void sync(std::shared_ptr<const Batches> batches,
              std::shared_ptr<const Description> prepared_for, std::int64_t timeout_ms,
              SyncDone done);
    // As when the time limit passes; nothing if no round is under way, or it is decided.
    void interrupt();
    // Whether this peer may say which protocol it wants to have next: the present one has expired,
    // or nothing has happened in it yet, and it is not the first.
    bool may_propose() const;
    // False: it may not.
    bool propose(std::shared_ptr<const Description> next);

    void close_port(machine::PortHandle port);
    // What the application prepares stays as it is, from here on, until a round takes it.
    void say_last(bool said) { said_last_ = said; }
    // Whether all have said that, and everything was at rest, when the last call of this had asked
    // them: then a number that is another one after each round. Asks them again, between rounds.
    std::optional<std::uint64_t> last_words();
    // That a peer is gone without having left, if one is.
    std::optional<Failure> loss() const;
    // Whether an end of the port is closed, so that nothing can go through it any more.
    bool is_port_closed(machine::PortHandle port) const;

    // Leaves the connector: first delivers what others need to finish the last round. Then nothing
    // of it is left, and `done` is called, once.
    void leave(std::function<void()> done);

    const std::shared_ptr<const Description>& description() const { return description_; }
    std::uint32_t epoch() const { return epoch_; }
    const runtime::Runtime& runtime() const { return *runtime_; }

  private:
    class Link;

    // runtime::World
    std::unique_ptr<runtime::Body> make_native(
        const program::Routine& routine, runtime::ComponentIndex component,
        const std::vector<machine::Value>& arguments) override;
    void print(std::string_view line) override { observer_.print(line); }
    void committed(const wire::Decision& decision) override;
    void report(const runtime::Report& report) override;
    void send(wire::SiteId to, wire::Message&& message) override;
    post::Payload payload_of(const wire::Final* leaf, wire::Form& form);
    void send_step(wire::SiteId to, const wire::Step& step) override;
    bool has_room_for(const wire::Step& step, wire::SiteId to);
    void give_back(wire::SiteId from, std::vector<std::byte> bytes) override;
    void seek_ends() override;
    void align(wire::SiteId from, std::size_t bytes) override;
    void deviation(wire::SiteId from, const std::string& what) override;
    void application_committed(std::unique_ptr<runtime::Body> body) override;
    void application_failed(wire::Reason reason, const std::string& text) override;
    void application_in_doubt(const std::string& text) override;

    struct Sent;
    post::Payload payload_of_all(const wire::Step& step, Sent& last);
    void build();
    void enter();
    void watch_transfers();
    void report_transfer(Progress::Kind kind, wire::SiteId site, std::uint64_t done,
                         std::uint64_t total);
    void make_fresh_ports();
    void keep_fresh_ports(Outcome& outcome);
    // Without the round, unless it can be decided now.
    void end_call(std::string_view why);
    void pump();
    void flush(bool all = false);
    void hand_over(wire::SiteId site, bool all);
    void on_drained(wire::SiteId site);
    void on_frame(wire::SiteId from, runtime::Frame frame);
    void on_message(wire::SiteId from, std::span<const std::byte> bytes);
    void on_message(wire::SiteId from, const wire::Message& message);
    // At once, after everything that has gathered.
    void tell(wire::SiteId to, const wire::Message& message);
    void send(wire::SiteId to, const wire::Handshake& message);
    Quiet::Asked questions(bool before_silence = false);
    wire::Probed answer(bool before_silence = false);
    void try_more_later();
    void pump_soon();
    void on_turn() override;
    void send_all(const wire::Message& message);
    void on_closed(wire::SiteId site, const std::string& why);
    void lose(wire::SiteId site, const std::string& why);
    void on_told_lost(wire::SiteId site, const std::string& why);
    Fault fault_of_loss() const;  // by what those did who are gone
    std::optional<wire::SiteId> missed() const;
    void add_told_losses(std::string& text) const;
    void complete(std::expected<Outcome, Failure> result);
    void say_bye();
    void await_farewells();
    bool is_being_delivered(wire::SiteId site);
    void part_if_all_know();
    std::string explanation() const;
    bool is_gone(wire::SiteId site) const { return runtime_->arbiter().is_gone(site); }
    bool is_anybody_gone() const;
    bool steps_here() const { return steps(classes_[description_->self]); }

    // turns.cpp
    void ask_those_waited_for();
    void on_answer_waited_for(wire::SiteId from, const wire::Probed& answer);
    void offer_withheld();
    void ask_before_silence();
    void let_be_silent();
    void forget_question();

    // expiry.cpp
    bool may_expire(const std::set<std::uint32_t>& closed) const;
    bool note_closing(wire::SiteId from, const wire::Closed& message);
    bool is_of_application(std::uint32_t channel, bool is_out, wire::SiteId site) const;
    void note_round(const wire::Decision& decision);
    void find_out_if_last();
    void conclude(bool is_last);
    void answer_if_last();
    void on_last(const wire::Last& message);
    void check_expiry(std::function<void(bool has_expired)> found);

    // negotiation.cpp: the next protocol
    void negotiate();
    void speak();
    void withdraw();
    void send_proposal(std::uint64_t number);
    void settle_proposals();
    void agree(std::shared_ptr<const Description> next);
    void disagree(const std::string& why);
    void learn_of_expiry();
    void renew();
    void reconsider();
    void begin_protocol(std::shared_ptr<const Description> next, std::uint32_t epoch);
    void fail_negotiation(Failure failure);
    Described agreed_on(const wire::Agreed& message) const;
    Described compose_proposals() const;
    void on(wire::SiteId from, const wire::Propose& message);
    void on(wire::SiteId from, const wire::Query& message);
    void on(wire::SiteId from, const wire::Agreed& message);
    void on(wire::SiteId from, const wire::Disagreed& message);
    void on(wire::SiteId from, const wire::Withdraw& message);
    void on(wire::SiteId from, const wire::Withdrawn& message);
    void on(wire::SiteId from, const wire::Epoch& message);
    void on(wire::SiteId from, const wire::Bye& message);
    void on(wire::SiteId from, const wire::Farewell& message);
    template <class Other>
    void on(wire::SiteId, const Other&) {}  // a late echo of the first handshake

    // impasse.cpp: rounds that are impossible
    void on_idle();
    void give_up(wire::Reason reason, const std::string& text);
    void try_once();
    void look_who_is_there(std::function<void()> done);
    std::string who_waits() const;
    const Region& region_of(const std::vector<Region>& regions) const;  // this site's
    void part_regions();
    bool is_everybody_there(const Quiet::Wave& wave) const;
    void judge_if_dead();
    void judge_if_cut_off();
    void give_up_dead();
    void tell_arrival();
    void look_for_impasse();
    bool has_arrived(wire::SiteId site) const;
    bool has_arrived(const Region& region) const;
    void declare_impossible(const Region& region, const Quiet::Wave& wave);
    void on_arrived(wire::SiteId from, const wire::Arrived& message);
    void forget_arrival(wire::SiteId site, std::uint64_t present_attempt);
    void on_impossible(const wire::Impossible& message);

    std::shared_ptr<const Description> description_;
    std::uint64_t protocol_ = 0;  // names the description in every frame
    post::Loop& loop_;
    std::int64_t began_ms_;
    Limits limits_;
    Observer observer_;
    Random chance_;
    std::vector<Class> classes_;          // by site
    std::optional<LoopOutside> outside_;  // of the present protocol
    runtime::Workers* workers_;
    std::optional<runtime::Runtime> runtime_;   // of the present protocol
    std::vector<std::unique_ptr<Link>> links_;  // by site; null at the own place
    // While a step is being sent: what goes into a frame, the frame, and see wire::encode_frame.
    std::vector<const wire::Step::Put*> step_puts_;
    wire::Writer frame_;
    std::vector<std::size_t> gaps_;
    // Of the last step that was sent in one frame, by site; and its number.
    struct Sent {
        std::uint64_t number = 0;
        wire::Form form;
        std::size_t large_bytes = 0;  // of the last one that was large
    };
    std::vector<Sent> sent_;
    std::vector<Outbox> outgoing_;    // by site
    std::set<wire::SiteId> leaving_;  // have said Bye
    std::set<wire::SiteId> deviated_;
    std::vector<std::string> errors_;  // of components, since the last round began

    // A round of this application: who else was in it, by the numbers of their attempts.
    struct Round {
        std::uint64_t own = 0;
        std::vector<std::pair<wire::SiteId, std::uint64_t>> others;  // if it may be the last
        bool is_last = false;
    };

    // The round under way.
    SyncDone sync_done_;
    std::uint64_t call_ = 0;  // its number
    std::shared_ptr<const Batches> batches_;
    std::shared_ptr<const Description> prepared_for_;
    std::int64_t timeout_ms_ = 0;
    post::TimerId deadline_ = 0;
    bool tries_once_ = false;
    std::vector<Outcome::Made> fresh_;  // made for it
    bool gives_up_ = false;             // this site itself has asked for it to be over
    post::TimerId watching_ = 0;
    post::TimerId trying_ = 0;
    std::map<std::pair<Progress::Kind, wire::SiteId>, std::uint64_t>
        transfers_;                  // that go on: size
    std::uint64_t judged_dead_ = 0;  // the attempt of which that is known
    Quiet check_;                    // of this site's own round
    // Who is there, shortly before the time limit; between rounds, who has said its last.
    Quiet presence_;
    bool said_last_ = false;
    std::optional<std::uint64_t> last_words_;
    std::map<wire::SiteId, wire::Probed> heard_;  // what they said
    std::set<std::uint32_t> closed_;              // channels: by an application that has one end
    bool may_expire_ = false;                     // with the next round
    bool may_expire_by_itself_ = false;           // if nobody closes a port
    std::optional<Outcome> committed_;      // and what it brought, until it is known who lives on
    Round round_;                           // the last one
    std::optional<wire::SiteId> judge_;     // who finds out whether that was the last
    std::optional<wire::Last> heard_last_;  // as it said
    std::map<wire::SiteId, wire::WasLast> ask_if_last_;  // who waits to hear it
    std::uint64_t ended_known_ = 0;                      // components, in the whole connector

    // Others who are given the time to answer; see turns.cpp.
    std::set<wire::SiteId> waited_for_;
    std::uint64_t question_ = 0;
    int asked_again_ = 0;
    std::uint64_t asked_for_ = 0;  // what had been withheld then
    post::TimerId turn_ends_ = 0;

    // Rounds that are impossible.
    std::vector<Region> regions_;          // see part_regions()
    Quiet impasse_;                        // looked for by the lowest of the sites that are left
    Quiet ends_;                           // who of those who are left has ends of the lost ones
    Quiet silence_;                        // what would be silent here, and until when others are
    std::vector<wire::AttemptId> silent_;  // given the time to answer; see turns.cpp
    post::TimerId silence_ends_ = 0;
    // Of those who do not step: who waits, as far as it said, in which attempt.
    std::map<wire::SiteId, std::uint64_t> arrived_;
    std::uint64_t told_attempt_ = 0;  // which attempt of this site's was told of
    wire::SiteId told_site_ = 0;      // and to whom
    post::TimerId telling_ = 0;

    // The next protocol. Protocols are numbered; what a site sends is of the one it said last.
    std::uint32_t epoch_ = 0;
    bool is_expired_ = false;
    bool is_untried_ = false;          // agreed on, and without a round of this application since
    bool is_negotiating_ = false;      // the application's call waits for it
    std::string ended_by_;             // why the call ends meanwhile; empty: it does not
    bool renews_ = false;              // its attempt is cancelled, because the protocol has expired
    int renewals_ = 0;                 // in this call of the application
    bool is_queried_ = false;          // asked while it was in a call
    std::uint32_t queried_epoch_ = 0;  // one more than that of the last question
    std::shared_ptr<const Description> proposal_;
    wire::SiteId proposed_to_ = 0;
    std::map<wire::SiteId, wire::Propose> proposals_;  // at the lowest of the sites that are left
    std::set<wire::SiteId> queried_;
    std::vector<std::uint32_t> epochs_;                       // by site
    std::vector<std::vector<std::vector<std::byte>>> early_;  // of the next protocol, by site
    std::map<wire::SiteId, std::string> lost_;                // and why
    std::map<wire::SiteId, std::string> told_lost_;           // by somebody who has lost it

    std::function<void()> left_;  // leaving
    bool has_said_bye_ = false;
    std::set<wire::SiteId> farewells_;
    // Who may not have yet what was decided before: how much it has said to have, since then.
    struct Owed {
        std::uint64_t acknowledged = 0;
        std::int64_t since_ms = 0;
    };
    std::map<wire::SiteId, Owed> owed_;
    bool pumps_soon_ = false;
    // Of a round that is over, and of which nobody has been told yet.
    struct Result {
        SyncDone done;
        std::expected<Outcome, Failure> outcome;
    };
    std::optional<Result> result_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace reowolf::connector
