// SPDX-License-Identifier: MIT
// The end of a protocol: every component of the connector has ended.
#include <algorithm>
#include <functional>
#include <utility>

#include "connector/member.hpp"

namespace reowolf::connector {

namespace {

// Where others go on and are never all at rest, this often is enough.
constexpr int waves_max = 5;

bool ends_at(const Structure::End& end, wire::SiteId site) {
    return end.kind != Structure::End::Kind::nobody && end.site == site;
}

}  // namespace

// Whether the last round of the protocol can come: not if a component is there that never ends. One
// that never does so by itself ends, or fails, with those at the other ends of its channels.
bool Member::may_expire(const std::set<std::uint32_t>& closed) const {
    const Structure& structure = description_->structure;
    std::vector<std::vector<std::uint32_t>> neighbours(structure.components.size());
    std::vector<bool> may_end(structure.components.size());
    std::vector<std::uint32_t> found;
    const auto find = [&](std::uint32_t component) {
        if (may_end[component]) return;
        may_end[component] = true;
        found.push_back(component);
    };
    for (std::uint32_t i = 0; i < structure.components.size(); ++i) {
        if (description_->program.routines[structure.components[i].routine].may_end) find(i);
    }
    for (std::uint32_t i = 0; i < structure.channels.size(); ++i) {
        const auto& [type, out, in] = structure.channels[i];
        for (const auto& [end, other] : {std::pair(out, in), std::pair(in, out)}) {
            if (end.kind != Structure::End::Kind::component) continue;
            if (other.kind == Structure::End::Kind::component) {
                neighbours[end.component].push_back(other.component);
            } else if (other.kind == Structure::End::Kind::nobody || closed.contains(i)) {
                find(end.component);
            }
        }
    }
    while (!found.empty()) {
        const std::uint32_t component = found.back();
        found.pop_back();
        std::ranges::for_each(neighbours[component], find);
    }
    return !may_end.empty() && std::ranges::all_of(may_end, std::identity{});
}

// Who has the other end is told by the runtime. To the others it matters for what it leads to.
void Member::close_port(machine::PortHandle port) {
    runtime_->close(port);
    const auto number = static_cast<std::uint32_t>(port / 2);
    const bool is_out = port % 2 == 0;
    if (is_of_application(number, is_out, description_->self)) {
        closed_.insert(number);
        may_expire_ = may_expire(closed_);
        const auto& [type, out, in] = description_->structure.channels[number];
        for (wire::SiteId site = 0; site < links_.size(); ++site) {
            if (!links_[site] || ends_at(out, site) || ends_at(in, site)) continue;
            tell(site, {{}, wire::Closed{{.index = number}, is_out, 0}});
        }
    }
    pump();
}

// True if that was all that the message is about.
bool Member::note_closing(wire::SiteId from, const wire::Closed& message) {
    const auto& [home, number] = message.channel;
    if (home != wire::ChannelId::between_sites ||
        !is_of_application(number, message.is_out, from)) {
        return false;
    }
    closed_.insert(number);
    may_expire_ = may_expire(closed_);
    const auto& [type, out, in] = description_->structure.channels[number];
    return !ends_at(out, description_->self) && !ends_at(in, description_->self);
}

// Whether the channel is one of the description's, and that end of it a port of the site's peer.
bool Member::is_of_application(std::uint32_t channel, bool is_out, wire::SiteId site) const {
    const auto& channels = description_->structure.channels;
    if (channel >= channels.size()) return false;
    const Structure::End& end = is_out ? channels[channel].out : channels[channel].in;
    return end.kind == Structure::End::Kind::application && end.site == site;
}

void Member::note_round(const wire::Decision& decision) {
    const wire::ComponentId own{description_->self, runtime::Runtime::application};
    const auto part = std::ranges::find(
        decision, own, [](const wire::NodeRef& ref) { return ref.attempt.component; });
    if (part == decision.end()) return;
    is_untried_ = false;
    round_.own = part->attempt.number;
    round_.is_last = false;
    round_.others.clear();
    if (!may_expire_) return;
    for (const auto& [attempt, node] : decision) {
        const bool is_application = attempt.component.index == runtime::Runtime::application;
        if (!is_application || attempt.component == own) continue;
        round_.others.emplace_back(attempt.owner(), attempt.number);
    }
}

// The round was the last one if, when everything that it leads to has happened, no component is
// left anywhere. But whoever has been told may close ports then, or leave, and components end by
// that too. So the lowest of those who were in the round finds out, and the others hear it from
// there.
void Member::find_out_if_last() {
    const auto is_there = [this](const auto& other) { return !is_gone(other.first); };
    const auto lowest = std::ranges::find_if(round_.others, is_there);
    const bool is_other = lowest != round_.others.end() && lowest->first < description_->self;
    const wire::SiteId judge = is_other ? lowest->first : description_->self;
    if (std::exchange(judge_, judge) == judge) return;
    if (heard_last_ && heard_last_->number == round_.own) return conclude(heard_last_->is_last);
    if (is_other) return tell(judge, {{}, wire::WasLast{lowest->second, round_.own}});
    check_expiry([this](bool has_expired) { conclude(has_expired); });
}

void Member::conclude(bool is_last) {
    is_expired_ |= is_last;
    round_.is_last = is_last;
    if (judge_ == description_->self) {
        for (const auto& [site, number] : round_.others) {
            tell(site, {{}, wire::Last{number, is_last}});
            ask_if_last_.erase(site);
        }
    }
    judge_.reset();
    committed_->is_expired = is_last;
    complete(std::move(*committed_));
    committed_.reset();
    answer_if_last();
}

// Who goes on knows whether the rounds before were the last: they were not.
void Member::answer_if_last() {
    std::erase_if(ask_if_last_, [this](const auto& entry) {
        const auto& [site, question] = entry;
        const bool is_of_last_round = question.number == round_.own;
        if (question.number > round_.own || (is_of_last_round && committed_)) return false;
        tell(site, {{}, wire::Last{question.own, is_of_last_round && round_.is_last}});
        return true;
    });
}

void Member::on_last(const wire::Last& message) {
    heard_last_ = message;
    if (committed_ && message.number == round_.own) conclude(message.is_last);
}

// Who was quiet at one wave may have ended before the others answered it, so that one wave says
// nothing.
void Member::check_expiry(std::function<void(bool has_expired)> found) {
    check_.seek(0, [this, found = std::move(found)](const Quiet::Wave& wave) {
        std::uint64_t alive = 0;
        std::uint64_t ended = 0;
        for (const auto& [site, answer] : wave.answers) {
            alive += answer.alive;
            ended += answer.ended;
        }
        const bool nobody_ended = std::exchange(ended_known_, ended) == ended;
        const bool is_enough = wave.is_still || (wave.number >= waves_max && nobody_ended);
        if (alive > 0 && !is_enough) return false;
        // Others may have told of it after those had answered who say otherwise.
        is_expired_ |= alive == 0;
        found(is_expired_);
        return true;
    });
}

}  // namespace reowolf::connector
