// SPDX-License-Identifier: MIT
#include "rounds/assembly.test.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reowolf::rounds {

using wire::AttemptId;
using wire::Decision;
using wire::SiteId;

namespace {

std::string text_of(const AttemptId& attempt) {
    return fmt::format("{}.{}#{}", attempt.component.site, attempt.component.index, attempt.number);
}

}  // namespace

Assembly::Assembly(const Situation& situation)
    : situation_(situation), own_(situation.components.size()) {
    std::vector<std::string> names;
    std::vector<SiteId> realtime;
    for (SiteId site = 0; site < situation_.sites; ++site)
        names.push_back(fmt::format("s{}", site));
    for (const auto& component : situation_.components) {
        if (component.is_application) realtime.push_back(component.site);
    }
    std::ranges::sort(realtime);
    for (SiteId site = 0; site < situation_.sites; ++site) {
        arbiters_.emplace_back(site, names, realtime);
    }
    for (std::size_t i = 0; i < own_.size(); ++i) {
        own_[i].wants_cancel = situation_.components[i].cancels;
    }
}

wire::ComponentId Assembly::id(std::size_t component) const {
    const auto& described = situation_.components[component];
    if (described.is_application) return {described.site, 0};
    return {described.site, static_cast<std::uint32_t>(component + 1)};
}

std::size_t Assembly::component_of(const wire::ComponentId& wanted) const {
    std::size_t component = 0;
    while (id(component) != wanted) ++component;
    return component;
}

bool Assembly::uses(std::size_t component, std::uint32_t channel) const {
    return std::ranges::any_of(
        situation_.components[component].alternatives,
        [&](const auto& used) { return std::ranges::find(used, channel) != used.end(); });
}

std::vector<Assembly::Option> Assembly::list_options() const {
    auto* const self = const_cast<Assembly*>(this);
    std::vector<Option> options;
    for (std::size_t i = 0; i < own_.size(); ++i) {
        const auto& component = situation_.components[i];
        if (has_left(component.site) || own_[i].is_unknown) continue;
        if (!own_[i].open && own_[i].decided < component.attempts_max) {
            options.push_back([self, i] { self->open(i); });
        }
        if (own_[i].open && own_[i].wants_cancel) options.push_back([self, i] { self->cancel(i); });
    }
    for (const auto& [ends, queue] : links_) {
        if (queue.empty() || has_left(ends.second)) continue;
        options.push_back([self, ends] { self->deliver(ends.first, ends.second); });
    }
    if (situation_.lost && !is_gone_) options.push_back([self] { self->lose(); });
    for (SiteId site = 0; is_gone_ && site < situation_.sites; ++site) {
        if (site == *situation_.lost || noticed_.contains(site)) continue;
        options.push_back([self, site] { self->notice(site); });
    }
    return options;
}

// As a runtime does that has explored the attempt at once.
void Assembly::open(std::size_t index) {
    const auto& component = situation_.components[index];
    Own& own = own_[index];
    own.open = AttemptId{id(index), ++own.number};
    Arbiter& arbiter = arbiters_[component.site];
    arbiter.open(*own.open);
    const bool published = component.publishes &&
                           own.number > static_cast<std::uint64_t>(component.attempts_mixed) &&
                           arbiter.may_publish();
    const bool publishes = published && arbiter.is_publishing_expected();
    if (!publishes) arbiter.arrive(*own.open, published);
    apply(component.site);
    wire::NodeId node = 0;
    for (const auto& used : component.alternatives) {
        if (!own.open) return;
        wire::Leaf leaf{.node = ++node, .depends = {}, .uses = {}, .rank = {node}};
        arbiter.forest().grow(*own.open, node, 0);
        for (const std::uint32_t channel : used) {
            const bool puts = situation_.channels[channel].from == index;
            leaf.uses.push_back({{wire::ChannelId::between_sites, channel}, puts, 1});
        }
        std::ranges::sort(leaf.uses);
        arbiter.leaf(*own.open, std::move(leaf));
    }
    if (!own.open) return;
    if (publishes) {
        publish(index);
    } else {
        say_what_it_waits_for(index);
    }
    apply(component.site);
    if (own.open) arbiter.decide(*own.open, false);
    apply(component.site);
}

void Assembly::publish(std::size_t index) {
    const auto& component = situation_.components[index];
    const AttemptId& id = *own_[index].open;
    wire::Part part{.attempt = id, .node = 1, .path = {}, .depends = {}, .actions = {}};
    for (const bool puts : {true, false}) {
        for (const std::uint32_t channel : component.alternatives.front()) {
            if ((situation_.channels[channel].from == index) != puts) continue;
            part.actions.push_back({{wire::ChannelId::between_sites, channel}, puts});
        }
    }
    arbiters_[component.site].publish(
        {.attempt = id, .step = 0, .floors = {}, .parts = {std::move(part)}, .copies = {}});
}

