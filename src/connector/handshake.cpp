// SPDX-License-Identifier: MIT
#include "connector/handshake.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "wire/message.hpp"

namespace reowolf::connector {

namespace {

// A peer that is not there yet is tried again, soon at first.
constexpr std::int64_t redial_delay_first_ms = 10;
constexpr std::int64_t redial_delay_max_ms = 250;

// The largest message that somebody may send whose description is not checked yet.
constexpr std::size_t hello_bytes_max = 1u << 20;

// How long a peer that knows of a disagreement waits for the others to come and hear of it.
constexpr std::int64_t disagreement_linger_ms = 1'000;

}  // namespace

// A connection that may become the one to some peer.
class Handshake::Candidate final : public post::ConnectionHandler {
  public:
    Candidate(Handshake& handshake, std::unique_ptr<post::Connection> made,
              std::optional<wire::SiteId> dialled_site)
        : connection(std::move(made)), site(dialled_site), handshake_(handshake) {
        connection->limit_message_bytes(hello_bytes_max);
        connection->set_handler(this);
    }

    void on_message(std::vector<std::byte> bytes) override {
        if (is_established) {
            early.push_back(std::move(bytes));
            return;
        }
        const auto message = wire::decode_handshake(bytes);
        if (!message) return connection->abort();
        if (const auto* hello = std::get_if<wire::Hello>(&*message)) {
            handshake_.on_hello(*this, *hello);
        } else if (std::get_if<wire::Accept>(&*message)) {
            handshake_.on_accepted(*this);
        } else if (const auto* refusal = std::get_if<wire::Refuse>(&*message)) {
            handshake_.on_refused(*this, *refusal);
        } else if (std::get_if<wire::Ready>(&*message)) {
            handshake_.on_ready(*this);
        } else {
            connection->abort();
        }
    }
    void on_closed(const post::Error& why) override { handshake_.on_closed(*this, why); }

    std::unique_ptr<post::Connection> connection;
    std::optional<wire::SiteId> site;  // known once it was dialled, or has said hello
    bool has_greeted = false;
    Class connector_class = Class::realtime;  // as it said when it greeted
    bool is_established = false;              // Ready has come: what follows is for later
    post::TimerId patience = 0;
    std::vector<std::vector<std::byte>> early;

  private:
    Handshake& handshake_;
};

Handshake::Handshake(const Description& description, Class connector_class, post::Loop& loop,
                     post::Transport& transport, const Limits& limits)
    : description_(description),
      connector_class_(connector_class),
      loop_(loop),
      transport_(transport),
      limits_(limits),
      sites_(description.addresses.size()) {}

Handshake::~Handshake() {
    loop_.cancel(deadline_);
    for (const Site& site : sites_) loop_.cancel(site.redial);
    for (const auto& [key, candidate] : candidates_) loop_.cancel(candidate->patience);
}

void Handshake::start(std::int64_t timeout_ms, Done done) {
    done_ = std::move(done);
    tries_once_ = timeout_ms == 0;
    const std::int64_t limit_ms = tries_once_ ? limits_.handshake_patience_ms : timeout_ms;
    if (limit_ms >= 0) {
        deadline_ = loop_.after(limit_ms, [this] { finish(std::unexpected(why_incomplete())); });
    }
    if (sites_.size() > 1) {
        auto acceptor = transport_.listen(description_.listen, [this](auto connection) {
            make_room();
            adopt(std::move(connection), std::nullopt);
        });
        if (!acceptor) {
            loop_.post([this, error = acceptor.error(), alive = std::weak_ptr(alive_)] {
                if (alive.expired()) return;
                Fault fault = Fault::resources;
                if (error.failure == post::Failure::address_in_use) fault = Fault::address_in_use;
                if (error.failure == post::Failure::address_not_available ||
                    error.failure == post::Failure::unknown_host) {
                    fault = Fault::address_not_available;
                }
                finish(std::unexpected(Failure{fault, error.text}));
            });
            return;
        }
        acceptor_ = std::move(*acceptor);
    }
    for (wire::SiteId site = 0; site < sites_.size(); ++site) {
        if (site != description_.self) dial(site);
    }
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) progress();
    });
}

void Handshake::dial(wire::SiteId site) {
    sites_[site].dial = transport_.dial(description_.addresses[site], [this, site](auto result) {
        on_dialled(site, std::move(result));
    });
}

void Handshake::on_dialled(wire::SiteId site,
                           std::expected<std::unique_ptr<post::Connection>, post::Error> result) {
    Site& remote = sites_[site];
    remote.dial.reset();
    if (result) {
        remote.redial_delay_ms = 0;
        return adopt(std::move(*result), site);
    }
    remote.last_error = result.error();
    if (remote.link) return;
    if (tries_once_) return finish(std::unexpected(why_incomplete()));
    remote.redial_delay_ms =
        std::clamp(remote.redial_delay_ms * 2, redial_delay_first_ms, redial_delay_max_ms);
    remote.redial = loop_.after(remote.redial_delay_ms, [this, site] {
        sites_[site].redial = 0;
        dial(site);
    });
}

