// SPDX-License-Identifier: MIT
// One site's part in deciding rounds: the algorithm of docs/deciding.md as a state machine.
// Events go in through the functions below, effects come out of take_effects(). It has no clock,
// thread or socket. Rule numbers in the comments are those of that page.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "rounds/finals.hpp"
#include "rounds/forest.hpp"
#include "rounds/solver.hpp"
#include "wire/ids.hpp"
#include "wire/message.hpp"

namespace reowolf::rounds {

struct Send {
    wire::SiteId to = 0;
    wire::Body body;
};
// The round is decided; attempts of this site in it commit with the node named.
struct Commit {
    wire::Decision decision;
    // Everybody in it knows it. The nodes are those that were published: what has been received
    // leads to one complete behaviour below each.
    bool was_published = false;
};
// An attempt of this site is over without a round. Nothing of it is left anywhere.
struct Fail {
    wire::AttemptId attempt;
    wire::Reason reason;
    std::string text;
};
// An attempt of this site was promised to a site that is gone, and nobody who is left knows what
// became of it.
struct Doubt {
    wire::AttemptId attempt;
    std::string text;
};
// Attempts of this site are not published any more.
struct Withdraw {
    std::vector<wire::AttemptId> attempts;
};
// A value that a site had sent here, as others have kept it: it may not come from there.
struct Restore {
    wire::SiteId from = 0;
    wire::Copy copy;
};
using Effect = std::variant<Send, Commit, Fail, Doubt, Withdraw, Restore>;

class Arbiter {
  public:
    // `sites`: the names of all, by number. `realtime`: those whose applications step together,
    // ascending.
    Arbiter(wire::SiteId self, std::vector<std::string> sites, std::vector<wire::SiteId> realtime);

    // ---- Events of this site's own attempts.
    void open(const wire::AttemptId& own);
    // Of an application that steps together with others: which of two ways it goes. It is handed to
    // whoever decides the step; `single`: it could have been published. Or it is published, with
    // what is in every round with it here; all these attempts must be held here. The numbers of
    // step and floors are filled in.
    void arrive(const wire::AttemptId& own, bool single = false);
    void publish(wire::Final own);
    void touch(const wire::AttemptId& own, const wire::AttemptId& other, wire::SiteId holder);
    void leaf(const wire::AttemptId& own, wire::Leaf leaf);
    // Leaves in ascending order. How many were looked at to find them.
    std::size_t withdraw(const wire::AttemptId& own, std::span<const wire::NodeId> leaves);
    // Look for a round with this attempt, if it is held here.
    void decide(const wire::AttemptId& own, bool silent_too);
    // Other sites have told of behaviours. No round is looked for before all is taken in that has
    // come with them: what is preferred among several may be said last.
    bool has_news() const { return !news_.empty(); }
    void decide_news();
    // The same in two steps: what was found is to be taken before anything else happens, or not at
    // all.
    std::optional<wire::Decision> find(const wire::AttemptId& own, bool silent_too,
                                       const Holdings::Skip& skip = {}) const;
    void take(const wire::Decision& found);
    // The attempt has no behaviour left and its component ends: nobody can decide it any more.
    void abandon(const wire::AttemptId& own);
    // Ask for the attempt to be over. The answer is Fail or Commit or, after a loss, Doubt.
    void cancel(const wire::AttemptId& own, wire::Reason reason, const std::string& text);
    // The same for all applications that step together, as far as they are held here.
    void cancel_step(wire::Reason reason, const std::string& text);

    // ---- A step in the lane: what is published and decided without anything of it being opened
    // here before. Whether it is the usual thing, and nothing speaks against it.
    bool may_step() const;
    std::uint64_t next_step() const { return steps_ + 1; }
    const std::vector<std::uint64_t>& floors() const { return finals_.floors(); }
    // Of another site, and not over.
    bool is_proper(const wire::Final& leaf) const { return finals_.is_proper(leaf); }
    // One leaf of each site: none is over for another one of them.
    bool agree(const Leaves& leaves) const;
    // Of each site what it published, with its leaf. Among more than two, that is kept here as long
    // as somebody may ask for it. A step of the form that the site's step before had gets the leaf
    // of that one in exchange, which differs in what is written anew for the next.
    void commit_step(std::span<wire::Step* const> steps, const wire::Decision& decision);
    // It is not decided in the lane: all its attempts have been opened, and it is published here
    // as if it had been so before.
    void restore(wire::Final own);

    // ---- Events from other sites.
    void receive(wire::SiteId from, const wire::Body& body);
    // `site` is cut off for good; nothing of it will be received any more.
    void lose(wire::SiteId site, const std::string& why);

    // `site`, which may be this one, leaves in order: it promises nothing more, but still answers.
    void depart(wire::SiteId site);

    // ---- What can be asked.
    wire::SiteId holder(const wire::AttemptId& own) const;  // nobody: it is published
    bool is_published(const wire::AttemptId& own) const { return promised_.contains(own); }
    // It has not taken one of the two ways yet.
    bool is_undecided(const wire::AttemptId& own) const {
        return stepping_ == own && way_ == Way::undecided;
    }
    // Whether to publish is possible at all, and whether it is expected to lead to a round.
    bool may_publish() const;
    bool is_publishing_expected() const;
    bool is_lost(wire::SiteId site) const { return lost_.contains(site); }
    bool is_over(const wire::AttemptId& attempt) const;
    // Where the applications that step together meet: the lowest of all sites that are left, so
    // that nothing that one of them touches can draw it away from the others.
    wire::SiteId meeting_place() const;
    // Without one of those that step together there is no step.
    bool is_step_broken() const;
    bool is_gone(wire::SiteId site) const;
    // Who is gone, and why.
    std::string gone_text() const;
    // All of them have arrived and are held here.
    bool is_step_complete() const;
    Forest& forest() { return forest_; }
    const Forest& forest() const { return forest_; }

