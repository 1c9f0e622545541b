// SPDX-License-Identifier: MIT
// The behaviours of an attempt: a tree that grows at every fork and at every message that a get can
// receive.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using machine::PortHandle;
using wire::NodeId;

std::uint32_t Node::count(ChannelIndex channel, bool puts_on) const {
    const auto found = std::ranges::find_if(counts, [&](const Count& entry) {
        return entry.channel == channel && entry.puts == puts_on;
    });
    return found == counts.end() ? 0 : found->count;
}

void Node::add_use(ChannelIndex channel, bool puts_on) {
    const auto found = std::ranges::find_if(counts, [&](const Count& entry) {
        return entry.channel == channel && entry.puts == puts_on;
    });
    if (found == counts.end()) {
        counts.push_back({channel, puts_on, 1});
    } else {
        ++found->count;
    }
}

void Runtime::begin_attempt(ComponentIndex index) {
    Component& entering = component(index);
    end_step_soon();
    entering.phase = Component::Phase::in_sync;
    entering.attempt = std::make_unique<Attempt>();
    Attempt& begun = *entering.attempt;
    begun.id = {{place_.self, index}, ++entering.attempts};
    note_try(begun.id);
    begun.repeats = std::ranges::any_of(entering.silent_from, [&](const auto& earlier) {
        return earlier->same_state(*entering.body);
    });
    begun.patient = begun.repeats;
    begun.prefers_least_used = entering.is_fair_turn();
    Node& root = begun.nodes.emplace_back();
    root.body = entering.body->clone();
    root.news = !begun.repeats;
    begun.enqueue(0);
    ++counters_.behaviours;
    begun.live = 1;
    arbiter_.open(begun.id);
    enqueue(index);
    if (!begun.repeats) return;
    // What it waits for may have come while it was between its blocks: who waits in the lane at one
    // of its ports takes the general way, and so says it again.
    for (const PortHandle port : entering.ports) {
        const Channel::End& other = channels_[channel_of(port)].end(!is_out(port));
        const Component& waiting = component(other.owner);
        if (other.here && waiting.phase == Component::Phase::in_lane && waiting.chooses()) {
            leave_lane(other.owner, Fall::general);
        } else {
            draw_from_lane(channel_of(port), !is_out(port));
        }
    }
}

void Runtime::explore(ComponentIndex index, NodeId id, std::uint32_t& budget) {
    Node& node = attempt(index).nodes[id];
    node.is_fresh = false;
    for (bool goes_on = true; goes_on;) {
        if (budget == 0 || has_gathered_much()) {
            attempt(index).enqueue(id);
            return;
        }
        if (const auto postponed = std::move(node.postponed)) {
            goes_on = serve(index, id, *postponed);
            continue;
        }
        const std::uint32_t before = budget;
        auto request = node.body->run(budget);
        if (shared_.workers && request && request->kind == machine::Request::Kind::budget_used &&
            before - budget >= limits_.instructions_before_workers && !component(index).is_native) {
            return send_off_behaviour(index, id);
        }
        goes_on = request && serve(index, id, *request);
    }
    note_body(index, id);
}

// Each answers a request of a behaviour; true if the behaviour can run on at once.
bool Runtime::serve(ComponentIndex index, NodeId id, machine::Request& request) {
    using Kind = machine::Request::Kind;
    switch (request.kind) {
        case Kind::get:
            return serve_get(index, id, request.port);
        case Kind::put:
            return serve_put(index, id, request);
        case Kind::fork:
            return serve_fork(index, id, request.count);
        case Kind::fires:
            return serve_fires(index, id, request.port);
        case Kind::sync_end:
            return serve_end(index, id);
        case Kind::print:
            if (!may_hold(index, id, sizeof(std::string) + request.text().size())) return false;
            attempt(index).nodes[id].printed.push_back(std::move(request.text()));
            return true;
        case Kind::discarded:
            return serve_discarded(index, id);
        case Kind::failed:
            return serve_failed(index, id, std::move(request.text()));
        case Kind::budget_used:
            attempt(index).enqueue(id);
            return false;
        default:
            return false;  // does not occur inside a sync block: the compiler sees to that
    }
}

