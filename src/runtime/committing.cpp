// SPDX-License-Identifier: MIT
// What happens when the behaviours of an attempt are explored: a round, silence, death, or waiting.
#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

// Looks for a round with what is explored so far. If something better may come of what others
// still explore, it waits for its next turn, and some more of them if need be.
void Runtime::settle(ComponentIndex index) {
    constexpr std::uint8_t turns_max = 16;
    constexpr std::uint8_t early_turns = 2;
    constexpr std::uint32_t live_to_compare_max = 2'048;

    if (!component(index).attempt) return;
    prune(index);
    const wire::AttemptId id = attempt(index).id;
    if (const auto round = find_preferred(id)) {
        std::uint8_t& waited = attempt(index).turns_waited;
        const bool hurries = attempt(index).live > live_to_compare_max;
        if (!hurries && waited < turns_max && may_improve(*round, waited < early_turns)) {
            ++waited;
            enqueue(index);
        } else {
            arbiter_.take(*round);
        }
    }
    apply_effects();
    if (!owner(id) || !attempt(index).is_exhausted()) return;
    attempt(index).patient |= idles(component(index));
    if (index != application) check_dead(index);
    if (index != application && owner(id)) renew_if_worn(index);
    if (owner(id) && !attempt(index).patient && !attempt(index).silent.empty()) {
        quiet_candidates_.push_back(index);
    }
}

// An attempt that waits for long gathers the remains of what others offered and took back. It then
// begins anew, which it may at any time as long as it is not decided; ever more rarely, because
// what it explores may be large itself. But who tries in vain again and again leaves something
// behind each time.
void Runtime::renew_if_worn(ComponentIndex index) {
    constexpr std::size_t dropped_before_renewal = 4096;
    constexpr std::uint32_t doublings_max = 32;

    Component& worn = component(index);
    if (worn.attempt->dropped < dropped_before_renewal) return;
    if (std::exchange(worn.renewed_in, tries_) != tries_) worn.renewals = 0;
    const std::uint32_t doublings = std::min(worn.renewals, doublings_max);
    if (worn.attempt->dropped < dropped_before_renewal << doublings) return;
    if (is_promised(worn.attempt->id)) return;
    ++worn.renewals;
    arbiter_.cancel(worn.attempt->id, wire::Reason::timed_out, {});
    apply_effects();
}

void Runtime::note_try(const wire::AttemptId& attempt) {
    if (attempt.component.index != application) return;
    const wire::SiteId site = attempt.owner();
    last_try_.resize(place_.sites.size());
    if (site >= last_try_.size() || attempt.number <= last_try_[site]) return;
    last_try_[site] = attempt.number;
    ++tries_;
}

// A silent behaviour commits when nothing else can, with those that wait now.
void Runtime::offer_silence(ComponentIndex index) {
    Component& silent = component(index);
    if (!silent.attempt || silent.attempt->patient || silent.attempt->silent.empty()) return;
    const auto around = quiet_around(index);
    if (!around) {
        const bool is_only_away = queue_.empty() && shared_.away > 0;
        (is_only_away ? quiet_later_ : quiet_candidates_).push_back(index);
        return;
    }
    const wire::AttemptId id = silent.attempt->id;
    if (!silent.attempt->may_be_silent && reaches_elsewhere(*around)) return silent_.push_back(id);
    if (index == application) world_.application_gives_up(true);
    for (const NodeId node : std::exchange(silent.attempt->silent, {})) {
        arbiter_.leaf(id, {.node = node,
                           .depends = {},
                           .uses = {},
                           .rank = silent.attempt->nodes[node].path,
                           .optional_fired = 0});
    }
    arbiter_.decide(id, true);
    apply_effects();
}

std::optional<std::set<ComponentIndex>> Runtime::quiet_around(ComponentIndex index) {
    std::set<ComponentIndex> seen{index};
    std::vector<ComponentIndex> open{index};
    while (!open.empty()) {
        const ComponentIndex next = open.back();
        open.pop_back();
        const Component& waiting = component(next);
        if (waiting.queued || waiting.is_away) return std::nullopt;
        if (waiting.attempt && !waiting.attempt->is_exhausted()) return std::nullopt;
        if (waiting.phase == Component::Phase::in_lane && waiting.is_doubtful) {
            leave_lane(next, Fall::doubt);
            return std::nullopt;
        }
        for (const machine::PortHandle port : waiting.ports) {
            const Channel::End& other = channels_[channel_of(port)].end(!is_out(port));
            if (!other.here || other.closed || !component(other.owner).waits_in_round()) continue;
            if (seen.insert(other.owner).second) open.push_back(other.owner);
        }
    }
    return seen;
}

