// SPDX-License-Identifier: MIT
#include "connector/quiet.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::connector {

namespace {

// Between waves that found something going on.
constexpr std::int64_t delay_first_ms = 2;
constexpr std::int64_t delay_max_ms = 64;

}  // namespace

std::string Quiet::Wave::explanation() const {
    std::string text;
    for (const auto& [site, answer] : answers) {
        if (answer.explanation.empty()) continue;
        if (!text.empty()) text += "\n";
        text += answer.explanation;
    }
    return text;
}

void Quiet::seek(std::int64_t delay_ms, std::function<bool(const Wave&)> enough) {
    stop();
    enough_ = std::move(enough);
    waves_asked_ = 0;
    delay_ms_ = delay_first_ms;
    timer_ = loop_.after(delay_ms, [this] {
        timer_ = 0;
        ask();
    });
}

void Quiet::stop() {
    loop_.cancel(std::exchange(timer_, 0));
    enough_ = nullptr;
    is_asking_ = false;
    balance_.reset();
}

void Quiet::later() {
    timer_ = loop_.after(delay_ms_, [this] {
        timer_ = 0;
        ask();
    });
    delay_ms_ = std::min(delay_ms_ * 2, delay_max_ms);
}

void Quiet::ask() {
    is_asking_ = true;
    answers_.clear();
    ++waves_asked_;
    wave_ += places;
    asked_.ask_all({wave_});
    conclude();
}

void Quiet::on_answer(wire::SiteId from, const wire::Probed& answer) {
    if (!awaits(answer)) return;
    answers_[from] = answer;
    conclude();
}

void Quiet::conclude() {
    if (!is_asking_) return;
    const std::vector<wire::SiteId> others = asked_.others();
    const bool all_answered =
        std::ranges::all_of(others, [&](wire::SiteId site) { return answers_.contains(site); });
    if (!all_answered) return;
    is_asking_ = false;

    Wave wave{.answers = {}, .number = waves_asked_};
    wave.answers[self_] = asked_.here();
    for (const wire::SiteId site : others) wave.answers[site] = std::move(answers_[site]);
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    bool quiet = true;
    for (const auto& [site, answer] : wave.answers) {
        quiet &= answer.quiet;
        sent += answer.sent;
        received += answer.received;
    }
    wave.is_balanced = quiet && sent == received;
    wave.is_still = wave.is_balanced && balance_ == sent;
    balance_ = wave.is_balanced ? std::optional(sent) : std::nullopt;

    // Whoever is asked may begin another search, or end this one.
    const auto enough = enough_;
    const int asked = waves_asked_;
    const std::uint64_t number = wave_;
    const bool ends = enough(wave);
    if (!enough_ || number != wave_ || asked != waves_asked_ || timer_ != 0) return;
    if (ends) return stop();
    // What was on its way at the first wave has come by the next one.
    if (wave.is_balanced ? !wave.is_still : waves_asked_ == 1) return ask();
    later();
}

}  // namespace reowolf::connector
