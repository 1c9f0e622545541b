// SPDX-License-Identifier: MIT
// Peers that go, this one among them: they die, deviate or leave in order.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connector/link.hpp"
#include "connector/member.hpp"

namespace reowolf::connector {

namespace {

// A peer that somebody else has lost is given this long to be lost here too, so that what it
// still sent here is read.
constexpr std::int64_t told_lost_patience_ms = 1'000;

// How often who leaves looks whether those who do not answer have everything.
constexpr std::int64_t farewell_look_delay_ms = 50;

}  // namespace

// ---- Who is lost -------------------------------------------------------------------------------

void Member::deviation(wire::SiteId from, const std::string& what) {
    if (!deviated_.insert(from).second) return;
    loop_.post([this, from, what, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) on_closed(from, "it deviated from the protocol: " + what);
    });
}

void Member::on_closed(wire::SiteId site, const std::string& why) {
    lose(site, leaving_.contains(site) ? "it has left the connector" : why);
    pump();
}

// A peer that one of the others cannot reach is cut off by all: so nobody decides with it what
// the others do not hear of.
void Member::lose(wire::SiteId site, const std::string& why) {
    if (site == description_->self || !std::exchange(links_[site]->is_open, false)) return;
    links_[site]->connection->abort();
    flush();
    if (!leaving_.contains(site)) {
        send_all({{}, wire::Lost{site, why}});
    }
    lost_.emplace(site, why);
    runtime_->lose(site, why);
    part_regions();
    arrived_.erase(site);
    check_.on_loss();
    presence_.on_loss();
    impasse_.on_loss();
    ends_.on_loss();
    silence_.on_loss();
    if (waited_for_.erase(site) > 0 && waited_for_.empty()) offer_withheld();
    if (committed_) find_out_if_last();
    reconsider();
    part_if_all_know();
}

void Member::on_told_lost(wire::SiteId site, const std::string& why) {
    if (site == description_->self || !links_[site]->is_open || leaving_.contains(site)) return;
    told_lost_.emplace(site, why);
    loop_.after(told_lost_patience_ms, [this, site, why, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) on_closed(site, why);
    });
}

// Who leaves because of a loss may be gone before the loss is noticed here.
void Member::add_told_losses(std::string& text) const {
    for (const auto& [site, why] : told_lost_) {
        const std::string gone = fmt::format("peer '{}' is gone: ", description_->name(site));
        if (!leaving_.contains(site) && !text.contains(gone))
            text += fmt::format("; {}{}", gone, why);
    }
}

// Links keep the order: who has got an end by now has said so before it answers.
void Member::seek_ends() {
    ends_.seek(0, [this](const Quiet::Wave&) {
        runtime_->lose_ends();
        pump();
        return true;
    });
}

// Who is gone connects nobody any more. What came from it in a message may: then it counts as if it
// still did.
void Member::part_regions() {
    // Where ports move, those of who is gone may be somebody else's.
    const auto is_without = [this](wire::SiteId site) {
        return lost_.contains(site) && !runtime_->hands_over();
    };
    regions_ = regions_of(description_->structure, classes_, is_without);
}

// ---- Who leaves --------------------------------------------------------------------------------

void Member::on(wire::SiteId from, const wire::Bye&) {
    leaving_.insert(from);
    runtime_->depart(from);
    send(from, wire::Farewell{});
    reconsider();
}

void Member::on(wire::SiteId from, const wire::Farewell&) {
    farewells_.insert(from);
    part_if_all_know();
}

void Member::leave(std::function<void()> done) {
    left_ = std::move(done);
    loop_.cancel(std::exchange(deadline_, 0));
    if (!runtime_->has_ends_on_the_way()) return say_bye();
    // Who has the other end is to hear where this one is before it hears that this site is gone.
    give_up(wire::Reason::left, {});
    deadline_ = loop_.after(limits_.farewell_patience_ms, [this] { say_bye(); });
    pump();
}

void Member::say_bye() {
    if (std::exchange(has_said_bye_, true)) return;
    flush(true);
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        if (!links_[site] || links_[site]->connection->is_handed_over()) continue;
        owed_[site] = {links_[site]->connection->acknowledged(), loop_.now_ms()};
    }
    runtime_->depart(description_->self);
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        if (links_[site]) send(site, wire::Bye{});
    }
    loop_.cancel(std::exchange(deadline_, 0));
    deadline_ = loop_.after(limits_.farewell_patience_ms, [this] { await_farewells(); });
    part_if_all_know();
}

// What was decided is on its way there, and gets on.
bool Member::is_being_delivered(wire::SiteId site) {
    const auto found = owed_.find(site);
    if (found == owed_.end() || links_[site]->connection->is_handed_over()) return false;
    Owed& owed = found->second;
    const std::uint64_t acknowledged = links_[site]->connection->acknowledged();
    if (acknowledged > owed.acknowledged) owed = {acknowledged, loop_.now_ms()};
    return loop_.now_ms() < owed.since_ms + limits_.silence_patience_ms;
}

// Who does not answer has to have what was decided, or be on the way to have it, and no more.
void Member::await_farewells() {
    deadline_ = 0;
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        if (!links_[site] || !links_[site]->is_open || farewells_.contains(site)) continue;
        if (is_being_delivered(site)) continue;
        links_[site]->is_open = false;
        links_[site]->connection->abort();
    }
    deadline_ = loop_.after(farewell_look_delay_ms, [this] { await_farewells(); });
    part_if_all_know();
}

void Member::part_if_all_know() {
    if (!left_) return;
    for (wire::SiteId site = 0; site < links_.size(); ++site) {
        if (links_[site] && links_[site]->is_open && !farewells_.contains(site)) return;
    }
    flush(true);
    for (const auto& link : links_) {
        if (link && link->is_open) link->connection->close();
    }
    loop_.cancel(std::exchange(deadline_, 0));
    loop_.post([done = std::exchange(left_, nullptr)] { done(); });
}

// ---- Who is gone -------------------------------------------------------------------------------

bool Member::is_anybody_gone() const {
    for (wire::SiteId site = 0; site < classes_.size(); ++site) {
        if (is_gone(site)) return true;
    }
    return false;
}

Fault Member::fault_of_loss() const {
    if (!deviated_.empty()) return Fault::deviated;
    const bool all_left = told_lost_.empty() && std::ranges::all_of(lost_, [&](const auto& entry) {
                              return leaving_.contains(entry.first);
                          });
    return all_left ? Fault::peer_left : Fault::peer_gone;
}

std::optional<Failure> Member::loss() const {
    const Fault fault = fault_of_loss();
    if (lost_.empty() || fault == Fault::peer_left) return std::nullopt;
    return Failure{fault, runtime_->arbiter().gone_text()};
}

// Who, of those with whom this application can have to do, is gone: rather one that was lost than
// one that has left.
std::optional<wire::SiteId> Member::missed() const {
    std::optional<wire::SiteId> has_left;
    for (const wire::SiteId site :
         hosts_of(description_->structure, classes_, description_->self)) {
        if (leaving_.contains(site)) {
            has_left = site;
        } else if (lost_.contains(site)) {
            return site;
        }
    }
    return has_left;
}

}  // namespace reowolf::connector