// Whoever has been here longest without a greeting goes when there are too many: a crowd that says
// nothing shuts no peer out.
void Handshake::make_room() {
    if (candidates_.size() < limits_.pending_handshakes_max + sites_.size()) return;
    Candidate* oldest = nullptr;
    for (const auto& [key, candidate] : candidates_) {
        if (candidate->site) continue;
        if (!oldest || candidate->patience < oldest->patience) oldest = key;
    }
    if (oldest) retire(*oldest);
}

void Handshake::adopt(std::unique_ptr<post::Connection> connection,
                      std::optional<wire::SiteId> dialled) {
    if (!done_) {
        const std::string text =
            fmt::format("'{}' is connected already", description_.name(description_.self));
        connection->send(wire::encode(wire::Refuse{text, false}));
        return connection->close();
    }
    auto made = std::make_unique<Candidate>(*this, std::move(connection), dialled);
    Candidate& candidate = *made;
    candidates_.emplace(&candidate, std::move(made));
    candidate.patience = loop_.after(limits_.handshake_patience_ms, [&candidate] {
        if (!candidate.has_greeted) candidate.connection->abort();
    });
    // Who was dialled is who it should be; who dialled says so first.
    if (!dialled) return;
    candidate.connection->send(wire::encode(wire::Hello{
        .version = wire::protocol_version,
        .connector = description_.program.connector->name,
        .sender = description_.self,
        .receiver = *dialled,
        .connector_class = std::to_underlying(connector_class_),
        .hash = description_.hash,
        .text = description_.text,
    }));
}

void Handshake::on_hello(Candidate& candidate, const wire::Hello& hello) {
    if (candidate.has_greeted || !done_) return candidate.connection->abort();
    if (hello.version != wire::protocol_version) {
        return refuse(candidate, "another version of the connector protocol", true);
    }
    if (hello.sender >= sites_.size() || hello.sender == description_.self ||
        hello.receiver != description_.self || (candidate.site && candidate.site != hello.sender)) {
        return refuse(
            candidate,
            fmt::format("this is '{}' of connector '{}', and expects others",
                        description_.name(description_.self), description_.program.connector->name),
            false);
    }
    if (hello.connector_class >= class_count) return candidate.connection->abort();
    candidate.has_greeted = true;
    candidate.connector_class = static_cast<Class>(hello.connector_class);
    const bool was_dialled_here = candidate.site.has_value();
    candidate.site = hello.sender;
    if (!was_dialled_here) {
        candidate.connection->send(wire::encode(wire::Hello{
            .version = wire::protocol_version,
            .connector = description_.program.connector->name,
            .sender = description_.self,
            .receiver = hello.sender,
            .connector_class = std::to_underlying(connector_class_),
            .hash = description_.hash,
            .text = description_.text,
        }));
    }
    if (hello.hash != description_.hash) {
        const std::string& ours = description_.name(description_.self);
        const std::string& theirs = description_.name(hello.sender);
        disagree(explain_difference(description_.text, hello.text, ours, theirs, limits_));
        return;
    }
    if (disagreement_) return tell_disagreement(candidate);
    // Both may have dialled. The lower-numbered takes the first connection on which it is greeted.
    if (description_.self < hello.sender) {
        if (sites_[hello.sender].link) return candidate.connection->close();
        candidate.connection->send(wire::encode(wire::Accept{}));
        select(hello.sender, candidate);
    }
}

void Handshake::on_accepted(Candidate& candidate) {
    if (!candidate.has_greeted || *candidate.site > description_.self) {
        return candidate.connection->abort();
    }
    select(*candidate.site, candidate);
}

void Handshake::select(wire::SiteId site, Candidate& candidate) {
    sites_[site].link = &candidate;
    sites_[site].connector_class = candidate.connector_class;
    loop_.cancel(std::exchange(sites_[site].redial, 0));
    if (ready_sent_) candidate.connection->send(wire::encode(wire::Ready{}));
    progress();
}

void Handshake::on_ready(Candidate& candidate) {
    if (!candidate.site || sites_[*candidate.site].link != &candidate) {
        return candidate.connection->abort();
    }
    candidate.is_established = true;
    candidate.connection->limit_message_bytes(limits_.frame_bytes_on_wire_max);
    sites_[*candidate.site].is_ready = true;
    progress();
}

void Handshake::on_refused(Candidate& candidate, const wire::Refuse& refusal) {
    if (!candidate.site) return candidate.connection->abort();
    sites_[*candidate.site].last_error = {post::Failure::protocol, refusal.text};
    candidate.connection->close();
    if (!refusal.is_final) return;
    sites_[*candidate.site].knows_disagreement = true;
    disagree(refusal.text);
}