bool Runtime::serve_get(ComponentIndex index, NodeId id, PortHandle port) {
    if (!may_use(index, id, port, "get")) return false;
    const ChannelIndex number = channel_of(port);
    Channel& channel = channels_[number];
    Node& node = attempt(index).nodes[id];
    if (channel.out.closed && !is_promised(attempt(index).id)) {
        discard(index, id,
                {.cause = Discard::Cause::get_from_closed,
                 .text = why_closed(index, number, false),
                 .where = node.body->position(),
                 .trace = {}});
        return false;
    }
    note_use(index, number, false);
    node.phase = Node::Phase::waiting;
    node.waits_on = number;
    const std::uint32_t received = node.count(number, false);
    attempt(index).waiting[{number, received}].nodes.push_back(id);
    if (channel.out.here) want(number, received);
    if (received < channel.offers.size()) take_all(index, id, number, received);
    return false;
}

std::uint64_t size_of(const machine::Value& value) {
    if (!value.is_reference() || !value.block()) return 0;
    const machine::Block& block = *value.block();
    return std::uint64_t{block.length} * block.element_bytes + block.nested_bytes;
}

bool Runtime::serve_put(ComponentIndex index, NodeId id, machine::Request& put) {
    if (!may_use(index, id, put.port, "put")) return false;
    const ChannelIndex number = channel_of(put.port);
    Node& node = attempt(index).nodes[id];
    if (channels_[number].in.closed && !is_promised(attempt(index).id)) {
        discard(index, id,
                {.cause = Discard::Cause::put_on_closed,
                 .text = why_closed(index, number, true),
                 .where = node.body->position(),
                 .trace = node.body->trace()});
        return false;
    }
    if (!channels_[number].in.here && size_of(put.value) > limits_.message_value_bytes_max) {
        discard(index, id,
                {.cause = Discard::Cause::error,
                 .text = fmt::format("a message to another peer may have at most {} bytes",
                                     limits_.message_value_bytes_max),
                 .where = node.body->position(),
                 .trace = node.body->trace()});
        return false;
    }
    const std::uint32_t sent = node.count(number, true);
    if (attempt(index).is_deep && !node.is_released && !is_wanted(number, sent)) {
        note_use(index, number, true);
        node.postponed = std::make_unique<machine::Request>(std::move(put));
        attempt(index).park(id, number);
        return false;
    }
    node.is_released = false;
    // What goes to another site is a copy of its own.
    const std::uint64_t bytes = channels_[number].in.here
                                    ? offer_bytes + node.depends.size() * sizeof(wire::NodeRef) +
                                          machine::share_of(put.value.block())
                                    : bytes_across(node.depends.size(), put.value);
    if (!may_hold(index, id, bytes)) return false;
    if (channels_[number].carries_ports && !put_ports_away(index, id, put)) return false;
    const bool was_early = was_sent_early(index, number, sent);
    node.puts.push_back({number, sent, node.body->position(), was_early});
    node.add_use(number, true);
    note_use(index, number, true);
    if (was_early) return true;
    Offer made{.branch = {attempt(index).id, id},
               .causes = node.depends,
               .value = std::move(put.value),
               .takers = {}};
    const auto place = std::ranges::upper_bound(made.causes, made.branch);
    made.causes.insert(place, made.branch);
    offer(number, sent, std::move(made), node.news);
    return true;
}