    bool has_effects() const { return !effects_.empty(); }
    std::vector<Effect> take_effects();

  private:
    // A question of this site to all others about its own attempt (rules 17 and 19).
    struct Inquiry {
        std::set<wire::SiteId> lost;
        std::set<wire::SiteId> denied;
    };
    struct Known {
        std::shared_ptr<const wire::Decision> decision;
        wire::SiteId teller = 0;
    };
    enum class Way { undecided, general, published };
    // An attempt of another site that touches one of this site's, and where it is held.
    struct Noted {
        wire::AttemptId other;
        wire::SiteId holder;
    };

    void send(wire::SiteId to, wire::Body body);
    // `told`: its owner knows what TOUCH would say.
    void touch_at(const wire::AttemptId& here, const wire::AttemptId& other, wire::SiteId holder,
                  bool told = true);
    void give(const wire::AttemptId& attempt, wire::SiteId to, const wire::AttemptId& reason);
    std::set<wire::AttemptId> together_with(const wire::AttemptId& attempt) const;
    void hand_over_to_step(const wire::AttemptId& attempt);
    void acquire(const wire::Hand& hand, wire::SiteId from);
    // `teller`: who has told it; this site, if it was decided here.
    void learn(const wire::Decision& decision, wire::SiteId teller, bool was_published = false);
    void pass_on_what(wire::SiteId teller);
    void finish(const wire::AttemptId& attempt);
    void cancel_held(const wire::AttemptId& attempt, wire::Reason reason, const std::string& text);
    void cancel_one(const wire::AttemptId& attempt, wire::Reason reason, const std::string& text);
    void cancel_step_if_broken();
    void cancel_foreign();
    void inquire(const wire::AttemptId& own);
    void conclude_if_denied(const wire::AttemptId& own);
    bool steps_with(const wire::AttemptId& attempt) const;
    bool knows_of_no_step(const wire::Ask& message) const;
    const wire::Decision* find_decision(const wire::AttemptId& attempt) const;

    // publishing.cpp: the shortcut
    bool is_free() const { return !published_ && !is_doubtful_; }
    bool defers(const wire::AttemptId& here) const;
    void touch_noted(const wire::AttemptId& own);
    void release(const wire::AttemptId& application, bool cancels, wire::Reason reason,
                 const std::string& text);
    void release_kept(bool cancels, wire::Reason reason, const std::string& text);
    void keep(wire::SiteId from, const wire::Final& leaf);
    void consider(const wire::Final& leaf);
    void try_round();
    void take_home(bool cancels, wire::Reason reason, const std::string& text);
    void cancel_published(wire::Reason reason, const std::string& text);
    void answer_kept_cancels();
    void forget_excluded();
    bool is_single_step() const;

    void on(wire::SiteId from, const wire::Touch& message);
    void on(wire::SiteId from, const wire::Hand& message);
    void on(wire::SiteId from, const wire::LeafFound& message);
    void on(wire::SiteId from, const wire::Held& message);
    void on(wire::SiteId from, const wire::Cancel& message);
    void on(wire::SiteId from, const wire::Cancelled& message);
    void on(wire::SiteId from, const wire::Decide& message);
    void on(wire::SiteId from, const wire::Over& message);
    void on(wire::SiteId from, const wire::Ask& message);
    void on(wire::SiteId from, const wire::No& message);
    void on(wire::SiteId from, const wire::Final& message);
    void on(wire::SiteId from, const wire::Release& message);
    template <class Other>
    void on(wire::SiteId, const Other&) {}  // the runtime's business

    wire::SiteId self_;
    std::vector<std::string> sites_;
    Forest forest_;
    Holdings holdings_;
    std::set<wire::AttemptId> own_;  // open attempts of this site
    std::map<wire::AttemptId, wire::SiteId> pointers_;
    std::map<wire::ComponentId, std::uint64_t> over_;  // the highest number known to be over
    std::map<wire::ComponentId, Known> decisions_;     // the last one of each
    std::map<wire::SiteId, std::string> lost_;
    std::set<wire::SiteId> departed_;
    std::map<wire::AttemptId, Inquiry> inquiries_;
    // The shortcut.
    Finals finals_;
    std::optional<wire::AttemptId> stepping_;  // the application's open attempt, if it steps
    Way way_ = Way::undecided;                 // which it goes
    std::optional<wire::Final> published_;
    std::map<wire::AttemptId, Held> promised_;  // attempts of this site that all decide together
    std::map<wire::AttemptId, std::vector<Noted>> noted_;  // touches that wait for what comes first
    std::optional<wire::Cancel> wanted_cancel_;            // of what is published
    std::map<wire::SiteId, wire::Cancel> kept_cancels_;
    std::vector<wire::Final> last_round_;    // that was decided by all together
    std::vector<std::uint64_t> last_forms_;  // of its leaves, if that was a step in the lane
    wire::Decision last_step_;               // the last one that was decided in the lane
    std::set<wire::AttemptId> singles_;      // held here, and could have been published
    std::uint64_t steps_ = 0;                // rounds of the applications
    bool is_publishing_expected_ = true;     // as the last step was
    bool is_doubtful_ = false;               // has published, and never learned the outcome

    std::vector<wire::AttemptId> news_;  // held here: others have told of behaviours since
    std::vector<wire::Ask> deferred_;    // questions about losses not noticed here yet
    std::vector<Effect> effects_;
};

}  // namespace reowolf::rounds
