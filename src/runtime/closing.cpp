// SPDX-License-Identifier: MIT
// Components that end or fail, and what their peers learn of it.
#include <utility>

#include <fmt/format.h>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

void Runtime::end_component(ComponentIndex index) {
    Component& ending = component(index);
    if (ending.phase == Component::Phase::ended) return;
    end_step_soon();
    if (ending.attempt) {
        arbiter_.abandon(ending.attempt->id);
        finish_attempt(index, {});
    }
    if (ending.phase == Component::Phase::in_lane) {
        ending.native_begin.reset();
        ending.entrance.forget();
        ending.forget_uses();
        ending.waits = Component::Wait::nothing;
        ending.printed.clear();
        ending.has_printed = false;
    }
    recorder_.note(Event::Kind::ended, ending.who);
    ending.phase = Component::Phase::ended;
    ending.seat = nullptr;
    ending.body.reset();
    ending.is_away = false;
    ending.is_long = false;
    ending.brought.reset();
    ending.choice.reset();
    ending.silent_from.clear();
    ending.idles_from.reset();
    ending.silent_rounds = 0;
    ending.is_silent = false;
    ending.last_used.reset();
    ending.rounds = 0;
    ending.renewals = 0;
    ending.misses = 0;
    ending.passes = 0;
    --components_left_;
    ++counters_.components_ended;
    if (!ending.queued) ended_.push_back(index);
    for (const machine::PortHandle port : std::exchange(ending.ports, {})) {
        close_end(channel_of(port), is_out(port));
    }
}

void Runtime::fail_component(ComponentIndex index, Report report) {
    // The trace says what its text calls it.
    if (const std::string called = label(index); called != component(index).name) {
        report.notes.push_back({fmt::format("this is '{}'", called), {}});
    }
    has_failed_ = true;
    recorder_.note(Event::Kind::failed, component(index).who);
    ++counters_.components_failed;
    world_.report(report);
    end_component(index);
}

// Its attempt is over without a round, and it goes on.
void Runtime::notice_closing(ComponentIndex index) {
    Component& noticing = component(index);
    arbiter_.abandon(noticing.attempt->id);
    finish_attempt(index, {});
    noticing.body->notice_closing();
    noticing.phase = Component::Phase::running;
    enqueue(index);
}

void Runtime::close_end(ChannelIndex number, bool is_out) {
    Channel& channel = channels_[number];
    Channel::End& end = channel.end(is_out);
    if (end.closed) return;
    end.closed = true;
    note_ends(number);
    const Channel::End& other = channel.end(!is_out);
    // Whoever has closed the other end keeps it in mind as long as this one may go elsewhere.
    const bool is_awaited = !other.closed || hands_over_;
    if (!other.here && is_awaited) {
        send(channel.other_site(), wire::Closed{channel.id, is_out, end.moves});
    }
    if (other.closed) return forget_channel(number);
    if (other.here) discard_users_of(number, !is_out);
}

// An application has no text in which to look for the port. Which component had the other end is
// not known any more, as its number may be another's by now.
std::string Runtime::why_closed(ComponentIndex index, ChannelIndex number, bool is_out) const {
    const Channel& channel = channels_[number];
    const Channel::End& other = channel.end(!is_out);
    const bool is_elsewhere = !other.here && channel.other_site() < place_.sites.size();
    const std::string whose =
        is_elsewhere ? fmt::format(", at '{}',", place_.sites[channel.other_site()]) : "";
    const std::string_view name = channel.end(is_out).name;
    const std::string port = name.empty() ? "a port" : fmt::format("port '{}'", name);
    if (index == application) return fmt::format("the other end of {}{} is closed", port, whose);
    return fmt::format("the other end{} is closed: {} {}", whose,
                       is_out ? "'put' to" : "'get' from", port);
}

// The other end of the channel is closed: behaviours of the owner of this end that need it are
// discarded, with the reason.
void Runtime::discard_users_of(ChannelIndex number, bool is_out) {
    const ComponentIndex index = channels_[number].end(is_out).owner;
    Component& user = component(index);
    if (user.is_native && index != application) return resume(index);  // it looks for itself
    if (user.phase == Component::Phase::in_lane) return draw_from_lane(number, is_out);
    if (!user.attempt) return;
    note_change(number, is_out);
    std::vector<std::pair<NodeId, Discard>> discarded;
    const auto& nodes = user.attempt->nodes;
    for (NodeId id = 0; id < nodes.size(); ++id) {
        const Node& node = nodes[id];
        if (!node.is_live()) continue;
        if (!is_out && node.phase == Node::Phase::waiting && node.waits_on == number) {
            discarded.emplace_back(id, Discard{.cause = Discard::Cause::get_from_closed,
                                               .text = why_closed(index, number, false),
                                               .where = node.body->position(),
                                               .trace = {}});
        } else if (is_out && node.count(number, true) > 0) {
            Span where;
            for (NodeId above = id;; above = nodes[above].parent) {
                for (const Node::Put& put : nodes[above].puts) {
                    if (put.channel == number) where = put.where;
                }
                if (above == 0 || where != Span{}) break;
            }
            discarded.emplace_back(
                id, Discard{.cause = Discard::Cause::put_on_closed,
                            .text = why_closed(index, number, true),
                            .where = where,
                            .trace = {{"primitive", std::string(user.name), where}}});
        }
    }
    discard_all(index, std::move(discarded));
    enqueue(index);
}

}  // namespace reowolf::runtime