bool Runtime::serve_fork(ComponentIndex index, NodeId id, std::uint32_t count) {
    Node& parent = attempt(index).nodes[id];
    for (std::uint32_t i = 0; i < count; ++i) {
        const NodeId child = add_child(index, id, parent.body->clone());
        Node& alternative = attempt(index).nodes[child];
        alternative.body->chose(i);
        if (watcher_) alternative.alternative_at = alternative.body->position();
        alternative.path.push_back(i);
    }
    order_newest(attempt(index), count);
    parent.phase = Node::Phase::split;
    drop_body(attempt(index), parent);
    --attempt(index).live;
    return false;
}

bool Runtime::serve_fires(ComponentIndex index, NodeId id, PortHandle port) {
    if (!may_use(index, id, port, "fires")) return false;
    Node& parent = attempt(index).nodes[id];
    const bool used = parent.count(channel_of(port), is_out(port)) > 0;
    const auto promised = std::ranges::find(parent.promises, port, &Node::Promise::port);
    if (used || promised != parent.promises.end()) {
        parent.body->fires(used || promised->fires);
        return true;
    }
    NodeId last = id;
    for (const bool yes : {true, false}) {
        const NodeId child = add_child(index, id, parent.body->clone());
        Node& alternative = attempt(index).nodes[child];
        if (watcher_) alternative.alternative_at = alternative.body->position();
        alternative.body->fires(yes);
        alternative.promises.push_back({port, yes});
        alternative.path.push_back(yes ? 0 : 1);
        last = child;
    }
    parent.phase = Node::Phase::split;
    drop_body(attempt(index), parent);
    --attempt(index).live;
    if (is_out(port) || !has_put(index, channel_of(port), parent.depends)) return false;
    discard(index, last,
            {.cause = Discard::Cause::broken_promise,
             .text = "'fires' was taken to be false, but there is a message at " +
                     describe_port(channel_of(port), false),
             .where = attempt(index).nodes[last].body->position(),
             .trace = {}});
    return false;
}

bool Runtime::serve_discarded(ComponentIndex index, NodeId id) {
    discard(index, id,
            {.cause = Discard::Cause::assertion,
             .text = "the assertion is false",
             .where = attempt(index).nodes[id].body->position(),
             .trace = {}});
    return false;
}

bool Runtime::serve_failed(ComponentIndex index, NodeId id, std::string message) {
    const Body& body = *attempt(index).nodes[id].body;
    discard(index, id,
            {.cause = Discard::Cause::error,
             .text = std::move(message),
             .where = body.position(),
             .trace = body.trace()});
    return false;
}

bool Runtime::serve_end(ComponentIndex index, NodeId id) {
    Attempt& explored = attempt(index);
    Node& node = explored.nodes[id];
    for (const Node::Promise& promise : node.promises) {
        const bool used = node.count(channel_of(promise.port), is_out(promise.port)) > 0;
        if (promise.fires && !used) {
            discard(index, id,
                    {.cause = Discard::Cause::broken_promise,
                     .text = "'fires' was taken to be true, but the port was not used",
                     .where = node.body->position(),
                     .trace = {}});
            return false;
        }
    }
    node.phase = Node::Phase::complete;
    // An application that has nothing else to choose says so at once.
    if (node.counts.empty() && (index != application || !node.path.empty())) {
        explored.silent.push_back(id);
        return false;
    }
    wire::Leaf leaf;
    leaf.node = id;
    leaf.depends = node.depends;
    for (const Node::Count& count : node.counts) {
        leaf.uses.push_back({channels_[count.channel].id, count.puts, count.count});
    }
    std::ranges::sort(leaf.uses);
    leaf.optional_fired = node.optional_fired;
    leaf.rank = node.path;
    if (explored.prefers_least_used) {
        const std::uint64_t round = component(index).last_use(node.path);
        leaf.rank.insert(leaf.rank.begin(), {static_cast<std::uint32_t>(round >> 32),
                                             static_cast<std::uint32_t>(round)});
    }
    if (withholds(index, node)) {
        withhold(index, std::move(leaf));
        return false;
    }
    arbiter_.leaf(explored.id, std::move(leaf));
    explored.leaves.push_back(id);
    return false;
}

