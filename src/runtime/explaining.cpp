// SPDX-License-Identifier: MIT
// Why there is no round, and who is missing: for people.
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

namespace {

// More would not be read.
constexpr std::size_t notes_max = 12;
constexpr std::size_t explanation_notes_max = 100;

std::string times(std::uint32_t count) {
    return count == 1 ? "once" : fmt::format("{} times", count);
}

// The text without what tells components of one name apart: "#2".
std::string without_numbers(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '#') {
            plain += text[i];
            continue;
        }
        while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') ++i;
    }
    return plain;
}

// Of many components of one name that are stuck at one place for the same reasons one is reported,
// with their number.
class StuckReports {
  public:
    void add(std::string_view name, Report report) {
        std::string reasons = without_numbers(report.message);
        const auto add_place = [&](Span where) {
            reasons += fmt::format(" {}:{}\n", where.source, where.begin);
        };
        add_place(report.where);
        for (const Report::Note& note : report.notes) {
            reasons += without_numbers(note.text);
            add_place(note.where);
        }
        const auto [group, is_new] = groups_.try_emplace(std::move(reasons));
        if (is_new) group->second.name = name;
        ++group->second.count;
        if (group->second.count > reported_each_max) return;
        order_.emplace_back(&group->second, std::move(report));
    }

    void give(World& world) {
        for (auto& [group, report] : order_) {
            if (group->count > reported_each_max) {
                if (std::exchange(group->is_reported, true)) continue;
                report.notes.push_back(
                    {fmt::format("{} other components '{}' are stuck for the same reasons",
                                 group->count - 1, group->name),
                     report.where});
            }
            world.report(report);
        }
    }

  private:
    // Of more than so many only the first is shown.
    static constexpr std::size_t reported_each_max = 2;

    struct Group {
        std::string name;
        std::size_t count = 0;
        bool is_reported = false;
    };
    std::map<std::string, Group> groups_;
    std::vector<std::pair<Group*, Report>> order_;
};

}  // namespace

std::string Runtime::label(ComponentIndex index) const {
    return naming_.label(component(index).who);
}

// "port 'a' to 'worker'".
std::string Runtime::describe_port(ChannelIndex number, bool is_out) const {
    const Channel& channel = channels_[number];
    const Channel::End& other = channel.end(!is_out);
    std::string peer = "somebody who is about to get the other end";
    if (other.here) {
        peer = label(other.owner);
    } else if (channel.other_site() < place_.sites.size()) {
        peer = place_.sites[channel.other_site()];
    }
    const Channel::End& end = channel.end(is_out);
    const std::string port = !end.name.empty() ? fmt::format("port '{}'", end.name)
                             : !end.got_from.empty()
                                 ? fmt::format("the port that came at '{}',", end.got_from)
                                 : "a port";
    return fmt::format("{} {} '{}'", port, is_out ? "to" : "from", peer);
}

std::string Runtime::whose(machine::PortHandle port) const {
    if (!type_of(port)) return "its channel is gone, or it never was a port";
    const Channel::End& end = channels_[channel_of(port)].end(is_out(port));
    if (end.closed) return "it is closed";
    if (!has_to_give(end.owner, port)) return "a component that was started with it has it";
    return fmt::format("it belongs to '{}'", label(end.owner));
}

// What has come to a behaviour that waits, and did not do.
std::string Runtime::instead_of(const Node& waiting) const {
    // It has been tried: this would be what another behaviour puts instead.
    if (!waiting.children.empty()) return " in place of what came";
    const auto has_offers = [&](ChannelIndex number, std::uint32_t index) {
        const auto& offers = channels_[number].offers;
        return index < offers.size() && !offers[index].empty();
    };
    if (!has_offers(waiting.waits_on, waiting.count(waiting.waits_on, false))) return {};
    // Whoever has put it has put something there, too; see matching.cpp.
    for (const Node::Promise& promise : waiting.promises) {
        const ChannelIndex number = channel_of(promise.port);
        if (promise.fires || is_out(promise.port) || !has_offers(number, 0)) continue;
        return fmt::format(" and none at {}", describe_port(number, false));
    }
    return {};
}

// What became of each behaviour of the component's attempt.
std::vector<Runtime::Finding> Runtime::findings_on(ComponentIndex index) const {
    std::vector<Finding> findings;
    const Component& waiting = component(index);
    if (waiting.phase == Component::Phase::in_lane) return findings_in_lane(waiting);
    if (!waiting.attempt) return findings;
    const auto add = [&](std::string text, Span where, bool is_need) {
        const bool repeated = std::ranges::any_of(findings, [&](const Finding& other) {
            return other.text == text && other.where == where;
        });
        if (!repeated && findings.size() < notes_max) {
            findings.push_back({std::move(text), where, is_need});
        }
    };
    for (const Node& node : waiting.attempt->nodes) {
        if (node.phase == Node::Phase::waiting) {
            add(fmt::format("waits for a message at {}{}", describe_port(node.waits_on, false),
                            instead_of(node)),
                node.body->position(), true);
        } else if (node.phase == Node::Phase::complete && !node.counts.empty()) {
            std::string uses;
            for (const Node::Count& count : node.counts) {
                uses += fmt::format("{}{} fires {}", uses.empty() ? "" : " and ",
                                    describe_port(count.channel, count.puts), times(count.count));
            }
            add("is done if " + uses, node.body->position(), true);
        } else if (node.discard) {
            add(node.discard->text, node.discard->where, false);
        }
    }
    if (findings.empty() && waiting.attempt->patient) {
        add("would use no port and come back to where it is; so it waits until something changes "
            "at "
            "its ports",
            waiting.body->position(), true);
    }
    return findings;
}

