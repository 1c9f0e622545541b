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
        } else if (const auto* ready = std::get_if<wire::Ready>(&*message)) {
            handshake_.on_ready(*this, *ready);
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

Handshake::Handshake(std::shared_ptr<const Description> description, Class connector_class,
                     post::Loop& loop, post::Transport& transport, const Limits& limits)
    : description_(std::move(description)),
      connector_class_(connector_class),
      loop_(loop),
      transport_(transport),
      limits_(limits),
      sites_(description_->addresses.size()) {}

Handshake::~Handshake() {
    loop_.cancel(deadline_);
    for (const Site& site : sites_) loop_.cancel(site.redial);
    for (const auto& [key, candidate] : candidates_) loop_.cancel(candidate->patience);
}

void Handshake::start(std::int64_t timeout_ms, Done done) {
    done_ = std::move(done);
    tries_once_ = timeout_ms == 0;
    const std::int64_t limit_ms = tries_once_ ? limits_.single_try_ms : timeout_ms;
    if (limit_ms >= 0) {
        deadline_ = loop_.after(limit_ms, [this] { finish(std::unexpected(why_incomplete())); });
    }
    if (sites_.size() > 1) {
        auto acceptor = transport_.listen(description_->listen, [this](auto connection) {
            make_room();
            adopt(std::move(connection), std::nullopt);
        });
        if (!acceptor) {
            loop_.post([this, error = acceptor.error(), alive = std::weak_ptr(alive_)] {
                if (alive.expired()) return;
                Fault fault = Fault::address_not_available;
                if (error.failure == post::Failure::address_in_use) fault = Fault::address_in_use;
                if (error.failure == post::Failure::resources) fault = Fault::resources;
                finish(std::unexpected(Failure{fault, error.text}));
            });
            return;
        }
        acceptor_ = std::move(*acceptor);
        loop_.post([this, alive = std::weak_ptr(alive_)] {
            if (alive.expired() || !acceptor_) return;
            tell(Progress::Kind::listening, description_->self, to_string(acceptor_->local()));
        });
    }
    for (wire::SiteId site = 0; site < sites_.size(); ++site) {
        if (site != description_->self) dial(site);
    }
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) progress();
    });
}

// Who asks for one transport in its own addresses has it also where it dials.
post::Address Handshake::address_of(wire::SiteId site) const {
    post::Address address = description_->addresses[site];
    if (address.scheme.empty()) address.scheme = description_->listen.scheme;
    return address;
}

void Handshake::dial(wire::SiteId site) {
    sites_[site].dial = transport_.dial(
        address_of(site), [this, site](auto result) { on_dialled(site, std::move(result)); });
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
    tell(Progress::Kind::connecting, site, remote.last_error->text);
    if (remote.last_error->failure == post::Failure::resources) {
        return finish(std::unexpected(Failure{Fault::resources, why_incomplete().text}));
    }
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
            fmt::format("'{}' is connected already", description_->name(description_->self));
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
    candidate.connection->send(wire::encode(hello_to(*dialled)));
}

wire::Hello Handshake::hello_to(wire::SiteId site) const {
    return {.version = wire::protocol_version,
            .sender = description_->name(description_->self),
            .receiver = description_->name(site),
            .connector_class = std::to_underlying(connector_class_),
            .hash = description_->view->hash,
            .text = description_->view->text};
}

void Handshake::on_hello(Candidate& candidate, const wire::Hello& hello) {
    if (candidate.has_greeted || !done_) return candidate.connection->abort();
    if (hello.version != wire::protocol_version) {
        return refuse(candidate, "another version of the connector protocol", true);
    }
    const auto names = description_->names();
    const auto named = std::ranges::find(names, hello.sender);
    const auto sender = static_cast<wire::SiteId>(named - names.begin());
    if (named == names.end() || sender == description_->self ||
        hello.receiver != names[description_->self] ||
        (candidate.site && candidate.site != sender)) {
        return refuse(candidate,
                      fmt::format("this is '{}' of connector '{}', and expects others",
                                  names[description_->self], description_->program.connector->name),
                      false);
    }
    if (hello.connector_class >= class_count) return candidate.connection->abort();
    candidate.has_greeted = true;
    candidate.connector_class = static_cast<Class>(hello.connector_class);
    const bool was_dialled_here = candidate.site.has_value();
    candidate.site = sender;
    if (!was_dialled_here) candidate.connection->send(wire::encode(hello_to(sender)));
    learn_view(sender, hello);
    if (disagreement_) return tell_disagreement(candidate);
    // Both may have dialled. Who comes first by name takes the first connection on which it is
    // greeted.
    if (is_first(sender)) return;
    if (sites_[sender].link) return candidate.connection->close();
    candidate.connection->send(wire::encode(wire::Accept{}));
    select(sender, candidate);
}

// Of this peer and the other, whether the other one comes first.
bool Handshake::is_first(wire::SiteId site) const {
    return description_->name(site) < description_->name(description_->self);
}

// Most often all have the same text, and nothing is left to be done.
void Handshake::learn_view(wire::SiteId site, const wire::Hello& hello) {
    const std::string& name = description_->name(site);
    if (const auto known = views_.find(name); known != views_.end()) {
        if (known->second->view->hash == hello.hash) return;
        if (composed_) return disagree(fmt::format("'{}' has another description now", name));
    }
    const std::string& self = description_->name(description_->self);
    if (hello.hash == description_->view->hash) {
        views_.insert_or_assign(name, description_);
        return;
    }
    auto view = view_from(hello.text, hello.hash, name, limits_);
    if (!view)
        return disagree(fmt::format("the description of '{}' is none:\n{}", name, view.error()));
    auto own = view_from(description_->view->text, description_->view->hash, self, limits_);
    if (!own) return disagree(own.error());
    if (auto conflict = explain_conflict({{name, *view}, {self, *own}}, limits_)) {
        return disagree(*conflict);
    }
    views_.insert_or_assign(name, std::move(*view));
}

