// SPDX-License-Identifier: MIT
// Arbiters of several sites with queues between them, in place of runtimes and a network. Whoever
// runs it decides at every step what happens next.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rounds/arbiter.hpp"

namespace reowolf::rounds {

// Components whose attempts have fixed alternatives, each a set of channels used once.
struct Situation {
    struct Component {
        wire::SiteId site = 0;
        std::vector<std::vector<std::uint32_t>> alternatives;
        bool is_application = false;  // at most one of a site; all of them step together
        int attempts_max = 1;         // so many that are decided
        bool cancels = false;         // its first attempt is cancelled, at some time
        // The shortcut: its attempts are published, but for so many that come first and are not.
        bool publishes = false;
        int attempts_mixed = 0;
    };
    struct Channel {
        std::size_t from = 0;  // components
        std::size_t to = 0;
    };
    std::size_t sites = 0;
    std::vector<Component> components;
    std::vector<Channel> channels;
    std::optional<wire::SiteId> lost;  // at some time
};

class Assembly {
  public:
    explicit Assembly(const Situation& situation);

    // How many things could happen next; 0: nothing.
    std::size_t options() const { return list_options().size(); }
    void take(std::size_t option) { list_options()[option](); }

    // Of what happened so far, and what must be true when nothing more can. Empty: all is well.
    std::string problem() const { return problem_; }
    std::string problem_at_rest() const;
    // Of what those who are not lost were told of one round.
    std::string problem_of_survivors() const;
    std::size_t decisions() const { return decisions_.size(); }
    std::size_t failures() const { return failures_; }
    std::size_t doubts() const { return doubts_; }
    // How many messages of a kind were sent.
    template <class Kind>
    std::size_t sent() const {
        const auto found = sent_.find(wire::Body(Kind{}).index());
        return found == sent_.end() ? 0 : found->second;
    }

  private:
    using Option = std::function<void()>;
    struct Own {
        std::optional<wire::AttemptId> open;
        std::uint64_t number = 0;
        int decided = 0;
        bool wants_cancel = false;
        bool is_cancelled = false;  // asked for, not answered
        bool is_unknown = false;
    };

    std::vector<Option> list_options() const;
    wire::ComponentId id(std::size_t component) const;
    std::size_t component_of(const wire::ComponentId& id) const;
    bool uses(std::size_t component, std::uint32_t channel) const;
    bool has_left(wire::SiteId site) const { return is_gone_ && situation_.lost == site; }
    void open(std::size_t component);
    void publish(std::size_t component);
    void say_what_it_waits_for(std::size_t component);
    void cancel(std::size_t component);
    void deliver(wire::SiteId from, wire::SiteId to);
    void lose();
    void notice(wire::SiteId site);
    void hear_of(wire::SiteId here, const wire::Wait& message);
    void apply(wire::SiteId site);
    void finish(wire::SiteId site, const wire::AttemptId& attempt, const wire::Decision& decision,
                bool all_know = false);
    void commit(wire::SiteId site, const Commit& round);
    void send(wire::SiteId from, wire::SiteId to, wire::Body body);
    bool has_round() const;
    void complain(std::string what) {
        if (problem_.empty()) problem_ = std::move(what);
    }

    Situation situation_;
    std::vector<Arbiter> arbiters_;
    std::vector<Own> own_;  // by component
    std::map<std::pair<wire::SiteId, wire::SiteId>, std::deque<wire::Body>> links_;
    struct Heard {
        wire::AttemptId attempt;
        wire::SiteId holder;
    };
    // Of each channel end elsewhere, by site: who uses it.
    std::map<std::pair<wire::SiteId, std::uint32_t>, Heard> heard_;
    bool is_gone_ = false;
    std::set<wire::SiteId> noticed_;
    std::map<wire::AttemptId, wire::Decision> decisions_;  // of every attempt in one
    std::set<wire::AttemptId> committed_;                  // told to their owner
    std::set<wire::AttemptId> failed_;
    std::set<wire::AttemptId> doubted_;
    std::map<std::size_t, std::size_t> sent_;  // messages, by kind
    std::size_t failures_ = 0;
    std::size_t doubts_ = 0;
    std::string problem_;
};

}  // namespace reowolf::rounds