std::vector<Report::Note> Runtime::notes_on(ComponentIndex index) const {
    const std::string name = label(index);
    std::vector<Report::Note> notes;
    for (const Finding& finding : findings_on(index)) {
        notes.push_back({finding.is_need ? fmt::format("'{}' {}", name, finding.text)
                                         : fmt::format("a behaviour of '{}' was discarded: {}",
                                                       name, finding.text),
                         finding.where});
    }
    return notes;
}

// The component fails for one reason; its other behaviours came to nothing for these.
std::vector<Report::Note> Runtime::notes_beside(const Discard& why, ComponentIndex index) const {
    std::vector<Report::Note> notes;
    for (const Finding& finding : findings_on(index)) {
        if (finding.text == why.text && finding.where == why.where) continue;
        notes.push_back(
            {fmt::format("another behaviour of '{}' was discarded: {}", label(index), finding.text),
             finding.where});
    }
    return notes;
}

// Calls `visit` with every set of components that are connected over open channels, if all of them
// wait in sync blocks and nobody else could act on them.
template <class Visit>
void Runtime::for_each_connected_set(Visit visit) const {
    std::vector<bool> seen(components_.size(), false);
    std::vector<ComponentIndex> reached;
    for (ComponentIndex first = 0; first < components_.size(); ++first) {
        if (seen[first] || !component(first).waits_in_round()) continue;
        seen[first] = true;
        reached.assign(1, first);
        bool may_act = false;
        for (std::size_t i = 0; i < reached.size(); ++i) {
            const Component& each = component(reached[i]);
            may_act |= !each.waits_in_round() || awaits_outside(reached[i]);
            for (const machine::PortHandle port : each.ports) {
                const Channel& channel = channels_[channel_of(port)];
                const Channel::End& other = channel.end(!is_out(port));
                if (other.closed) continue;
                may_act |= !other.here;
                if (!other.here || seen[other.owner]) continue;
                seen[other.owner] = true;
                reached.push_back(other.owner);
            }
        }
        if (!may_act) visit(reached);
    }
}

// Who is stuck in the lane takes the general way, to find out what each behaviour came to.
bool Runtime::explore_stuck() {
    std::vector<ComponentIndex> in_lane;
    for_each_connected_set([&](const std::vector<ComponentIndex>& reached) {
        std::ranges::copy_if(reached, std::back_inserter(in_lane), [&](ComponentIndex index) {
            return component(index).phase == Component::Phase::in_lane;
        });
    });
    for (const ComponentIndex index : in_lane) {
        if (component(index).phase == Component::Phase::in_lane) leave_lane(index, Fall::stuck);
    }
    return !in_lane.empty();
}

void Runtime::report_stuck() {
    while (explore_stuck()) {
        // This ends: whoever has met an alternative was doubtful, and has been drawn out before.
        // The others explore only what they have run already.
        while (step() || help()) {
        }
        if (!is_idle()) return;  // workers have some of it: this is asked again when it is back
    }
    std::vector<ComponentIndex> stuck;
    for_each_connected_set([&](const std::vector<ComponentIndex>& reached) {
        const bool reported = std::ranges::all_of(reached, [&](ComponentIndex index) {
            return component(index).attempt->reported_stuck;
        });
        if (!reported) stuck.insert(stuck.end(), reached.begin(), reached.end());
    });
    StuckReports reports;
    for (const ComponentIndex index : stuck) {
        has_failed_ = true;
        Component& each = component(index);
        if (!std::exchange(each.was_stuck, true)) ++counters_.components_stuck;
        each.attempt->reported_stuck = true;
        recorder_.note(Event::Kind::stuck, each.who);
        if (!each.body->reports()) continue;
        Report report{.message = fmt::format("'{}' is stuck: no round is possible", label(index)),
                      .where = each.body->position(),
                      .trace = each.body->trace(),
                      .notes = notes_on(index),
                      .is_stuck = true};
        reports.add(each.name, std::move(report));
    }
    reports.give(world_);
}

std::size_t Runtime::components_stuck() const {
    std::size_t count = 0;
    for (ComponentIndex index = 0; index < components_.size(); ++index) {
        const auto& open = component(index).attempt;
        count += open && open->reported_stuck ? 1 : 0;
    }
    return count;
}

// Of an attempt in the lane that waits for others.
std::vector<Runtime::Finding> Runtime::findings_in_lane(const Component& waiting) const {
    using Wait = Component::Wait;
    std::vector<Finding> findings;
    const Span where = waiting.body->position();
    const auto waits_at = [&](ChannelIndex number) {
        findings.push_back(
            {fmt::format("waits for a message at {}", describe_port(number, false)), where});
    };
    if (waiting.waits == Wait::message) {
        waits_at(waiting.waits_on);
        return findings;
    }
    for (const machine::PortHandle port : waiting.ports) {
        const ChannelIndex number = channel_of(port);
        const std::uint32_t left = channels_[number].pending.size();
        if (waiting.chooses() && !is_out(port) && findings.size() < notes_max) waits_at(number);
        if (waiting.waits != Wait::others || !is_out(port) || left == 0) continue;
        findings.push_back(
            {fmt::format("is done if {} fires {}", describe_port(number, true), times(left)),
             where});
    }
    return findings;
}

std::vector<Report::Note> Runtime::explain() const {
    std::vector<Report::Note> all;
    for (ComponentIndex index = 0; index < components_.size(); ++index) {
        for (Report::Note& note : notes_on(index)) {
            if (all.size() < explanation_notes_max) all.push_back(std::move(note));
        }
    }
    const auto& own = component(application).attempt;
    if (own && own->has_too_many) {
        all.push_back({fmt::format("not all combinations of the optional ports of '{}' were tried: "
                                   "they are too many",
                                   label(application)),
                       {}});
    }
    return all;
}

}  // namespace reowolf::runtime
