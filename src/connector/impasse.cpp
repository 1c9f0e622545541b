// SPDX-License-Identifier: MIT
// Rounds of applications that are impossible: everybody who could help has arrived, everything is
// explored, and nothing fits. The lowest of the sites that are left looks for that. To say so of a
// round that is possible after all would be a mistake, but no danger: the attempts are cancelled as
// if a time limit had passed.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connector/member.hpp"

namespace reowolf::connector {

namespace {

// Most rounds are decided long before anybody needs to ask.
constexpr std::int64_t patience_ms = 2;

// Among sites that are never all at rest: a round that was not possible until then was not at once.
constexpr int waves_tried_max = 20;

// In one call, of protocols that end without this peer.
constexpr int renewals_max = 8;

}  // namespace

// Nothing more happens at this site by itself.
void Member::on_idle() {
    if (left_ && !runtime_->has_ends_on_the_way()) say_bye();
    judge_if_dead();
    judge_if_cut_off();
    try_once();
    tell_arrival();
    look_for_impasse();
}

void Member::give_up(wire::Reason reason, const std::string& text) {
    if (!runtime_->application_entered()) return;
    gives_up_ = true;
    runtime_->cancel_application(reason, text);
}

// With a time limit of 0: what those who wait now allow happens, and nobody else is waited for.
void Member::try_once() {
    if (!tries_once_ || check_.is_seeking() || !runtime_->application_entered()) return;
    tries_once_ = false;
    check_.seek(0, [this](const Quiet::Wave& wave) {
        if (!runtime_->application_entered()) return true;
        if (!wave.is_still && wave.number < waves_tried_max) return false;
        if (wave.is_still && is_everybody_there(wave)) {
            give_up(wire::Reason::unsatisfiable, wave.explanation());
        } else {
            heard_ = wave.answers;
            give_up(wire::Reason::timed_out, "it is not possible at once" + who_waits());
        }
        pump();
        return true;
    });
}

bool Member::is_everybody_there(const Quiet::Wave& wave) const {
    return std::ranges::all_of(region_of(regions_), [&](wire::SiteId site) {
        const auto answer = wave.answers.find(site);
        return answer != wave.answers.end() && answer->second.waiting != 0;
    });
}

// For the time limit, which may pass before all have answered.
void Member::look_who_is_there(std::function<void()> done) {
    heard_.clear();
    heard_.emplace(description_->self, answer());
    presence_.seek(0, [done = std::move(done)](const Quiet::Wave&) {
        done();
        return true;
    });
}

std::optional<std::uint64_t> Member::last_words() {
    if (sync_done_) return std::nullopt;
    presence_.seek(0, [this](const Quiet::Wave& wave) {
        if (!wave.is_still) return wave.number >= waves_tried_max;
        last_words_ = 0;
        for (const auto& [site, answer] : wave.answers) {
            if (answer.last_word == 0) {
                last_words_.reset();
                break;
            }
            *last_words_ += answer.last_word;
        }
        return true;
    });
    return std::exchange(last_words_, std::nullopt);
}

// Who is missing, as far as it has been asked, and then, a line each, who waits where.
std::string Member::who_waits() const {
    std::string missing;
    std::string waiting;
    for (const wire::SiteId site : region_of(regions_)) {
        const auto heard = heard_.find(site);
        const bool has_answered = heard != heard_.end();
        const bool is_self = site == description_->self;
        if (!heard_.empty() && !is_self && !is_gone(site) &&
            (!has_answered || heard->second.waiting == 0)) {
            missing += fmt::format("; '{}' did not {}", description_->name(site),
                                   has_answered ? "arrive" : "answer");
        }
    }
    const auto add = [&](const std::string& lines) {
        if (!lines.empty()) waiting += "\n" + lines;
    };
    for (const auto& [site, said] : heard_) {
        if (site != description_->self) add(said.explanation);
    }
    add(explanation());
    return missing + waiting;
}

const Region& Member::region_of(const std::vector<Region>& regions) const {
    return *std::ranges::find_if(regions, [this](const Region& region) {
        return std::ranges::find(region, description_->self) != region.end();
    });
}

// The own attempt has no behaviour left. Those who step together hear of it when all have arrived.
void Member::judge_if_dead() {
    if (!runtime_->is_application_dead()) return;
    if (std::exchange(judged_dead_, runtime_->application_attempt()) ==
        runtime_->application_attempt()) {
        return;
    }
    if (!may_expire_by_itself_) return give_up_dead();
    check_expiry([this](bool has_expired) {
        if (!runtime_->is_application_dead()) return;
        // With the next protocol too, which others have left before it began, or which is always
        // over before this peer can have a part in it.
        const bool is_in_vain = renewals_ >= (is_anybody_gone() ? 1 : renewals_max);
        if (!has_expired || is_in_vain) {
            give_up_dead();
        } else {  // in a round in which this peer had no part
            ++renewals_;
            renew();
        }
        pump();
    });
}

// Nobody who is left can be heard of at any port, nor bring another one. Where ports move, only
// the site itself can tell.
void Member::judge_if_cut_off() {
    if (steps_here() || !runtime_->hands_over() || !is_anybody_gone()) return;
    if (!runtime_->application_entered() || !runtime_->is_cut_off()) return;
    give_up(wire::Reason::unsatisfiable, explanation());
    pump();
}

void Member::give_up_dead() {
    // Those who step together fail together: when all have arrived, or one of them is gone.
    if (steps_here() && !runtime_->arbiter().is_step_broken()) return;
    if (is_anybody_gone()) {
        give_up(wire::Reason::peer_lost, runtime_->arbiter().gone_text());
    } else {
        give_up(wire::Reason::unsatisfiable, explanation());
    }
}

// ---- Who is there ------------------------------------------------------------------------------

// The lowest site holds what steps together, so it knows who of these has arrived; the others tell
// it, but only when their round takes long.
void Member::tell_arrival() {
    const auto is_told = [this] {
        return steps_here() || !runtime_->application_entered() ||
               runtime_->arbiter().meeting_place() == description_->self ||
               (told_attempt_ == runtime_->application_attempt() &&
                told_site_ == runtime_->arbiter().meeting_place());
    };
    if (telling_ != 0 || is_told()) return;
    telling_ = loop_.after(patience_ms, [this, is_told] {
        telling_ = 0;
        if (is_told() || !runtime_->is_idle()) return;
        told_attempt_ = runtime_->application_attempt();
        told_site_ = runtime_->arbiter().meeting_place();
        tell(told_site_, {{}, wire::Arrived{told_attempt_}});
    });
}

void Member::on_arrived(wire::SiteId from, const wire::Arrived& message) {
    if (steps(classes_[from])) return deviation(from, "it steps, and says that it does not");
    arrived_.insert_or_assign(from, message.number);
}

// The attempt in which it has arrived is over. Of the next one it tells by itself.
void Member::forget_arrival(wire::SiteId site, std::uint64_t present_attempt) {
    const auto known = arrived_.find(site);
    if (known != arrived_.end() && known->second != present_attempt) arrived_.erase(known);
}

bool Member::has_arrived(wire::SiteId site) const {
    if (is_gone(site)) return true;
    if (steps(classes_[site])) {
        return runtime_->arbiter().is_step_complete() || runtime_->arbiter().is_step_broken();
    }
    return site == description_->self ? runtime_->application_entered() : arrived_.contains(site);
}

bool Member::has_arrived(const Region& region) const {
    const auto waits = [&](wire::SiteId site) {
        return !is_gone(site) && has_arrived(site) &&
               (!steps(classes_[site]) || runtime_->arbiter().is_step_complete());
    };
    return std::ranges::all_of(region, [&](wire::SiteId site) { return has_arrived(site); }) &&
           std::ranges::any_of(region, waits);
}

// ---- Deciding that it is impossible ------------------------------------------------------------

void Member::look_for_impasse() {
    const auto wanted = [this] {
        return runtime_->arbiter().meeting_place() == description_->self &&
               std::ranges::any_of(regions_, [&](const Region& each) { return has_arrived(each); });
    };
    if (impasse_.is_seeking() || !wanted()) return;
    impasse_.seek(patience_ms, [this, wanted](const Quiet::Wave& wave) {
        if (!wanted()) return true;
        // Who has answered before it arrived may have brought what was missing.
        const bool is_of_now = std::ranges::all_of(arrived_, [&](const auto& arrival) {
            const auto answer = wave.answers.find(arrival.first);
            return answer != wave.answers.end() && answer->second.waiting == arrival.second;
        });
        if (!wave.is_still || !is_of_now) return false;
        for (const Region& region : regions_) {
            if (has_arrived(region)) declare_impossible(region, wave);
        }
        pump();
        return true;
    });
}

void Member::declare_impossible(const Region& region, const Quiet::Wave& wave) {
    const bool broken =
        runtime_->arbiter().is_step_broken() && std::ranges::any_of(region, [&](wire::SiteId site) {
            return steps(classes_[site]) && is_gone(site);
        });
    const wire::Reason reason = broken ? wire::Reason::peer_lost : wire::Reason::unsatisfiable;
    const std::string text = broken ? runtime_->arbiter().gone_text() : wave.explanation();
    for (const wire::SiteId site : region) {
        if (is_gone(site) || steps(classes_[site])) continue;
        if (site == description_->self) {
            give_up(reason, text);
        } else if (const auto arrived = arrived_.extract(site)) {
            tell(site, {{}, wire::Impossible{arrived.mapped(), reason, text}});
        }
    }
    const bool is_of_step =
        std::ranges::any_of(region, [&](wire::SiteId site) { return steps(classes_[site]); });
    if (is_of_step && !broken) runtime_->cancel_step(reason, text);
}

void Member::on_impossible(const wire::Impossible& message) {
    if (message.number == 0 || message.number != runtime_->application_attempt()) return;
    give_up(message.reason, message.text);
}

}  // namespace reowolf::connector
