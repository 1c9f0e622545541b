// SPDX-License-Identifier: MIT
#include "rounds/arbiter.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Decision;
using wire::NodeRef;
using wire::Reason;
using wire::SiteId;

Arbiter::Arbiter(SiteId self, std::vector<std::string> sites, std::vector<SiteId> realtime)
    : self_(self),
      sites_(std::move(sites)),
      holdings_(realtime),
      finals_(self, std::move(realtime)) {}

// ---- Events of this site's own attempts --------------------------------------------------------

void Arbiter::open(const AttemptId& own) {
    own_.insert(own);
    holdings_.add(own);  // rule 1
    if (!holdings_.is_realtime(own)) return;
    stepping_ = own;
    way_ = Way::undecided;
    cancel_step_if_broken();
}

// Applications that step together are in every round together, so their authority always meets. To
// hand it there at once saves the detour over touches.
void Arbiter::hand_over_to_step(const AttemptId& attempt) {
    const SiteId place = meeting_place();
    if (place < self_) give(attempt, place, attempt);
}

void Arbiter::touch(const AttemptId& own, const AttemptId& other, SiteId holder) {
    if (is_over(other)) return;
    touch_at(own, other, holder);
    // Whoever holds one of them is told by its owner, so that the word comes after the attempt.
    if (other.owner() == self_) touch_at(other, own, this->holder(own));
}

void Arbiter::leaf(const AttemptId& own, wire::Leaf leaf) {
    if (holdings_.contains(own)) {
        holdings_.add_leaf(own, std::move(leaf));
    } else if (const auto promised = promised_.find(own); promised != promised_.end()) {
        promised->second.leaves.insert(std::move(leaf));
    } else if (const auto pointer = pointers_.find(own); pointer != pointers_.end()) {
        send(pointer->second, wire::LeafFound{own, std::move(leaf)});
    }
}

std::size_t Arbiter::withdraw(const AttemptId& own, std::span<const wire::NodeId> leaves) {
    std::size_t looked_at = 0;
    const auto withdraw_from = [&](Held::Leaves& all) {
        looked_at += all.size();
        std::erase_if(all, [&](const wire::Leaf& each) {
            return std::ranges::binary_search(leaves, each.node);
        });
    };
    if (Held* const held = holdings_.find(own)) withdraw_from(held->leaves);
    if (const auto promised = promised_.find(own); promised != promised_.end()) {
        withdraw_from(promised->second.leaves);
    }
    return looked_at;
}

void Arbiter::decide(const AttemptId& attempt, bool silent_too) {
    if (const auto round = find(attempt, silent_too)) take(*round);
}

void Arbiter::decide_news() {
    std::vector<AttemptId> attempts = std::exchange(news_, {});
    std::ranges::sort(attempts);
    const auto [first, last] = std::ranges::unique(attempts);
    attempts.erase(first, last);
    for (const AttemptId& attempt : attempts) decide(attempt, true);
}

std::optional<Decision> Arbiter::find(const AttemptId& attempt, bool silent_too,
                                      const Holdings::Skip& skip) const {
    if (!holdings_.contains(attempt)) return std::nullopt;
    return holdings_.find_round(forest_, attempt, silent_too, skip);
}

void Arbiter::take(const Decision& found) {  // rule 7
    std::set<SiteId> owners;
    for (const NodeRef& member : found) owners.insert(member.attempt.owner());
    owners.erase(self_);
    const bool steps = std::ranges::any_of(
        found, [&](const NodeRef& member) { return holdings_.is_realtime(member.attempt); });
    const bool publish_next = steps && is_single_step();
    for (const SiteId owner : owners) send(owner, wire::Decide{found, publish_next});
    if (steps) is_publishing_expected_ = publish_next;
    learn(found, self_);
}

void Arbiter::abandon(const AttemptId& own) {
    if (const auto pointer = pointers_.find(own); pointer != pointers_.end()) {
        send(pointer->second, wire::Over{own, {}});
    }
    finish(own);
}

void Arbiter::cancel(const AttemptId& own, Reason reason, const std::string& text) {
    if (!own_.contains(own)) return;
    if (promised_.contains(own)) return cancel_published(reason, text);
    if (is_undecided(own)) arrive(own);
    if (holdings_.contains(own)) {
        cancel_held(own, reason, text);
    } else if (const auto pointer = pointers_.find(own); pointer != pointers_.end()) {
        send(pointer->second, wire::Cancel{own, reason, text});
    }
}

void Arbiter::cancel_step(Reason reason, const std::string& text) {
    for (const AttemptId& attempt : holdings_.realtime_held()) cancel_one(attempt, reason, text);
}

// ---- Events from other sites -------------------------------------------------------------------

void Arbiter::receive(SiteId from, const wire::Body& body) {
    std::visit([&](const auto& message) { on(from, message); }, body);
}

void Arbiter::on(SiteId, const wire::Touch& message) {
    if (!is_over(message.other)) touch_at(message.attempt, message.other, message.other_holder);
}