void Assembly::say_what_it_waits_for(std::size_t index) {
    const auto& component = situation_.components[index];
    Own& own = own_[index];
    Arbiter& arbiter = arbiters_[component.site];
    for (std::uint32_t channel = 0; channel < situation_.channels.size(); ++channel) {
        if (!uses(index, channel)) continue;
        const auto& ends = situation_.channels[channel];
        const std::size_t other = ends.from == index ? ends.to : ends.from;
        const SiteId other_site = situation_.components[other].site;
        if (other_site != component.site) {
            send(component.site, other_site,
                 wire::Wait{*own.open,
                            {wire::ChannelId::between_sites, channel},
                            arbiter.holder(*own.open),
                            true});
            const auto heard = heard_.find({component.site, channel});
            if (heard != heard_.end()) {
                arbiter.touch(*own.open, heard->second.attempt, heard->second.holder);
            }
        } else if (own_[other].open) {
            arbiter.touch(*own.open, *own_[other].open, arbiter.holder(*own_[other].open));
        }
    }
}

void Assembly::cancel(std::size_t component) {
    own_[component].wants_cancel = false;
    own_[component].is_cancelled = true;
    const SiteId site = situation_.components[component].site;
    arbiters_[site].cancel(*own_[component].open, wire::Reason::timed_out, "");
    apply(site);
}

void Assembly::deliver(SiteId from, SiteId to) {
    auto& queue = links_.at({from, to});
    const wire::Body body = std::move(queue.front());
    queue.pop_front();
    Arbiter& arbiter = arbiters_[to];
    if (arbiter.is_lost(from)) return;
    // A runtime learns of the nodes with the message that first names them.
    const auto know = [&](const AttemptId& attempt, const wire::Leaf& leaf) {
        if (!arbiter.is_over(attempt)) arbiter.forest().grow(attempt, leaf.node, 0);
    };
    if (const auto* hand = std::get_if<wire::Hand>(&body)) {
        for (const wire::Leaf& leaf : hand->leaves) know(hand->attempt, leaf);
    } else if (const auto* found = std::get_if<wire::LeafFound>(&body)) {
        know(found->attempt, found->leaf);
    }
    arbiter.receive(from, body);
    arbiter.decide_news();
    apply(to);
    if (const auto* wait = std::get_if<wire::Wait>(&body)) hear_of(to, *wait);
    if (const auto* over = std::get_if<wire::Over>(&body)) {
        std::erase_if(heard_, [&](const auto& entry) {
            return entry.first.first == to && entry.second.attempt == over->attempt;
        });
    }
    apply(to);
}

void Assembly::hear_of(SiteId here, const wire::Wait& message) {
    if (arbiters_[here].is_over(message.attempt)) return;
    heard_[{here, message.channel.index}] = {message.attempt, message.holder};
    const auto& ends = situation_.channels[message.channel.index];
    for (const std::size_t mine : {ends.from, ends.to}) {
        if (situation_.components[mine].site != here || !own_[mine].open) continue;
        if (!uses(mine, message.channel.index)) continue;
        arbiters_[here].touch(*own_[mine].open, message.attempt, message.holder);
    }
}

void Assembly::lose() {
    is_gone_ = true;
}

// What is still on its way from there is not waited for: any part of it may have come before.
void Assembly::notice(SiteId site) {
    noticed_.insert(site);
    links_[{*situation_.lost, site}].clear();
    arbiters_[site].lose(*situation_.lost, "killed");
    apply(site);
}

void Assembly::send(SiteId from, SiteId to, wire::Body body) {
    ++sent_[body.index()];
    if (!arbiters_[from].is_lost(to)) links_[{from, to}].push_back(std::move(body));
}

void Assembly::apply(SiteId site) {
    for (auto effects = arbiters_[site].take_effects(); !effects.empty();
         effects = arbiters_[site].take_effects()) {
        for (Effect& effect : effects) {
            if (auto* message = std::get_if<Send>(&effect)) {
                send(site, message->to, std::move(message->body));
            } else if (const auto* round = std::get_if<Commit>(&effect)) {
                commit(site, *round);
            } else if (const auto* failure = std::get_if<Fail>(&effect)) {
                ++failures_;
                failed_.insert(failure->attempt);
                finish(site, failure->attempt, {});
            } else if (const auto* withdraw = std::get_if<Withdraw>(&effect)) {
                for (const AttemptId& attempt : withdraw->attempts) {
                    say_what_it_waits_for(component_of(attempt.component));
                }
            } else if (const auto* doubt = std::get_if<Doubt>(&effect)) {
                ++doubts_;
                doubted_.insert(doubt->attempt);
                if (!is_gone_) complain(text_of(doubt->attempt) + " is in doubt without a loss");
                own_[component_of(doubt->attempt.component)].is_unknown = true;
                finish(site, doubt->attempt, {});
            }
        }
    }
}

