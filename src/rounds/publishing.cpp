// SPDX-License-Identifier: MIT
// The shortcut (rules 11 to 16): an attempt that has exactly one behaviour, among sites that all
// need each other, is decided by all of them together; whoever has everybody's leaf commits.
#include <algorithm>
#include <utility>

#include "rounds/arbiter.hpp"

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Final;
using wire::Reason;
using wire::SiteId;

// ---- In the lane -------------------------------------------------------------------------------

bool Arbiter::may_step() const {
    const auto& sites = finals_.sites();
    const bool is_anybody_gone = !lost_.empty() || !departed_.empty();
    return is_publishing_expected_ && !stepping_ && is_free() && sites.size() >= 2 &&
           sites.size() <= publishing_sites_max && std::ranges::binary_search(sites, self_) &&
           finals_.is_empty() && kept_cancels_.empty() &&
           (holdings_.is_empty() || holdings_.realtime_held().empty()) &&
           !(is_anybody_gone &&
             std::ranges::any_of(sites, [&](SiteId site) { return is_gone(site); }));
}

bool Arbiter::agree(const Leaves& leaves) const {
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (!finals_.agrees(*leaves[i], *leaves[j])) return false;
        }
    }
    return true;
}

void Arbiter::commit_step(std::span<wire::Step* const> steps,
                          const wire::Decision& decision) {  // rule 12
    ++steps_;
    for (const wire::Step* step : steps) finals_.raise_floor(step->leaf.attempt);
    for (const wire::NodeRef& member : decision) {
        std::uint64_t& over = over_[member.attempt.component];
        over = std::max(over, member.attempt.number);
    }
    last_step_ = decision;
    last_round_.resize(steps.size() > 2 ? steps.size() : 0);
    last_forms_.resize(last_round_.size());
    for (std::size_t i = 0; i < last_round_.size(); ++i) {
        const std::uint64_t form = steps[i]->form;
        if (std::exchange(last_forms_[i], form) == form && form != 0) {
            std::swap(last_round_[i], steps[i]->leaf);
        } else {
            last_round_[i] = steps[i]->leaf;
        }
    }
}

void Arbiter::restore(Final own) {
    for (const wire::Part& part : own.parts) {
        promised_.emplace(part.attempt, holdings_.remove(part.attempt));
    }
    way_ = Way::published;
    published_ = std::move(own);
}

// ---- Two ways
// ------------------------------------------------------------------------------------

bool Arbiter::may_publish() const {
    const auto& sites = finals_.sites();
    return stepping_ && holdings_.contains(*stepping_) && sites.size() >= 2 &&
           sites.size() <= publishing_sites_max && is_free() &&
           std::ranges::none_of(sites, [&](SiteId site) { return is_gone(site); });
}

// Not if the last step was not, nor if somebody's attempt of this one has come the general way.
bool Arbiter::is_publishing_expected() const {
    return is_publishing_expected_ && holdings_.realtime_held().size() == 1;
}

void Arbiter::publish(Final own) {  // rule 11
    own.step = steps_ + 1;
    own.floors = finals_.floors();
    for (const wire::Part& part : own.parts) {
        promised_.emplace(part.attempt, holdings_.remove(part.attempt));
    }
    way_ = Way::published;
    for (const SiteId site : finals_.sites()) {
        if (site != self_) send(site, own);
    }
    published_ = std::move(own);
    try_round();
}

void Arbiter::arrive(const AttemptId& own, bool single) {
    if (!is_undecided(own)) return;
    way_ = Way::general;
    if (single) singles_.insert(own);
    release_kept(false, Reason::timed_out, {});  // rule 14
    touch_noted(own);
    if (holdings_.contains(own)) hand_over_to_step(own);
}

// Nothing is handed over because of what touches it: it is published, or may be soon.
bool Arbiter::defers(const AttemptId& here) const {
    return promised_.contains(here) || is_undecided(here);
}

void Arbiter::touch_noted(const AttemptId& own) {
    const auto noted = noted_.extract(own);
    if (noted.empty()) return;
    for (const Noted& one : noted.mapped()) {
        if (!is_over(one.other)) touch_at(own, one.other, one.holder, false);
    }
}

// All in the step could have been published.
bool Arbiter::is_single_step() const {
    return std::ranges::all_of(holdings_.realtime_held(), [&](const AttemptId& attempt) {
        return singles_.contains(attempt);
    });
}

// ---- Leaves of others
// ----------------------------------------------------------------------------

// The owner itself has sent its values before. What comes from another site may have to do without
// the owner, even if that is not lost yet.
void Arbiter::keep(SiteId from, const Final& leaf) {
    if (!finals_.keep(leaf)) return;
    for (const wire::Part& part : leaf.parts) forest_.keep(part.attempt);
    const SiteId owner = leaf.attempt.owner();
    if (from == owner) return;
    for (const wire::Copy& copy : leaf.copies) {
        if (copy.to == self_) effects_.emplace_back(Restore{owner, copy});
    }
}