// Without agreement of all there is no connector: everybody is told, also who comes a little later.
void Handshake::disagree(const std::string& difference) {
    if (!disagreement_) {
        disagreement_ = difference;
        loop_.cancel(deadline_);
        deadline_ = loop_.after(disagreement_linger_ms, [this] {
            finish(std::unexpected(Failure{Fault::disagreement, *disagreement_}));
        });
    }
    for (const auto& [key, candidate] : candidates_) {
        if (candidate->has_greeted) tell_disagreement(*candidate);
    }
    for (wire::SiteId site = 0; site < sites_.size(); ++site) {
        if (site != description_.self && !sites_[site].knows_disagreement) return;
    }
    finish(std::unexpected(Failure{Fault::disagreement, *disagreement_}));
}

void Handshake::tell_disagreement(Candidate& candidate) {
    if (std::exchange(sites_[*candidate.site].knows_disagreement, true)) return;
    refuse(candidate, *disagreement_, true);
    disagree(*disagreement_);
}

void Handshake::refuse(Candidate& candidate, std::string text, bool is_final) {
    candidate.connection->send(wire::encode(wire::Refuse{std::move(text), is_final}));
    candidate.connection->close();
}

void Handshake::on_closed(Candidate& candidate, const post::Error& why) {
    const auto site = candidate.site;
    retire(candidate);
    if (!site) return;
    Site& remote = sites_[*site];
    if (remote.link == &candidate) {
        remote.link = nullptr;
        remote.is_ready = false;
    }
    if (remote.link || remote.dial || remote.redial || remote.knows_disagreement || !done_) return;
    if (!remote.last_error || why.failure != post::Failure::closed) remote.last_error = why;
    if (tries_once_) return finish(std::unexpected(why_incomplete()));
    remote.redial_delay_ms =
        std::clamp(remote.redial_delay_ms * 2, redial_delay_first_ms, redial_delay_max_ms);
    remote.redial = loop_.after(remote.redial_delay_ms, [this, id = *site] {
        sites_[id].redial = 0;
        dial(id);
    });
}

// Not destroyed at once: this may be called from within it.
void Handshake::retire(Candidate& candidate) {
    loop_.cancel(std::exchange(candidate.patience, 0));
    const auto found = candidates_.find(&candidate);
    if (found == candidates_.end()) return;
    retired_.push_back(std::move(found->second));
    candidates_.erase(found);
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) retired_.clear();
    });
}

void Handshake::progress() {
    const auto others = [&](auto holds) {
        for (wire::SiteId site = 0; site < sites_.size(); ++site) {
            if (site != description_.self && !holds(sites_[site])) return false;
        }
        return true;
    };
    if (!done_ || !others([](const Site& site) { return site.link != nullptr; })) return;
    if (!std::exchange(ready_sent_, true)) {
        for (const Site& site : sites_) {
            if (site.link) site.link->connection->send(wire::encode(wire::Ready{}));
        }
    }
    if (!others([](const Site& site) { return site.is_ready; })) return;

    Established established;
    established.connections.resize(sites_.size());
    established.early.resize(sites_.size());
    for (const Site& site : sites_) established.classes.push_back(site.connector_class);
    established.classes[description_.self] = connector_class_;
    for (std::size_t site = 0; site < sites_.size(); ++site) {
        Candidate* const link = sites_[site].link;
        if (!link) continue;
        link->connection->set_handler(nullptr);
        established.connections[site] = std::move(link->connection);
        established.early[site] = std::move(link->early);
        sites_[site].link = nullptr;
        retire(*link);
    }
    finish(std::move(established));
}

void Handshake::finish(std::expected<Established, Failure> result) {
    if (!done_) return;
    loop_.cancel(std::exchange(deadline_, 0));
    for (Site& site : sites_) {
        loop_.cancel(std::exchange(site.redial, 0));
        site.dial.reset();
    }
    // The last: whoever is called may destroy this.
    std::exchange(done_, nullptr)(std::move(result));
}

Failure Handshake::why_incomplete() const {
    Failure failure{Fault::timed_out, {}};
    const auto add = [&](std::string_view text) {
        if (!failure.text.empty()) failure.text += "; ";
        failure.text += text;
    };
    for (wire::SiteId id = 0; id < sites_.size(); ++id) {
        const Site& site = sites_[id];
        if (id == description_.self) continue;
        const std::string who = fmt::format("peer '{}' at {}", description_.name(id),
                                            post::to_string(description_.addresses[id]));
        if (site.link) {
            if (!site.is_ready) add(who + " is there, and waits for others itself");
            continue;
        }
        if (!site.last_error) {
            add(who + " has not answered in time");
            continue;
        }
        add(fmt::format("{}: {}", who, site.last_error->text));
        if (failure.fault != Fault::timed_out) continue;
        switch (site.last_error->failure) {
            case post::Failure::refused:
                failure.fault = Fault::refused;
                break;
            case post::Failure::unreachable:
            case post::Failure::unknown_host:
                failure.fault = Fault::unreachable;
                break;
            default:
                break;
        }
    }
    return failure;
}

}  // namespace reowolf::connector