void Arbiter::on(SiteId from, const wire::Hand& message) {
    if (is_over(message.attempt)) return;
    acquire(message, from);
}

void Arbiter::on(SiteId, const wire::LeafFound& message) {
    if (holdings_.contains(message.attempt)) {  // rule 6
        holdings_.add_leaf(message.attempt, message.leaf);
        news_.push_back(message.attempt);
    } else if (const auto pointer = pointers_.find(message.attempt); pointer != pointers_.end()) {
        send(pointer->second, message);
    }
}

void Arbiter::on(SiteId, const wire::Held& message) {
    const auto pointer = pointers_.find(message.attempt);
    if (pointer == pointers_.end()) return;
    if (message.holder < pointer->second) pointer->second = message.holder;
    if (is_lost(message.holder) && own_.contains(message.attempt)) inquire(message.attempt);
}

void Arbiter::on(SiteId from, const wire::Cancel& message) {
    if (holdings_.contains(message.attempt)) {  // rule 9
        cancel_held(message.attempt, message.reason, message.text);
    } else if (const auto pointer = pointers_.find(message.attempt); pointer != pointers_.end()) {
        send(pointer->second, message);
    } else if (finals_.is_stepping(message.attempt) && message.attempt.owner() == from) {
        kept_cancels_.insert_or_assign(from, message);
        answer_kept_cancels();
    }
}

void Arbiter::on(SiteId, const wire::Cancelled& message) {
    if (!own_.contains(message.attempt)) return;
    finish(message.attempt);
    effects_.emplace_back(Fail{message.attempt, message.reason, message.text});
}

void Arbiter::on(SiteId from, const wire::Decide& message) {
    const auto steps = [&](const NodeRef& member) { return holdings_.is_realtime(member.attempt); };
    if (std::ranges::any_of(message.decision, steps)) {
        is_publishing_expected_ = message.publish_next;
    }
    learn(message.decision, from);
}

void Arbiter::on(SiteId from, const wire::Over& message) {
    if (!message.decision.empty()) learn(message.decision, from);
    if (const auto pointer = pointers_.find(message.attempt); pointer != pointers_.end()) {
        send(pointer->second, message);
    }
    finish(message.attempt);
}

// ---- Authority ---------------------------------------------------------------------------------

// Rule 3, at this site: `here` touches `other`, which is believed to be held at `holder`.
void Arbiter::touch_at(const AttemptId& here, const AttemptId& other, SiteId holder, bool told) {
    Held* const held = holdings_.find(here);
    if (defers(here)) {
        if (held) held->touches.insert(other);
        if (Held* const other_held = holdings_.find(other)) other_held->touches.insert(here);
        noted_[here].push_back({other, holder});
        return;
    }
    if (!held) {
        if (const auto pointer = pointers_.find(here); pointer != pointers_.end()) {
            send(pointer->second, wire::Touch{here, other, holder});
        }
        return;
    }
    held->touches.insert(other);
    if (Held* const other_held = holdings_.find(other)) {
        other_held->touches.insert(here);
    } else if (holder == wire::nobody) {
        return;  // if it is not published any more, whoever holds it says so
    } else if (holder == self_) {
        if (const auto pointer = pointers_.find(other); pointer != pointers_.end()) {
            give(here, pointer->second, other);
        }
    } else if (holder < self_) {
        give(here, holder, other);
    } else if (!is_lost(holder) && (!told || here.owner() != self_ || other.owner() != holder)) {
        // Two owners that hold their own have said to each other what TOUCH says, with the value.
        send(holder, wire::Touch{other, here, self_});
    }
}

std::set<AttemptId> Arbiter::together_with(const AttemptId& attempt) const {
    std::set<AttemptId> together;
    std::vector<AttemptId> open{attempt};
    while (!open.empty()) {
        const AttemptId next = open.back();
        open.pop_back();
        const auto held = holdings_.all().find(next);
        if (held == holdings_.all().end() || !together.insert(next).second) continue;
        open.insert(open.end(), held->second.touches.begin(), held->second.touches.end());
        if (holdings_.is_realtime(next)) {
            const auto step = holdings_.realtime_held();
            open.insert(open.end(), step.begin(), step.end());
        }
    }
    return together;
}

// Rule 4: what is together moves together, and only to lower numbers.
void Arbiter::give(const AttemptId& attempt, SiteId to, const AttemptId& reason) {
    if (to >= self_ || is_gone(to)) return;
    for (const AttemptId& moved : together_with(attempt)) {
        Held held = holdings_.remove(moved);
        pointers_[moved] = to;
        std::vector<wire::Leaf> leaves;
        while (!held.leaves.empty()) leaves.push_back(held.take_first_leaf());
        send(to, wire::Hand{moved,
                            std::move(leaves),
                            {held.touches.begin(), held.touches.end()},
                            reason,
                            singles_.erase(moved) > 0});
    }
}