// No behaviour left, and none can come (semantics.md, "Ending and failing").
void Runtime::check_dead(ComponentIndex index) {
    Attempt& exploring = attempt(index);
    const std::size_t hopeless = exploring.patient ? exploring.silent.size() : 0;
    if (exploring.live > hopeless || is_promised(exploring.id)) return;

    const Discard* end_of_file = nullptr;
    for (const Node& node : exploring.nodes) {
        if (!node.discard) continue;
        const Discard& why = *node.discard;
        const Body& body = *component(index).body;
        if (!body.reports()) return end_component(index);
        const bool is_closed = why.cause == Discard::Cause::put_on_closed ||
                               why.cause == Discard::Cause::get_from_closed;
        if (is_closed && body.notices_closing()) return notice_closing(index);
        if (why.cause == Discard::Cause::error || why.cause == Discard::Cause::put_on_closed) {
            Report report{.message = why.text,
                          .where = why.where,
                          .trace = why.trace,
                          .notes = notes_beside(why, index)};
            if (why.cause == Discard::Cause::put_on_closed) {
                report.message = "attempted to 'put' on port that is no longer owned";
                report.notes.insert(report.notes.begin(), {why.text, why.where});
            }
            return fail_component(index, std::move(report));
        }
        if (why.cause == Discard::Cause::get_from_closed) end_of_file = &why;
    }
    if (end_of_file) end_component(index);
}

void Runtime::apply_effects() {
    if (applying_) return;  // the outermost call applies what the inner ones cause
    applying_ = true;
    while (arbiter_.has_effects()) {
        for (auto& effect : arbiter_.take_effects()) {
            std::visit([&](auto& one) { apply(one); }, effect);
        }
    }
    applying_ = false;
}

void Runtime::apply(rounds::Send& effect) {
    send(effect.to, std::move(effect.body));
}

void Runtime::apply(rounds::Commit& effect) {
    if (effect.was_published) {
        published_round_ = std::move(effect);
        return commit_published();
    }
    std::vector<Chosen> chosen;
    for (const wire::NodeRef& member : effect.decision) {
        const auto index = owner(member.attempt);
        if (!index) continue;
        const auto& nodes = attempt(*index).nodes;
        if (member.node >= nodes.size() || nodes[member.node].phase != Node::Phase::complete) {
            for (wire::SiteId site = 0; site < place_.sites.size(); ++site) {
                world_.deviation(site, "a decision names a behaviour that is not complete");
            }
            continue;
        }
        chosen.push_back({*index, member.node});
    }
    commit_round(effect, chosen);
}

void Runtime::commit_round(const rounds::Commit& round, const std::vector<Chosen>& chosen) {
    ++counters_.rounds_in_general;
    counters_.sizes.add(chosen.size());
    recorder_.note_round(chosen.size(),
                         [&](std::size_t i) { return component(chosen[i].index).who; });
    world_.committed(round.decision);
    if (watcher_) {
        wire::Decision complete = round.decision;
        for (const Chosen& one : chosen) {
            std::ranges::find(complete, attempt(one.index).id, &wire::NodeRef::attempt)->node =
                one.node;
        }
        watcher_->committed(describe(complete));
    }
    std::vector<std::unique_ptr<Body>> bodies;
    std::vector<std::vector<Node::Moved>> moved;
    for (const Chosen& one : chosen) {
        commit(one.index, one.node);
        component(one.index).was_published = round.was_published;
        bodies.push_back(std::move(attempt(one.index).nodes[one.node].body));
        moved.push_back(std::move(attempt(one.index).nodes[one.node].moved));
    }
    for (const Chosen& one : chosen) {
        finish_attempt(one.index, round.decision, round.was_published);
    }
    for (std::size_t i = 0; i < chosen.size(); ++i) lose_ports(chosen[i].index, moved[i]);
    for (std::size_t i = 0; i < chosen.size(); ++i) gain_ports(chosen[i].index, moved[i]);
    for (std::size_t i = 0; i < chosen.size(); ++i) send_away(moved[i]);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        leave_attempt(chosen[i].index, std::move(bodies[i]));
    }
}

