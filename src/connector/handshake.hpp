// SPDX-License-Identifier: MIT
// Establishing a connector: one connection to every other peer, descriptions that fit together, and
// everybody knows that everybody has that. Peers may start in any order.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "connector/class.hpp"
#include "connector/composition.hpp"
#include "connector/description.hpp"
#include "connector/failure.hpp"
#include "connector/progress.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"
#include "wire/handshake.hpp"

namespace reowolf::connector {

class Handshake {
  public:
    struct Established {
        // What the views of all together make.
        std::shared_ptr<const Description> description;
        // By site of that description; null at the own place.
        std::vector<std::unique_ptr<post::Connection>> connections;
        // What arrived on them after the handshake, to be read before anything else.
        std::vector<std::vector<std::vector<std::byte>>> early;
        // The class of everybody's connector, the own one too.
        std::vector<Class> classes;
    };
    using Done = std::function<void(std::expected<Established, Failure>)>;

    Handshake(std::shared_ptr<const Description> description, Class connector_class,
              post::Loop& loop, post::Transport& transport, const Limits& limits);
    ~Handshake();
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;

    // Within the time limit (negative: for ever; 0: every peer is tried once), exactly once, and
    // never from within this call. Destroying the handshake abandons it.
    void start(std::int64_t timeout_ms, Done done);
    // Is told where this one listens, and of each of the others what is known of it, when that
    // changes.
    void set_on_progress(OnProgress on_progress) { on_progress_ = std::move(on_progress); }

  private:
    class Candidate;

    post::Address address_of(wire::SiteId site) const;
    void dial(wire::SiteId site);
    void on_dialled(wire::SiteId site,
                    std::expected<std::unique_ptr<post::Connection>, post::Error> result);
    void make_room();
    void adopt(std::unique_ptr<post::Connection> connection, std::optional<wire::SiteId> dialled);
    void on_hello(Candidate& candidate, const wire::Hello& hello);
    void on_accepted(Candidate& candidate);
    void on_refused(Candidate& candidate, const wire::Refuse& refusal);
    void on_ready(Candidate& candidate, const wire::Ready& ready);
    void on_closed(Candidate& candidate, const post::Error& why);
    void select(wire::SiteId site, Candidate& candidate);
    void refuse(Candidate& candidate, std::string text, bool is_final);
    bool is_first(wire::SiteId site) const;
    wire::Hello hello_to(wire::SiteId site) const;
    void learn_view(wire::SiteId site, const wire::Hello& hello);
    bool compose_views();
    void establish();
    void disagree(const std::string& difference);
    void tell_disagreement(Candidate& candidate);
    void progress();
    void tell(Progress::Kind kind, wire::SiteId site, const std::string& text);
    void finish(std::expected<Established, Failure> result);
    void retire(Candidate& candidate);
    Failure why_incomplete() const;

    // This peer's view; sites are numbered as it has them, until all views are there.
    std::shared_ptr<const Description> description_;
    Views views_;
    std::shared_ptr<const Description> composed_;
    std::string identity_;  // of the composition
    Class connector_class_;
    post::Loop& loop_;
    post::Transport& transport_;
    Limits limits_;
    Done done_;
    OnProgress on_progress_;
    bool tries_once_ = false;
    std::optional<std::string> disagreement_;  // the peers' descriptions differ; all are to hear it
    post::TimerId deadline_ = 0;
    std::unique_ptr<post::Acceptor> acceptor_;

    struct Site {
        std::unique_ptr<post::Dial> dial;
        post::TimerId redial = 0;
        std::int64_t redial_delay_ms = 0;
        std::optional<post::Error> last_error;
        Candidate* link = nullptr;  // the connection that both have agreed on
        Class connector_class = Class::realtime;
        std::optional<std::string> ready;  // the identity that it is ready for
        bool knows_disagreement = false;
        std::string told;  // of it, last
    };
    std::vector<Site> sites_;
    std::map<Candidate*, std::unique_ptr<Candidate>> candidates_;
    std::vector<std::unique_ptr<Candidate>> retired_;
    // Expires with this; what was posted to the loop asks it first.
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace reowolf::connector