// Rule 5.
void Arbiter::acquire(const wire::Hand& hand, SiteId from) {
    const AttemptId& attempt = hand.attempt;
    if (attempt.owner() == self_ || is_lost(attempt.owner()) || holdings_.contains(attempt)) return;
    pointers_.erase(attempt);
    Held& held = holdings_.add(attempt);
    if (hand.single) singles_.insert(attempt);
    for (const wire::Leaf& leaf : hand.leaves) holdings_.add_leaf(attempt, leaf);
    if (attempt.owner() != from) send(attempt.owner(), wire::Held{attempt, self_});

    held.touches.insert(hand.touches.begin(), hand.touches.end());
    if (hand.reason != attempt) held.touches.insert(hand.reason);
    for (const AttemptId& other : std::set(held.touches)) {
        if (Held* const here = holdings_.find(other)) here->touches.insert(attempt);
    }
    if (holdings_.is_realtime(attempt)) {
        cancel_step_if_broken();
        if (holdings_.contains(attempt)) hand_over_to_step(attempt);
    }
    if (departed_.contains(self_)) return cancel_foreign();
    // What it touches may have been passed on from here meanwhile: it follows.
    if (const Held* const still_here = holdings_.find(attempt)) {
        for (const AttemptId& other : std::set(still_here->touches)) {
            const auto pointer = pointers_.find(other);
            if (pointer == pointers_.end()) continue;
            give(attempt, pointer->second, other);
            break;
        }
    }
    news_.push_back(attempt);
}

// ---- Ends --------------------------------------------------------------------------------------

void Arbiter::learn(const Decision& decision, SiteId teller, bool was_published) {
    if (decision.empty()) return;
    // Nobody else will ask about a round that was this site's alone.
    const bool is_shared = std::ranges::any_of(
        decision, [&](const NodeRef& member) { return member.attempt.owner() != self_; });
    const auto shared = is_shared ? std::make_shared<const Decision>(decision) : nullptr;
    bool commits = false;
    for (const NodeRef& member : decision) {
        commits |= own_.contains(member.attempt);
        if (stepping_ == member.attempt) ++steps_;
        if (finals_.is_stepping(member.attempt)) finals_.raise_floor(member.attempt);
        if (shared && member.attempt.number >= over_[member.attempt.component]) {
            decisions_[member.attempt.component] = {shared, teller};
        }
        finish(member.attempt);
    }
    if (commits) effects_.emplace_back(Commit{decision, was_published});
    if (was_published) {
        finals_.take_excluded();  // their trees are forgotten with the attempts
    } else {
        forget_excluded();
    }
    answer_kept_cancels();
}

void Arbiter::finish(const AttemptId& attempt) {
    std::uint64_t& over = over_[attempt.component];
    over = std::max(over, attempt.number);
    holdings_.remove(attempt);
    pointers_.erase(attempt);
    inquiries_.erase(attempt);
    own_.erase(attempt);
    promised_.erase(attempt);
    noted_.erase(attempt);
    singles_.erase(attempt);
    if (stepping_ == attempt) {
        stepping_.reset();
        published_.reset();
        wanted_cancel_.reset();
    }
}

bool Arbiter::is_over(const AttemptId& attempt) const {
    const auto found = over_.find(attempt.component);
    return found != over_.end() && attempt.number <= found->second && !finals_.names(attempt);
}

// Rule 9. Applications that step together wait for each other, so they fail together.
void Arbiter::cancel_held(const AttemptId& attempt, Reason reason, const std::string& text) {
    if (holdings_.is_realtime(attempt)) {
        cancel_step(reason, text);
    } else {
        cancel_one(attempt, reason, text);
    }
}

void Arbiter::cancel_one(const AttemptId& attempt, Reason reason, const std::string& text) {
    if (attempt.owner() == self_) {
        finish(attempt);
        effects_.emplace_back(Fail{attempt, reason, text});
    } else {
        holdings_.remove(attempt);
        // Not over for its owner before it hears of it: until then it may ask again.
        send(attempt.owner(), wire::Cancelled{attempt, reason, text});
    }
}

SiteId Arbiter::meeting_place() const {
    SiteId place = 0;
    while (place < self_ && is_gone(place)) ++place;
    return place;
}

bool Arbiter::is_step_broken() const {
    if (lost_.empty() && departed_.empty()) return false;
    return std::ranges::any_of(holdings_.realtime_sites(),
                               [&](SiteId site) { return is_gone(site); });
}

bool Arbiter::is_step_complete() const {
    return !holdings_.is_empty() && !holdings_.realtime_sites().empty() &&
           holdings_.realtime_held().size() == holdings_.realtime_sites().size();
}

// ---- What can be asked -------------------------------------------------------------------------

SiteId Arbiter::holder(const AttemptId& own) const {
    if (promised_.contains(own)) return wire::nobody;
    const auto pointer = pointers_.find(own);
    return pointer == pointers_.end() ? self_ : pointer->second;
}

// ---- Effects -----------------------------------------------------------------------------------

void Arbiter::send(SiteId to, wire::Body body) {
    if (!is_lost(to)) effects_.emplace_back(Send{to, std::move(body)});
}

std::vector<Effect> Arbiter::take_effects() {
    return std::exchange(effects_, {});
}

}  // namespace reowolf::rounds
