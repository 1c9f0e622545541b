// SPDX-License-Identifier: MIT
// Sites that are lost or leave, and what becomes of the attempts that they had a part in.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "rounds/arbiter.hpp"

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Decision;
using wire::NodeRef;
using wire::Reason;
using wire::SiteId;

void Arbiter::lose(SiteId site, const std::string& why) {
    if (site == self_ || !lost_.emplace(site, why).second) return;
    // Rule 10: what the lost site owned will never be decided here.
    std::vector<AttemptId> gone;
    for (const auto& [attempt, held] : holdings_.all()) {
        if (attempt.owner() == site) gone.push_back(attempt);
    }
    for (const AttemptId& attempt : gone) finish(attempt);
    // What was passed on to it from here, by an owner that may have noticed the loss before.
    for (const auto& [attempt, holder] : pointers_) {
        if (holder == site && attempt.owner() != self_) {
            send(attempt.owner(), wire::Held{attempt, site});
        }
    }
    if (!departed_.contains(site)) pass_on_what(site);
    cancel_step_if_broken();
    for (const AttemptId& own : std::set(own_)) {
        // What is published with the application's attempt ends with it.
        if (!holdings_.contains(own) && (!promised_.contains(own) || own == stepping_)) {
            inquire(own);
        }
    }
    for (const wire::Ask& question : std::exchange(deferred_, {})) on(site, question);
}

// Rule 20: it may not have come to tell the others in them. Who has gone on knows.
void Arbiter::pass_on_what(SiteId teller) {
    std::set<const Decision*> passed_on;
    for (const auto& [component, known] : decisions_) {
        if (known.teller != teller || !passed_on.insert(known.decision.get()).second) continue;
        std::set<SiteId> owners;
        for (const NodeRef& member : *known.decision) {
            const auto over = over_.find(member.attempt.component);
            const bool has_gone_on = over != over_.end() && over->second > member.attempt.number;
            const SiteId owner = member.attempt.owner();
            if (owner != self_ && !is_lost(owner) && !has_gone_on) owners.insert(owner);
        }
        for (const SiteId owner : owners) {
            send(owner, wire::Decide{*known.decision, is_publishing_expected_});
        }
    }
}

// Of each component the last decision is enough: nobody asks about an attempt after its next one.
// Nor about a step after the next one.
const Decision* Arbiter::find_decision(const AttemptId& attempt) const {
    if (std::ranges::find(last_step_, attempt, &NodeRef::attempt) != last_step_.end()) {
        return &last_step_;
    }
    const auto last = decisions_.find(attempt.component);
    if (last == decisions_.end()) return nullptr;
    const bool found = std::ranges::find(*last->second.decision, attempt, &NodeRef::attempt) !=
                       last->second.decision->end();
    return found ? last->second.decision.get() : nullptr;
}

// Rule 10 for applications that step together: without one of them there is no step.
void Arbiter::cancel_step_if_broken() {
    if (is_step_broken()) cancel_step(Reason::peer_lost, gone_text());
}

// Who leaves gives back what it holds for others, by cancelling it; nothing is in doubt.
void Arbiter::depart(SiteId site) {
    if (!departed_.insert(site).second) return;
    cancel_step_if_broken();
    if (site != self_) return;
    cancel_foreign();
    release_kept(true, Reason::left, gone_text());
}

void Arbiter::cancel_foreign() {
    std::vector<AttemptId> foreign;
    for (const auto& [attempt, held] : holdings_.all()) {
        if (attempt.owner() != self_) foreign.push_back(attempt);
    }
    for (const AttemptId& attempt : foreign) cancel_one(attempt, Reason::left, gone_text());
}

// Rule 17.
void Arbiter::inquire(const AttemptId& own) {
    Inquiry& inquiry = inquiries_[own];
    inquiry.lost.clear();
    for (const auto& [site, why] : lost_) inquiry.lost.insert(site);
    inquiry.denied.clear();
    for (SiteId site = 0; site < sites_.size(); ++site) {
        if (site == self_ || is_lost(site)) continue;
        send(site,
             wire::Ask{
                 own, {inquiry.lost.begin(), inquiry.lost.end()}, site, promised_.contains(own)});
    }
    conclude_if_denied(own);
}