void Arbiter::on(SiteId from, const Final& message) {
    if (message.attempt.owner() != from) return;
    keep(from, message);
    consider(message);
    try_round();
}

// Rule 14. Leaves of another step are no hindrance: whoever is further has decided this one.
void Arbiter::consider(const Final& leaf) {
    if (!is_free() || leaf.attempt.number <= finals_.floor(leaf.attempt.owner())) return;
    if (departed_.contains(self_)) {
        release(leaf.attempt, true, Reason::left, gone_text());
    } else if (stepping_ && way_ == Way::general && leaf.step == steps_ + 1) {
        release(leaf.attempt, false, Reason::timed_out, {});
    }
}

void Arbiter::release(const AttemptId& application, bool cancels, Reason reason,
                      const std::string& text) {
    finals_.raise_floor(application);
    forget_excluded();
    send(application.owner(), wire::Release{application, cancels, reason, text});
}

void Arbiter::release_kept(bool cancels, Reason reason, const std::string& text) {
    if (!is_free()) return;
    for (const Final& leaf : finals_.kept()) {
        if (cancels || leaf.step == steps_ + 1) release(leaf.attempt, cancels, reason, text);
    }
}

void Arbiter::forget_excluded() {
    for (const Final& leaf : finals_.take_excluded()) {
        for (const wire::Part& part : leaf.parts) forest_.release(part.attempt);
    }
}

// ---- The round
// -----------------------------------------------------------------------------------

// Rule 12. The same leaves lead every site to the same result, be it that they are no round.
void Arbiter::try_round() {
    if (!published_) return;
    const auto leaves = finals_.complete(*published_);
    if (!leaves) return;
    if (is_round(*leaves)) {
        last_round_.clear();
        last_forms_.clear();
        if (leaves->size() > 2) {
            for (const Final* leaf : *leaves) last_round_.push_back(*leaf);
        }
        return learn(decision_of(*leaves), self_, true);
    }
    for (const Final* leaf : *leaves) finals_.raise_floor(leaf->attempt);
    is_publishing_expected_ = false;
    take_home(false, Reason::timed_out, {});
}

// Rule 15: it is not decided by all together, and this site holds it again.
void Arbiter::take_home(bool cancels, Reason reason, const std::string& text) {
    const AttemptId own = published_->attempt;
    const auto wanted = std::exchange(wanted_cancel_, std::nullopt);
    published_.reset();
    inquiries_.erase(own);
    way_ = Way::general;
    auto promised = std::exchange(promised_, {});
    Withdraw withdraw;
    for (auto& [attempt, kept] : promised) {
        withdraw.attempts.push_back(attempt);
        Held& held = holdings_.add(attempt);
        held.touches = std::move(kept.touches);
        while (!kept.leaves.empty()) holdings_.add_leaf(attempt, kept.take_first_leaf());
    }
    effects_.emplace_back(std::move(withdraw));
    release_kept(cancels, reason, text);
    forget_excluded();
    answer_kept_cancels();
    if (wanted) {
        cancel_held(own, wanted->reason, wanted->text);
    } else if (cancels) {
        cancel_held(own, reason, text);
    } else {
        cancel_step_if_broken();
    }
    for (const auto& [attempt, kept] : promised) touch_noted(attempt);
    if (holdings_.contains(own)) hand_over_to_step(own);
    for (const auto& [attempt, kept] : promised) decide(attempt, false);
}

void Arbiter::on(SiteId, const wire::Release& message) {
    if (!published_ || published_->attempt != message.attempt) return;
    if (!message.cancels) is_publishing_expected_ = false;
    take_home(message.cancels, message.reason, message.text);
}

// ---- Cancelling
// ----------------------------------------------------------------------------------

// Rule 16: everybody is asked; one answer is enough, or the last leaf comes.
void Arbiter::cancel_published(Reason reason, const std::string& text) {
    if (!published_ || wanted_cancel_) return;
    wanted_cancel_ = wire::Cancel{published_->attempt, reason, text};
    for (const SiteId site : finals_.sites()) {
        if (site != self_) send(site, *wanted_cancel_);
    }
}

// Of a site that has published itself no answer comes before that is over.
void Arbiter::answer_kept_cancels() {
    if (!is_free()) return;
    for (const auto& [site, wanted] : std::exchange(kept_cancels_, {})) {
        if (wanted.attempt.number <= finals_.floor(site)) continue;
        release(wanted.attempt, true, wanted.reason, wanted.text);
    }
}

}  // namespace reowolf::rounds