void Assembly::commit(SiteId site, const Commit& round) {
    const Decision& decision = round.decision;
    std::vector<AttemptId> here;
    for (const wire::NodeRef& member : decision) {
        const auto& known = decisions_.emplace(member.attempt, decision).first->second;
        if (known != decision) complain(text_of(member.attempt) + " is in two rounds");
        if (member.attempt.owner() != site) continue;
        if (!committed_.insert(member.attempt).second) {
            complain(text_of(member.attempt) + " commits twice");
        }
        const Own& own = own_[component_of(member.attempt.component)];
        if (own.open != member.attempt) complain(text_of(member.attempt) + " was over");
        here.push_back(member.attempt);
    }
    for (const AttemptId& attempt : here) {
        ++own_[component_of(attempt.component)].decided;
        finish(site, attempt, decision, round.was_published);
    }
    if (!round.was_published) return;
    for (const wire::NodeRef& member : decision) {
        arbiters_[site].forest().forget(member.attempt);
        std::erase_if(heard_, [&](const auto& entry) {
            return entry.first.first == site && entry.second.attempt == member.attempt;
        });
    }
}

void Assembly::finish(SiteId site, const AttemptId& attempt, const Decision& decision,
                      bool all_know) {
    const std::size_t component = component_of(attempt.component);
    Own& own = own_[component];
    own.open.reset();
    own.is_cancelled = false;
    arbiters_[site].forest().forget(attempt);
    if (all_know) return;
    std::set<SiteId> told;
    for (std::uint32_t channel = 0; channel < situation_.channels.size(); ++channel) {
        if (!uses(component, channel)) continue;
        const auto& ends = situation_.channels[channel];
        told.insert(situation_.components[ends.from].site);
        told.insert(situation_.components[ends.to].site);
    }
    told.erase(site);
    for (const SiteId other : told) send(site, other, wire::Over{attempt, decision});
}

// Whether some of the open attempts could be in a round: by trying all choices.
bool Assembly::has_round() const {
    std::vector<const std::vector<std::uint32_t>*> chosen(own_.size(), nullptr);
    const auto is_round = [&] {
        std::size_t applications = 0;
        std::size_t applications_chosen = 0;
        for (std::size_t i = 0; i < own_.size(); ++i) {
            if (!situation_.components[i].is_application) continue;
            ++applications;
            applications_chosen += chosen[i] ? 1 : 0;
        }
        if (applications_chosen != 0 && applications_chosen != applications) return false;
        if (std::ranges::all_of(chosen, [](const auto* used) { return used == nullptr; })) {
            return false;
        }
        for (std::uint32_t channel = 0; channel < situation_.channels.size(); ++channel) {
            const auto fires = [&](std::size_t component) {
                const auto* const used = chosen[component];
                return used && std::ranges::find(*used, channel) != used->end();
            };
            const auto& ends = situation_.channels[channel];
            if (fires(ends.from) != fires(ends.to)) return false;
        }
        return true;
    };
    const std::function<bool(std::size_t)> choose = [&](std::size_t i) {
        if (i == own_.size()) return is_round();
        chosen[i] = nullptr;
        if (choose(i + 1)) return true;
        if (!own_[i].open || has_left(situation_.components[i].site)) return false;
        for (const auto& used : situation_.components[i].alternatives) {
            chosen[i] = &used;
            if (choose(i + 1)) return true;
        }
        chosen[i] = nullptr;
        return false;
    };
    return choose(0);
}

std::string Assembly::problem_of_survivors() const {
    for (const AttemptId& committed : committed_) {
        if (has_left(committed.owner())) continue;
        for (const wire::NodeRef& member : decisions_.at(committed)) {
            if (has_left(member.attempt.owner())) continue;
            if (doubted_.contains(member.attempt) || failed_.contains(member.attempt)) {
                return text_of(committed) + " commits, and " + text_of(member.attempt) +
                       " does not know of it";
            }
        }
    }
    return "";
}

std::string Assembly::problem_at_rest() const {
    for (const AttemptId& attempt : failed_) {
        if (decisions_.contains(attempt)) return text_of(attempt) + " failed, and is in a round";
    }
    for (std::size_t i = 0; i < own_.size(); ++i) {
        const SiteId site = situation_.components[i].site;
        if (!own_[i].open || has_left(site)) continue;
        if (own_[i].is_cancelled) return text_of(*own_[i].open) + " was cancelled, without answer";
        if (decisions_.contains(*own_[i].open)) {
            return text_of(*own_[i].open) + " is in a round, and is not told";
        }
    }
    return has_round() ? "a round is possible, and nobody decides it" : "";
}

}  // namespace reowolf::rounds