// Rule 18. Whoever asks wants the attempt resolved, so a holder cancels it.
void Arbiter::on(SiteId, const wire::Ask& message) {
    if (!std::ranges::all_of(message.lost, [&](SiteId site) { return is_lost(site); })) {
        deferred_.push_back(message);  // until what the lost site has sent here is known
        return;
    }
    const SiteId owner = message.attempt.owner();
    const auto pointer = pointers_.find(message.attempt);
    const auto names = [&](const wire::Final& leaf) { return leaf.attempt == message.attempt; };
    const auto no = [&](std::vector<wire::Final> finals) {
        std::vector<SiteId> lost;
        for (const auto& [site, why] : lost_) lost.push_back(site);
        send(owner, wire::No{message.attempt, std::move(lost), message.asked, std::move(finals)});
    };
    const bool is_excluded = message.published && steps_with(message.attempt) &&
                             (is_free() || message.attempt.number <= finals_.floor(owner));
    if (message.published && std::ranges::any_of(last_round_, names)) {
        no(last_round_);  // all that the owner needs to commit
    } else if (const Decision* known = find_decision(message.attempt)) {
        send(owner, wire::Decide{*known, false});
    } else if (holdings_.contains(message.attempt)) {
        cancel_held(message.attempt, Reason::peer_lost, gone_text());
    } else if (pointer != pointers_.end() && !is_lost(pointer->second)) {
        send(pointer->second, message);
    } else if (knows_of_no_step(message)) {
        send(owner, wire::Cancelled{message.attempt, Reason::left, gone_text()});
    } else if (is_excluded) {
        release(message.attempt, true, Reason::peer_lost, gone_text());
    } else {
        std::vector<wire::Final> finals;
        if (message.published) {
            finals = finals_.kept();
            if (published_) finals.push_back(*published_);
        }
        no(std::move(finals));
    }
}

// Of a step of others this site knows nothing, whether it has published anything or not.
bool Arbiter::steps_with(const AttemptId& attempt) const {
    return finals_.is_stepping(attempt) && finals_.is_stepping({{self_, 0}, 0});
}

// All who step are in one decision, and whoever leaves has said before what was decided. So if
// everybody has left but who asks and this site, which steps and has heard of no decision, there
// was none. Of anybody else who is there it may still be on its way.
bool Arbiter::knows_of_no_step(const wire::Ask& message) const {
    if (message.published || !steps_with(message.attempt)) return false;
    for (SiteId site = 0; site < sites_.size(); ++site) {
        const bool is_here = site == self_ || site == message.attempt.owner();
        if (!is_here && !departed_.contains(site)) return false;
    }
    return true;
}

void Arbiter::on(SiteId from, const wire::No& message) {
    const auto inquiry = inquiries_.find(message.attempt);
    if (inquiry == inquiries_.end()) return;
    for (const wire::Final& leaf : message.finals) keep(from, leaf);
    try_round();
    if (!inquiries_.contains(message.attempt)) return;
    if (std::set(message.lost.begin(), message.lost.end()) != inquiry->second.lost) return;
    inquiry->second.denied.insert(message.asked);
    conclude_if_denied(message.attempt);
}

// Rule 19: everybody who is left has said no, for exactly the losses known here.
void Arbiter::conclude_if_denied(const AttemptId& own) {
    const Inquiry& inquiry = inquiries_.at(own);
    for (SiteId site = 0; site < sites_.size(); ++site) {
        if (site != self_ && !is_lost(site) && !inquiry.denied.contains(site)) return;
    }
    // What those have decided who left in order they have said before.
    const bool is_open = !std::ranges::all_of(
        lost_, [&](const auto& entry) { return departed_.contains(entry.first); });
    std::vector<AttemptId> ended{own};
    if (promised_.contains(own)) {
        is_doubtful_ |= is_open;
        for (const auto& [promised, held] : promised_) {
            if (promised != own) ended.push_back(promised);
        }
    }
    for (const AttemptId& each : ended) {
        finish(each);
        if (is_open) {
            effects_.emplace_back(Doubt{each, gone_text()});
        } else {
            effects_.emplace_back(Fail{each, Reason::left, gone_text()});
        }
    }
}

bool Arbiter::is_gone(SiteId site) const {
    return is_lost(site) || departed_.contains(site);
}

std::string Arbiter::gone_text() const {
    std::string text;
    const auto add = [&](SiteId site, const std::string& why) {
        text += fmt::format("{}peer '{}' is gone: {}", text.empty() ? "" : "; ", sites_[site], why);
    };
    for (const SiteId site : departed_) add(site, "it has left the connector");
    for (const auto& [site, why] : lost_) {
        if (!departed_.contains(site)) add(site, why);
    }
    return text;
}

}  // namespace reowolf::rounds