// What the chosen behaviour printed appears now, and what it was is remembered for the next one.
void Runtime::commit(ComponentIndex index, NodeId id) {
    constexpr std::size_t paths_remembered_max = 4096;

    Component& committing = component(index);
    Attempt& round = *committing.attempt;
    const Node& leaf = round.nodes[id];
    std::vector<NodeId> branch{id};
    while (branch.back() != 0) branch.push_back(round.nodes[branch.back()].parent);
    std::ranges::reverse(branch);
    for (const NodeId node : branch) {
        for (const std::string& line : round.nodes[node].printed) world_.print(line);
        counters_.messages += round.nodes[node].puts.size();
    }
    ++committing.rounds;
    if (index != application) note_used(index, leaf);
    committing.renewals = 0;
    auto& last_used = committing.last_used;
    if (!last_used) last_used = std::make_unique<Component::LastUsed>();
    if (last_used->size() >= paths_remembered_max) last_used->clear();
    (*last_used)[leaf.path] = committing.rounds;
    if (leaf.counts.empty() && index != application) {
        note_silence(committing, round.repeats);
    } else {
        committing.silent_from.clear();
        committing.silent_rounds = 0;
        committing.is_silent = false;
    }
}

// Keeps where the silent round began, so that a way back there is noticed. All of a short way round
// are kept: else those in between would look new, and be a reason for others to go round as well.
// Beyond that the last place is for the second, fourth, eighth, … (Brent's cycle finding).
void Runtime::note_silence(Component& silent, bool repeats) {
    constexpr std::size_t places_max = 16;

    ++silent.silent_rounds;
    silent.is_silent = true;
    if (repeats) return;
    if (silent.silent_from.size() < places_max) {
        silent.silent_from.push_back(std::move(silent.body));
    } else if (std::has_single_bit(silent.silent_rounds)) {
        silent.silent_from.back() = std::move(silent.body);
    }
}

// Its only silent behaviour does nothing, and leads back to where the block begins: nobody could
// tell whether it happened, but whoever has its messages would have to get them anew. Which silent
// behaviours there are hangs on the state alone.
bool Runtime::idles(Component& silent) {
    constexpr std::uint32_t instructions_max = 1'000;

    const Attempt& exploring = *silent.attempt;
    if (silent.is_native || exploring.silent.size() != 1) return false;
    if (silent.idles_from && silent.idles_from->same_state(*silent.body)) return true;
    for (NodeId node = exploring.silent.front();; node = exploring.nodes[node].parent) {
        if (!exploring.nodes[node].printed.empty()) return false;
        if (node == 0) break;
    }
    const auto ahead = exploring.nodes[exploring.silent.front()].body->clone();
    std::uint32_t budget = instructions_max;
    const auto next = ahead->run(budget);
    const bool is_back =
        next && next->kind == machine::Request::Kind::sync_begin && ahead->same_state(*silent.body);
    if (is_back) silent.idles_from = silent.body->clone();
    return is_back;
}

void Runtime::leave_attempt(ComponentIndex index, std::unique_ptr<Body> body) {
    Component& leaving = component(index);
    if (index == application) {
        leaving.phase = Component::Phase::idle;
        world_.application_committed(std::move(body));
        return;
    }
    leaving.body = std::move(body);
    leaving.phase = Component::Phase::running;
    enqueue(index);
}

void Runtime::apply(rounds::Fail& effect) {
    const auto index = owner(effect.attempt);
    if (!index) return;
    if (*index == application) world_.application_gives_up(false);
    finish_attempt(*index, {});
    if (*index == application) {
        component(application).phase = Component::Phase::idle;
        world_.application_failed(effect.reason, effect.text);
    } else {
        begin_attempt(*index);  // from where the block begins, without those that are gone
    }
}

void Runtime::apply(rounds::Doubt& effect) {
    const auto index = owner(effect.attempt);
    if (!index) return;
    if (*index == application) {
        finish_attempt(*index, {});
        component(application).phase = Component::Phase::idle;
        world_.application_in_doubt(effect.text);
    } else {
        fail_component(*index, {.message = "the outcome of a round is unknown: " + effect.text,
                                .where = component(*index).body->position(),
                                .trace = component(*index).body->trace(),
                                .notes = {}});
    }
}

}  // namespace reowolf::runtime
