// SPDX-License-Identifier: MIT
// Components that withhold a part of what they can do give others the time to answer
// (runtime/withholding.cpp), and so do those who would be silent: here it is found out when those
// have.
#include <utility>

#include "connector/member.hpp"

namespace reowolf::connector {

namespace {

// The place among the questions of a site; see Quiet.
constexpr std::uint64_t place = 3;
// Of those who do not answer, and of those who are busy with something.
constexpr std::int64_t patience_ms = 1'000;
constexpr int asked_again_max = 4;

}  // namespace

// Links keep the order: who answers has what was put before, and has explored it, if it is at rest.
void Member::ask_those_waited_for() {
    if (!runtime_->is_withholding()) return forget_question();
    // Again if there is more to wait for since.
    // Nobody waits for what the workers still have: it may take for ever.
    if (!runtime_->is_at_rest() || asked_for_ == runtime_->withheld_ever()) return;
    asked_for_ = runtime_->withheld_ever();
    waited_for_.clear();
    for (const wire::SiteId site : runtime_->waited_for()) {
        if (!runtime_->arbiter().is_lost(site)) waited_for_.insert(site);
    }
    if (waited_for_.empty()) {
        runtime_->offer_withheld(false);  // what can be explored here has been
        loop_.post([this, alive = std::weak_ptr(alive_)] {
            if (!alive.expired()) pump();
        });
        return;
    }
    if (turn_ends_ == 0) {
        turn_ends_ = loop_.after(patience_ms, [this] {
            turn_ends_ = 0;
            offer_withheld();
            pump();
        });
    }
    question_ += Quiet::places;
    asked_again_ = 0;
    for (const wire::SiteId site : waited_for_) tell(site, {{}, wire::Probe{question_ + place}});
}

void Member::on_answer_waited_for(wire::SiteId from, const wire::Probed& answer) {
    if (answer.number != question_ + place || !waited_for_.contains(from)) return;
    if (!answer.quiet && ++asked_again_ < asked_again_max) {
        return tell(from, {{}, wire::Probe{answer.number}});
    }
    waited_for_.erase(from);
    if (waited_for_.empty()) offer_withheld();
}

void Member::forget_question() {
    loop_.cancel(std::exchange(turn_ends_, 0));
    waited_for_.clear();
}

void Member::offer_withheld() {
    forget_question();
    runtime_->offer_withheld(true);
}

// What waits elsewhere and would fit has been told of when all are quiet, and as much was received
// as sent. Who is never quiet, or does not answer, is not waited for.
void Member::ask_before_silence() {
    constexpr int waves_max = 4;
    if (silence_.is_seeking() || !runtime_->has_silent()) return;
    silent_ = runtime_->take_silent();
    silence_ends_ = loop_.after(patience_ms, [this] {
        silence_ends_ = 0;
        silence_.stop();
        let_be_silent();
    });
    silence_.seek(0, [this](const Quiet::Wave& wave) {
        if (!wave.is_balanced && wave.number < waves_max) return false;
        let_be_silent();
        return true;
    });
}

void Member::let_be_silent() {
    loop_.cancel(std::exchange(silence_ends_, 0));
    runtime_->let_be_silent(std::exchange(silent_, {}));
    pump_soon();
}

}  // namespace reowolf::connector