void Handshake::on_accepted(Candidate& candidate) {
    if (!candidate.has_greeted || !is_first(*candidate.site)) {
        return candidate.connection->abort();
    }
    select(*candidate.site, candidate);
}

void Handshake::select(wire::SiteId site, Candidate& candidate) {
    sites_[site].link = &candidate;
    candidate.connection->set_return_address(address_of(site));
    sites_[site].connector_class = candidate.connector_class;
    loop_.cancel(std::exchange(sites_[site].redial, 0));
    if (composed_) candidate.connection->send(wire::encode(wire::Ready{identity_}));
    tell(Progress::Kind::connecting, site, "it is there");
    progress();
}

void Handshake::tell(Progress::Kind kind, wire::SiteId site, const std::string& text) {
    if (!on_progress_ || std::exchange(sites_[site].told, text) == text) return;
    const auto there =
        std::ranges::count_if(sites_, [](const Site& each) { return each.link != nullptr; });
    on_progress_({.kind = kind,
                  .peer = description_->name(site),
                  .done = static_cast<std::uint64_t>(there),
                  .total = sites_.size() - 1,
                  .text = text});
}

void Handshake::on_ready(Candidate& candidate, const wire::Ready& ready) {
    if (!candidate.site || sites_[*candidate.site].link != &candidate) {
        return candidate.connection->abort();
    }
    candidate.is_established = true;
    candidate.connection->limit_message_bytes(limits_.frame_bytes_on_wire_max);
    sites_[*candidate.site].ready = ready.identity;
    progress();
}

void Handshake::on_refused(Candidate& candidate, const wire::Refuse& refusal) {
    if (!candidate.site) return candidate.connection->abort();
    sites_[*candidate.site].last_error = {post::Failure::protocol, refusal.text};
    tell(Progress::Kind::connecting, *candidate.site, refusal.text);
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
        if (site != description_->self && !sites_[site].knows_disagreement) return;
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
        remote.ready.reset();
    }
    if (remote.link || remote.dial || remote.redial || remote.knows_disagreement || !done_) return;
    if (!remote.last_error || why.failure != post::Failure::closed) remote.last_error = why;
    tell(Progress::Kind::connecting, *site, remote.last_error->text);
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
            if (site != description_->self && !holds(sites_[site])) return false;
        }
        return true;
    };
    if (!done_ || disagreement_ || !others([](const Site& site) { return site.link != nullptr; }))
        return;
    if (!composed_) {
        if (!compose_views()) return;
        for (const Site& site : sites_) {
            if (site.link) site.link->connection->send(wire::encode(wire::Ready{identity_}));
        }
    }
    if (!others([](const Site& site) { return site.ready.has_value(); })) return;
    for (wire::SiteId site = 0; site < sites_.size(); ++site) {
        if (site == description_->self || sites_[site].ready == identity_) continue;
        return disagree(fmt::format("'{}' and '{}' have not been told the same by the others",
                                    description_->name(description_->self),
                                    description_->name(site)));
    }
    establish();
}

// False if they do not fit together.
bool Handshake::compose_views() {
    const std::string& self = description_->name(description_->self);
    const bool is_one_text = std::ranges::all_of(views_, [this](const auto& entry) {
        return entry.second->view->hash == description_->view->hash;
    });
    auto own = is_one_text && !description_->is_local_view()
                   ? Described(description_)
                   : view_from(description_->view->text, description_->view->hash, self, limits_);
    Described composed = own;
    if (own) {
        views_.insert_or_assign(self, *own);
        composed = compose(views_, self, limits_);
    }
    if (!composed) {
        disagree(composed.error());
        return false;
    }
    composed_ = std::move(*composed);
    identity_ = composed_->identity();
    return true;
}

void Handshake::establish() {
    Established established;
    established.description = composed_;
    const auto own_names = description_->names();
    for (const std::string& name : composed_->names()) {
        Site& site = sites_[static_cast<std::size_t>(std::ranges::find(own_names, name) -
                                                     own_names.begin())];
        established.classes.push_back(site.connector_class);
        auto& connection = established.connections.emplace_back();
        auto& early = established.early.emplace_back();
        Candidate* const link = site.link;
        if (!link) continue;
        link->connection->set_handler(nullptr);
        connection = std::move(link->connection);
        early = std::move(link->early);
        site.link = nullptr;
        retire(*link);
    }
    established.classes[composed_->self] = connector_class_;
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
        if (id == description_->self) continue;
        const std::string who = fmt::format("peer '{}' at {}", description_->name(id),
                                            post::to_string(description_->addresses[id]));
        if (site.link) {
            if (!site.ready) add(who + " is there, and waits for others itself");
            continue;
        }
        if (!site.last_error) {
            add(who + (description_->addresses[id].by_name
                           ? " has not been found in time, or has not answered"
                           : " has not answered in time"));
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
            // Their texts could not be compared, as one takes no message that comes otherwise.
            case post::Failure::not_supported:
                failure.fault = Fault::disagreement;
                break;
            default:
                break;
        }
    }
    return failure;
}

}  // namespace reowolf::connector