NodeId Runtime::add_child(ComponentIndex index, NodeId parent_id, std::unique_ptr<Body> body) {
    Attempt& explored = attempt(index);
    const auto id = static_cast<NodeId>(explored.nodes.size());
    Node& child = explored.nodes.emplace_back();
    Node& parent = explored.nodes[parent_id];
    parent.children.push_back(id);
    child.parent = parent_id;
    child.body = std::move(body);
    child.depends = parent.depends;
    child.counts = parent.counts;
    child.promises = parent.promises;
    child.moved = parent.moved;
    child.path = parent.path;
    child.news = parent.news;
    child.optional_fired = parent.optional_fired;
    explored.enqueue(id);
    ++counters_.behaviours;
    arbiter_.forest().grow(explored.id, id, parent_id);
    note_live(explored);
    note_size(index, child);
    enqueue(index);
    return id;
}

// Whether the behaviour may use the port: it is the component's own since before this block, and it
// has not said that it would not. If not, the behaviour is discarded.
bool Runtime::may_use(ComponentIndex index, NodeId id, PortHandle port, std::string_view what) {
    const Node& node = attempt(index).nodes[id];
    const Node::Moved* const moved = node.find_moved(port);
    if (!own(index, port) || moved) {
        discard(
            index, id,
            {.cause = Discard::Cause::error,
             .text = fmt::format("attempted to '{}' on port that is {}", what,
                                 moved && moved->here ? "not owned yet: it came in this sync block"
                                                      : "no longer owned"),
             .where = node.body->position(),
             .trace = node.body->trace()});
        return false;
    }
    const auto promised = std::ranges::find(node.promises, port, &Node::Promise::port);
    if (what != "fires" && promised != node.promises.end() && !promised->fires) {
        discard(index, id,
                {.cause = Discard::Cause::broken_promise,
                 .text = "'fires' was taken to be false, but the port is used",
                 .where = node.body->position(),
                 .trace = {}});
        return false;
    }
    return true;
}

// The first time that any behaviour of the attempt uses this end of the channel.
void Runtime::note_use(ComponentIndex index, ChannelIndex number, bool puts) {
    const Attempt& using_it = attempt(index);
    Channel& channel = channels_[number];
    Channel::End& mine = channel.end(puts);
    if (mine.user == using_it.id) return;
    mine.user = using_it.id;
    draw_from_lane(number, !puts);
    if (!puts) {
        if (!channel.out.here) {
            if (hands_over_) attempt(index).told.insert(channel.other_site());
            const wire::Wait wait{using_it.id, channel.id, arbiter_.holder(using_it.id),
                                  !using_it.repeats};
            // Rounds that were published go on being published, as a rule: then nobody needs it.
            if (component(index).was_published && channel.to_application) {
                withheld_[channel.other_site()].push_back(wait);
            } else {
                send(channel.other_site(), wait);
            }
        } else if (!using_it.repeats) {
            note_change(number, true);
        }
    }
    meet(number);
}

// Attempts that use both ends of a channel touch.
void Runtime::meet(ChannelIndex number) {
    const Channel& channel = channels_[number];
    if (!channel.out.user || !channel.in.user) return;
    const Channel::End& own_end = channel.out.here ? channel.out : channel.in;
    const Channel::End& other = channel.out.here ? channel.in : channel.out;
    arbiter_.touch(*own_end.user, *other.user,
                   other.here ? arbiter_.holder(*other.user) : other.holder);
}

// Something is new at this end of the channel: the component that owns it may have reason to be
// silent once more.
void Runtime::note_change(ChannelIndex number, bool at_out) {
    const Channel::End& end = channels_[number].end(at_out);
    if (!end.here) return;
    Component& owner_of_end = component(end.owner);
    if (!owner_of_end.attempt || !owner_of_end.attempt->patient) return;
    owner_of_end.attempt->patient = false;
    enqueue(end.owner);
}

}  // namespace reowolf::runtime
