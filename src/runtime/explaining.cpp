// SPDX-License-Identifier: MIT
// Why there is no round, and who is missing: for people.
#include <algorithm>
#include <set>
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

}  // namespace

// "its port 'a', to 'worker'".
std::string Runtime::describe_port(ChannelIndex number, bool is_out) const {
    const Channel& channel = channels_[number];
    const Channel::End& other = channel.end(!is_out);
    const std::string& peer =
        other.here ? component(other.owner).name : place_.sites[channel.other_site];
    const Channel::End& end = channel.end(is_out);
    const std::string port = !end.name.empty() ? fmt::format("port '{}'", end.name)
                             : !end.got_from.empty()
                                 ? fmt::format("the port that came at '{}',", end.got_from)
                                 : "a port";
    return fmt::format("{} {} '{}'", port, is_out ? "to" : "from", peer);
}

// What became of each behaviour of the component's attempt.
std::vector<Report::Note> Runtime::notes_on(ComponentIndex index) const {
    std::vector<Report::Note> notes;
    const Component& waiting = component(index);
    if (!waiting.attempt) return notes;
    const auto add = [&](std::string text, Span where) {
        const Report::Note note{std::move(text), where};
        const bool repeated = std::ranges::any_of(notes, [&](const Report::Note& other) {
            return other.text == note.text && other.where == note.where;
        });
        if (!repeated && notes.size() < notes_max) notes.push_back(note);
    };
    for (const Node& node : waiting.attempt->nodes) {
        if (node.phase == Node::Phase::waiting) {
            const bool nothing_came = node.children.empty();
            add(fmt::format("'{}' waits for {}message at {}", waiting.name,
                            nothing_came ? "a " : "another ", describe_port(node.waits_on, false)),
                node.body->position());
        } else if (node.phase == Node::Phase::complete && !node.counts.empty()) {
            std::string uses;
            for (const Node::Count& count : node.counts) {
                uses += fmt::format("{}{} fires {}", uses.empty() ? "" : " and ",
                                    describe_port(count.channel, count.puts), times(count.count));
            }
            add(fmt::format("'{}' is done if {}", waiting.name, uses), node.body->position());
        } else if (node.discard) {
            add(fmt::format("a behaviour of '{}' was discarded: {}", waiting.name,
                            node.discard->text),
                node.discard->where);
        }
    }
    return notes;
}

void Runtime::report_stuck() {
    std::set<ComponentIndex> seen;
    for (ComponentIndex first = 0; first < components_.size(); ++first) {
        if (!component(first).attempt || !seen.insert(first).second) continue;
        // All that can be reached over open channels; somebody among them may still act.
        std::vector<ComponentIndex> reached{first};
        bool may_act = false;
        for (std::size_t i = 0; i < reached.size(); ++i) {
            const Component& each = component(reached[i]);
            may_act |= !each.attempt;
            for (const machine::PortHandle port : each.ports) {
                const Channel& channel = channels_[channel_of(port)];
                const Channel::End& other = channel.end(!is_out(port));
                if (other.closed) continue;
                may_act |= !other.here;
                if (other.here && seen.insert(other.owner).second) reached.push_back(other.owner);
            }
        }
        const bool reported = std::ranges::all_of(reached, [&](ComponentIndex index) {
            return component(index).attempt && component(index).attempt->reported_stuck;
        });
        if (may_act || reported) continue;
        has_failed_ = true;
        for (const ComponentIndex index : reached) {
            Component& stuck = component(index);
            stuck.attempt->reported_stuck = true;
            if (stuck.is_native) continue;
            world_.report(
                {.message = fmt::format("'{}' is stuck: no round is possible", stuck.name),
                 .where = stuck.body->position(),
                 .trace = stuck.body->trace(),
                 .notes = notes_on(index)});
        }
    }
}

std::vector<Report::Note> Runtime::explain() const {
    std::vector<Report::Note> all;
    for (ComponentIndex index = 0; index < components_.size(); ++index) {
        for (Report::Note& note : notes_on(index)) {
            if (all.size() < explanation_notes_max) all.push_back(std::move(note));
        }
    }
    return all;
}

}  // namespace reowolf::runtime
