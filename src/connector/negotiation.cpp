// SPDX-License-Identifier: MIT
// The protocol after the one that has expired. Each peer says at its application's next round what
// it wants, to the lowest of the sites that are left; logical peers whose application is outside of
// any call are asked, and take what the others say. When all have spoken, it decides, alone: so
// that nobody goes on with what another has given up.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connector/member.hpp"

namespace reowolf::connector {

using wire::SiteId;

namespace {

wire::Agreed agreement(const Description& description, std::uint32_t epoch) {
    wire::Agreed message{.epoch = epoch, .identity = description.identity(), .texts = {}};
    if (description.views.empty()) message.texts.push_back(description.view->text);
    for (const auto& view : description.views) message.texts.push_back(view->text);
    return message;
}

}  // namespace

// ---- At each peer ------------------------------------------------------------------------------

// Where all step together, nothing has happened for anybody if it has not for one.
bool Member::may_propose() const {
    return is_expired_ || (is_untried_ && std::ranges::all_of(classes_, steps));
}

bool Member::propose(std::shared_ptr<const Description> next) {
    if (!may_propose()) return false;
    is_expired_ = true;
    proposal_ = std::move(next);
    // It may have been asked already, and have had no wishes then.
    if (!steps_here() && queried_epoch_ == epoch_ + 1) send_proposal(0);
    return true;
}

void Member::negotiate() {
    is_expired_ = true;
    is_negotiating_ = true;
    if (steps_here() && runtime_->arbiter().is_step_broken()) return reconsider();
    speak();
}

void Member::speak() {
    send_proposal(call_);
    // What the others have said by now is all that is waited for.
    if (is_negotiating_ && (!ended_by_.empty() || timeout_ms_ == 0)) withdraw();
}

void Member::send_proposal(std::uint64_t number) {
    proposed_to_ = runtime_->arbiter().meeting_place();
    wire::Propose message{.epoch = epoch_, .number = number, .hash = {}, .text = {}};
    if (proposal_) {
        message.hash = proposal_->view->hash;
        message.text = proposal_->view->text;
    }
    if (proposed_to_ == description_->self) return on(proposed_to_, message);
    send(proposed_to_, message);
}

void Member::withdraw() {
    const wire::Withdraw message{.epoch = epoch_, .number = call_};
    if (proposed_to_ == description_->self) return on(proposed_to_, message);
    send(proposed_to_, message);
}

void Member::fail_negotiation(Failure failure) {
    if (!std::exchange(is_negotiating_, false)) return;
    complete(std::unexpected(std::move(failure)));
}

// Others say that the protocol has expired; nothing can come of an attempt that is still open.
void Member::learn_of_expiry() {
    if (std::exchange(is_expired_, true) || !runtime_->application_entered()) return;
    renew();
}

// The attempt that is open goes on in the next protocol, and so do those that step together with
// it.
void Member::renew() {
    renews_ = true;
    check_.stop();
    runtime_->cancel_application(wire::Reason::expired, {});
}

void Member::on(SiteId from, const wire::Query& message) {
    if (message.epoch != epoch_) {
        if (message.epoch < epoch_) {
            send(from, agreement(*description_, epoch_));
        }
        return;
    }
    learn_of_expiry();
    queried_epoch_ = epoch_ + 1;
    if (steps_here()) return;  // it says so itself, at its next round
    if (sync_done_) {
        is_queried_ = !is_negotiating_ && !renews_;
    } else {
        send_proposal(0);
    }
}

void Member::on(SiteId from, const wire::Agreed& message) {
    if (message.epoch <= epoch_) return;
    auto next = agreed_on(message);
    if (!next) return deviation(from, "what it says is agreed on is no protocol: " + next.error());
    begin_protocol(std::move(*next), message.epoch);
}

void Member::on(SiteId, const wire::Disagreed& message) {
    if (message.epoch != epoch_ || message.number != call_) return;
    fail_negotiation({Fault::disagreement, message.why});
}

void Member::on(SiteId, const wire::Withdrawn& message) {
    if (message.epoch != epoch_ || message.number != call_) return;
    const std::string_view then = ended_by_.empty() || message.why.empty() ? "" : "; ";
    fail_negotiation({Fault::timed_out, fmt::format("the round did not come about: {}{}{}",
                                                    ended_by_, then, message.why)});
}

void Member::on(SiteId from, const wire::Epoch& message) {
    epochs_[from] = message.epoch;
    // Who decided it may have been lost before it told everybody.
    if (message.epoch > epoch_ && !lost_.empty()) send(from, wire::Query{epoch_});
}

// Somebody has gone.
void Member::reconsider() {
    std::erase_if(proposals_, [this](const auto& entry) { return is_gone(entry.first); });
    for (SiteId site = 0; site < epochs_.size() && !lost_.empty(); ++site) {
        if (epochs_[site] > epoch_) send(site, wire::Query{epoch_});
    }
    if (is_negotiating_ && steps_here() && runtime_->arbiter().is_step_broken()) {
        return fail_negotiation({deviated_.empty() ? Fault::peer_gone : Fault::deviated,
                                 runtime_->arbiter().gone_text()});
    }
    if (is_negotiating_ && proposed_to_ != runtime_->arbiter().meeting_place()) {
        return speak();
    }
    settle_proposals();
}

void Member::begin_protocol(std::shared_ptr<const Description> next, std::uint32_t epoch) {
    flush(true);
    const auto last = std::exchange(description_, std::move(next));  // until nothing refers to it
    epoch_ = epoch;
    is_expired_ = false;
    is_untried_ = true;
    is_queried_ = false;
    proposal_.reset();
    std::erase_if(proposals_, [this](const auto& entry) { return entry.second.epoch != epoch_; });
    queried_.clear();
    check_.stop();
    presence_.stop();
    impasse_.stop();
    ends_.stop();
    forget_question();
    silence_.stop();
    loop_.cancel(std::exchange(silence_ends_, 0));
    silent_.clear();
    asked_for_ = 0;
    arrived_.clear();
    loop_.cancel(std::exchange(telling_, 0));
    told_attempt_ = 0;
    judged_dead_ = 0;
    ended_known_ = 0;
    round_ = {};
    heard_last_.reset();
    ask_if_last_.clear();
    build();
    for (const SiteId site : leaving_) runtime_->depart(site);
    for (const auto& [site, why] : lost_) runtime_->lose(site, why);
    part_regions();
    for (SiteId site = 0; site < links_.size(); ++site) {
        if (links_[site]) send(site, wire::Epoch{epoch_});
    }
    if (std::exchange(is_negotiating_, false)) enter();
    for (SiteId site = 0; site < links_.size(); ++site) {
        if (epochs_[site] != epoch_) continue;
        for (const auto& bytes : std::exchange(early_[site], {})) on_message(site, bytes);
    }
    settle_proposals();
    pump();
}

// ---- At the lowest of them ---------------------------------------------------------------------

void Member::on(SiteId from, const wire::Propose& message) {
    if (message.epoch < epoch_) {  // it has not heard of the agreement
        return send(from, agreement(*description_, epoch_));
    }
    proposals_[from] = message;
    if (message.epoch > epoch_) return;  // kept for when this site has heard of the last agreement
    if (from != description_->self) learn_of_expiry();
    settle_proposals();
}

void Member::on(SiteId from, const wire::Withdraw& message) {
    const auto found = proposals_.find(from);
    if (found == proposals_.end() || found->second.epoch != message.epoch ||
        found->second.number != message.number) {
        return;  // the agreement is on its way
    }
    std::vector<std::string> missing;
    for (SiteId site = 0; site < classes_.size(); ++site) {
        if (is_gone(site) || proposals_.contains(site)) continue;
        missing.push_back(fmt::format("'{}' did not arrive", description_->name(site)));
    }
    const std::string here = fmt::format("{}", fmt::join(missing, "; "));
    missing.insert(missing.begin(), fmt::format("'{}' waits no longer", description_->name(from)));
    const std::string elsewhere = fmt::format("{}", fmt::join(missing, "; "));
    // Those who step together wait for each other here too.
    std::vector<std::pair<SiteId, std::uint64_t>> withdrawn;
    std::erase_if(proposals_, [&](const auto& entry) {
        const auto& [site, proposal] = entry;
        const bool is_with_it = site == from || (steps(classes_[from]) && steps(classes_[site]));
        const bool is_over = is_with_it && proposal.epoch == epoch_ && proposal.number > 0;
        if (is_over) withdrawn.emplace_back(site, proposal.number);
        return is_over;
    });
    for (const auto& [site, number] : withdrawn) {
        queried_.erase(site);
        const wire::Withdrawn answer{
            .epoch = epoch_, .number = number, .why = site == from ? here : elsewhere};
        if (site == description_->self) {
            on(site, answer);
        } else {
            send(site, answer);
        }
    }
}

void Member::settle_proposals() {
    const bool is_wanted = std::ranges::any_of(proposals_, [this](const auto& entry) {
        return entry.second.epoch == epoch_ && entry.second.number > 0;
    });
    if (!is_wanted || runtime_->arbiter().meeting_place() != description_->self) return;
    bool all = true;
    for (SiteId site = 0; site < classes_.size(); ++site) {
        const auto said = proposals_.find(site);
        const bool has_said = said != proposals_.end() && said->second.epoch == epoch_;
        if (is_gone(site) || has_said) continue;
        all = false;
        if (!queried_.insert(site).second) continue;
        const wire::Query query{.epoch = epoch_};
        if (site == description_->self) {
            loop_.post([this, query, alive = std::weak_ptr(alive_)] {
                if (!alive.expired()) on(description_->self, query);
            });
        } else {
            send(site, query);
        }
    }
    if (!all) return;

    std::vector<bool> keeps(classes_.size(), false);
    std::vector<bool> proposes(classes_.size(), false);
    for (const auto& [site, proposal] : proposals_) {
        if (proposal.epoch == epoch_) keeps[site] = proposal.hash.empty();
        if (proposal.epoch == epoch_) proposes[site] = !proposal.hash.empty();
    }
    if (std::ranges::find(proposes, true) == proposes.end()) return agree(description_);
    auto next = compose_proposals();
    if (!next) return disagree(next.error());
    if (auto misfit = explain_misfit(*description_, **next, keeps, proposes)) {
        return disagree(*misfit);
    }
    agree(std::move(*next));
}

// Who has proposed nothing keeps its view, unless a proposal describes everything or its ports.
Described Member::compose_proposals() const {
    const auto names = description_->names();
    const std::string& self = names[description_->self];
    Views views;
    std::map<std::string, std::shared_ptr<const Description>> known;  // by hash
    std::vector<std::shared_ptr<const Description>> proposed;
    const auto take = [&](const std::string& name, const std::string& text,
                          const std::string& hash) -> std::optional<std::string> {
        auto& view = known[hash];
        if (!view || name == self) {
            auto made = view_from(text, hash, name, limits_);
            if (!made) return "the new protocol is not valid: " + made.error();
            view = std::move(*made);
        }
        views.insert_or_assign(name, view);
        return std::nullopt;
    };
    for (const auto& [site, proposal] : proposals_) {
        if (proposal.epoch != epoch_ || proposal.hash.empty()) continue;
        if (auto problem = take(names[site], proposal.text, proposal.hash)) {
            return std::unexpected(std::move(*problem));
        }
        proposed.push_back(views.at(names[site]));
    }
    // Told of those who have said something, not of whoever would take their view.
    if (auto conflict = explain_conflict(views, limits_)) {
        return std::unexpected(std::move(*conflict));
    }
    for (SiteId site = 0; site < names.size(); ++site) {
        if (views.contains(names[site])) continue;
        const auto covers = [&](const auto& view) {
            const auto& peers = view->program.connector->peers;
            const auto peer = std::ranges::find(peers, names[site], &program::Peer::name);
            return !view->is_local_view() || (peer != peers.end() && !peer->ports.empty());
        };
        const auto covering = std::ranges::find_if(proposed, covers);
        const View& view =
            covering == proposed.end() ? description_->view_of(site) : *(*covering)->view;
        if (auto problem = take(names[site], view.text, view.hash)) {
            return std::unexpected(std::move(*problem));
        }
    }
    return compose(views, self, limits_, names);
}

Described Member::agreed_on(const wire::Agreed& message) const {
    if (message.texts.empty()) return description_;
    if (proposal_ && message.texts.size() == 1 && proposal_->identity() == message.identity) {
        return proposal_;
    }
    const auto names = description_->names();
    const std::string& self = names[description_->self];
    Described next;
    if (message.texts.size() == 1) {
        next = describe(message.texts[0], limits_, self);
    } else if (message.texts.size() != names.size()) {
        return std::unexpected("it is not for these peers");
    } else {
        Views views;
        for (SiteId site = 0; site < names.size(); ++site) {
            auto view = describe(message.texts[site], limits_, names[site],
                                 fmt::format("description of '{}'", names[site]));
            if (!view) return view;
            views.emplace(names[site], std::move(*view));
        }
        next = compose(views, self, limits_, names);
    }
    if (next && (*next)->identity() != message.identity) {
        return std::unexpected("it is not the text it should be");
    }
    return next;
}

void Member::agree(std::shared_ptr<const Description> next) {
    wire::Agreed message{.epoch = epoch_ + 1, .identity = {}, .texts = {}};
    if (next != description_) message = agreement(*next, epoch_ + 1);
    for (SiteId site = 0; site < links_.size(); ++site) {
        if (links_[site]) send(site, message);
    }
    begin_protocol(std::move(next), epoch_ + 1);
}

void Member::disagree(const std::string& why) {
    queried_.clear();
    for (const auto& [site, proposal] : std::exchange(proposals_, {})) {
        if (proposal.number == 0) continue;
        const wire::Disagreed message{.epoch = epoch_, .number = proposal.number, .why = why};
        if (site == description_->self) {
            on(site, message);
        } else {
            send(site, message);
        }
    }
}

}  // namespace reowolf::connector
