// SPDX-License-Identifier: MIT
#include "connector/quiet.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace reowolf::connector {

namespace {

// Most rounds are decided long before anybody needs to ask.
constexpr std::int64_t delay_first_ms = 2;
constexpr std::int64_t delay_max_ms = 64;

}  // namespace

void Quiet::on_step() {
    delay_ms_ = delay_first_ms;
    balance_.reset();
}

void Quiet::on_idle() {
    if (timer_ == 0 && !is_asking_ && asked_.is_step_complete()) later();
}

void Quiet::later() {
    delay_ms_ = std::clamp(delay_ms_, delay_first_ms, delay_max_ms);
    timer_ = loop_.after(delay_ms_, [this] {
        timer_ = 0;
        if (asked_.is_step_complete()) ask();
    });
    delay_ms_ *= 2;
}

void Quiet::ask() {
    is_asking_ = true;
    answers_.clear();
    ++wave_;
    asked_.ask_all({wave_});
    conclude();
}

void Quiet::on_answer(wire::SiteId from, const wire::Probed& answer) {
    if (!is_asking_ || answer.number != wave_) return;
    answers_[from] = answer;
    conclude();
}

void Quiet::conclude() {
    if (answers_.size() < asked_.others()) return;
    is_asking_ = false;
    if (!asked_.is_step_complete()) return;
    const wire::Probed here = asked_.here();
    bool quiet = here.quiet;
    std::uint64_t sent = here.sent;
    std::uint64_t received = here.received;
    std::string explanation = here.explanation;
    for (const auto& [site, answer] : answers_) {
        quiet &= answer.quiet;
        sent += answer.sent;
        received += answer.received;
        if (answer.explanation.empty()) continue;
        explanation += fmt::format("{}{}", explanation.empty() ? "" : "\n", answer.explanation);
    }
    if (!quiet || sent != received) {
        balance_.reset();
        return later();
    }
    if (balance_ == sent) {
        balance_.reset();
        return asked_.on_impossible(explanation);
    }
    balance_ = sent;
    ask();
}

}  // namespace reowolf::connector
