// SPDX-License-Identifier: MIT
// Messages of all behaviours that put one, and behaviours that wait for it: which can come of one
// past. There may be thousands of both, as two components that leave out what they like on many
// channels have, and each fits with few of the others.
#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

namespace {

// As long as it is no more it is not worth to know which.
constexpr std::size_t few = 32;

// Each time that so many more attempts have led to a behaviour it is looked which have to be kept.
constexpr std::size_t many_causes = 64;

// The first of at least this number.
auto find_offer(auto& offers, std::uint64_t number) {
    return std::ranges::lower_bound(offers, number, {}, &Offer::number);
}

Waiting::Sorted& sorting(Waiting& waiting) {
    if (!waiting.sorted) waiting.sorted = std::make_unique<Waiting::Sorted>();
    return *waiting.sorted;
}

}  // namespace

// Makes the message available to whoever waits for it, now or later.
void Runtime::offer(ChannelIndex number, std::uint32_t index, Offer made, bool news) {
    Channel& channel = channels_[number];
    if (!channel.in.here) {
        wire::Value message{.branch = made.branch,
                            .channel = channel.id,
                            .index = index,
                            .holder = arbiter_.holder(made.branch.attempt),
                            .news = news,
                            .depends = made.causes,
                            .value = {}};
        std::erase(message.depends, made.branch);
        message.value = bytes_for(channel.type, made.value);
        if (hands_over_) {
            attempt(made.branch.attempt.component.index).told.insert(channel.other_site());
        }
        copy_value(message, channel.other_site());
        return send(channel.other_site(), std::move(message));
    }
    if (channel.offers.size() <= index) channel.offers.resize(index + 1);
    made.like = channel.carries_ports ? made.branch.node : first_like(channel.offers[index], made);
    Offer& kept = channel.offers[index].emplace_back(std::move(made));
    kept.number = ++offers_made_;
    kept.news = news;
    if (news) note_change(number, false);
    Component& reader = component(channel.in.owner);
    if (!reader.attempt) return draw_from_lane(number, false);
    if (reader.attempt->waiting.contains({number, index})) give(number, index, kept);
}

// The new message, to everybody here who waits for it.
void Runtime::give(ChannelIndex number, std::uint32_t index, Offer& offer) {
    const ComponentIndex reader = channels_[number].in.owner;
    Attempt& reading = attempt(reader);
    Waiting& waiting = reading.waiting.at({number, index});
    const auto waits = [&](NodeId id) { return reading.nodes[id].phase == Node::Phase::waiting; };
    if (waiting.nodes.size() >= (waiting.sorted ? waiting.sorted->purged_at : 0)) {
        std::erase_if(waiting.nodes, [&](NodeId id) { return !waits(id); });
        if (waiting.sorted) {
            waiting.sorted->purged_at = 2 * waiting.nodes.size();
            waiting.sorted->behaviours.reset();
        }
    }
    if (waiting.nodes.size() <= few) {
        for (const NodeId id : waiting.nodes) {
            if (waits(id)) take(reader, id, number, offer);
        }
        return;
    }
    const rounds::Branches& branches = behaviours_by_branch(reading, waiting, offer.branch.attempt);
    for (const auto place : branches.find(arbiter_.forest(), {&offer.branch, 1})) {
        const NodeId id = waiting.nodes[place];
        if (waits(id)) take(reader, id, number, offer);
    }
}

const rounds::Branches& Runtime::behaviours_by_branch(const Attempt& reading, Waiting& waiting,
                                                      const wire::AttemptId& putting) {
    Waiting::Sorted& sorted = sorting(waiting);
    if (!sorted.behaviours || sorted.behaviours->attempt() != putting) {
        sorted.behaviours.emplace(putting);
        sorted.in_behaviours = 0;
    }
    for (; sorted.in_behaviours < waiting.nodes.size(); ++sorted.in_behaviours) {
        const Node& node = reading.nodes[waiting.nodes[sorted.in_behaviours]];
        sorted.behaviours->add(arbiter_.forest(), rounds::of_attempt(node.depends, putting),
                               sorted.in_behaviours);
    }
    return *sorted.behaviours;
}

// Those of the attempt that has put last, of which there are some.
const rounds::Branches& Runtime::offers_by_branch(Waiting& waiting,
                                                  const std::vector<Offer>& offers) {
    Waiting::Sorted& sorted = sorting(waiting);
    const wire::AttemptId& putting = offers.back().branch.attempt;
    if (!sorted.offers || sorted.offers->attempt() != putting) {
        sorted.offers.emplace(putting);
        sorted.in_offers = 0;
    }
    for (auto each = find_offer(offers, sorted.in_offers + 1); each != offers.end(); ++each) {
        const bool is_of_it = each->branch.attempt == putting;
        sorted.offers->add(arbiter_.forest(), {&each->branch, is_of_it ? 1U : 0U}, each->number);
    }
    sorted.in_offers = offers.back().number;
    return *sorted.offers;
}

// The behaviour that waits now, from all who have put the message.
void Runtime::take_all(ComponentIndex index, NodeId id, ChannelIndex number,
                       std::uint32_t received) {
    std::vector<Offer>& offers = channels_[number].offers[received];
    Waiting& waiting = attempt(index).waiting.at({number, received});
    if (offers.size() <= few || waiting.nodes.size() <= few) {
        for (Offer& offer : offers) take(index, id, number, offer);
        return;
    }
    const rounds::Branches& branches = offers_by_branch(waiting, offers);
    const rounds::Nodes past =
        rounds::of_attempt(attempt(index).nodes[id].depends, branches.attempt());
    for (const auto wanted : branches.find(arbiter_.forest(), past)) {
        const auto found = find_offer(offers, wanted);
        // Some have been taken back.
        if (found != offers.end() && found->number == wanted) take(index, id, number, *found);
    }
}

// Whether what has led to a behaviour has put a message on the channel.
bool Runtime::has_put(ComponentIndex index, ChannelIndex number, const rounds::Depends& past) {
    const Channel& channel = channels_[number];
    if (channel.offers.empty() || channel.offers[0].empty()) return false;
    const std::vector<Offer>& offers = channel.offers[0];
    const rounds::Nodes last = rounds::of_attempt(past, offers.back().branch.attempt);
    // Of several nodes one has led to it.
    if (last.size() != 1) return false;
    if (offers.size() <= few) {
        return std::ranges::any_of(offers, [&](const Offer& offer) {
            return offer.branch.attempt == last[0].attempt &&
                   arbiter_.forest().is_above(last[0].attempt, offer.branch.node, last[0].node);
        });
    }
    const rounds::Branches& branches =
        offers_by_branch(attempt(index).waiting[{number, 0}], offers);
    return branches.any_above(arbiter_.forest(), last[0], [&](std::uint64_t wanted) {
        const auto found = find_offer(offers, wanted);
        return found != offers.end() && found->number == wanted;
    });
}

// Of attempts of other sites it is not known here how many branches they have.
void Runtime::shorten_causes(const Node& taker, const Offer& taken,
                             rounds::Depends& depends) const {
    std::vector<std::optional<wire::AttemptId>> givers{taken.branch.attempt};
    for (const Node::Count& count : taker.counts) {
        if (!count.puts) givers.push_back(channels_[count.channel].out.user);
    }
    std::ranges::sort(givers);
    rounds::shorten(arbiter_.forest(), depends, [&](const wire::AttemptId& attempt) {
        return !owner(attempt) || std::ranges::binary_search(givers, std::optional(attempt));
    });
}

// The waiting behaviour gets the message, if it can come from a past that they share.
void Runtime::take(ComponentIndex index, NodeId id, ChannelIndex channel, Offer& offer) {
    Attempt& taking = attempt(index);
    rounds::Depends causes;
    bool has_own = false;
    bool is_shared = false;
    for (const wire::NodeRef& cause : offer.causes) {
        if (cause.attempt.component != taking.id.component) {
            causes.push_back(cause);
        } else {
            has_own = true;
            is_shared |=
                cause.attempt == taking.id && arbiter_.forest().is_above(taking.id, cause.node, id);
        }
    }
    if (has_own && !is_shared) return;
    const Node& waiting = taking.nodes[id];
    auto depends = rounds::join(arbiter_.forest(), waiting.depends, causes);
    if (!depends) return;
    const bool breaks_promise =
        std::ranges::any_of(waiting.promises, [&](const Node::Promise& promise) {
            return !promise.fires && !is_out(promise.port) &&
                   has_put(index, channel_of(promise.port), *depends);
        });
    if (breaks_promise) return;
    // The giver is one more than it had itself.
    const std::size_t before = std::max(waiting.depends.size() + 1, causes.size()) - 1;
    if (depends->size() / many_causes != before / many_causes) {
        shorten_causes(waiting, offer, *depends);
    }
    auto child = take_like(index, id, offer, *depends);
    if (!child) {
        child = add_child(index, id, waiting.body->clone());
        Node& taker = taking.nodes[*child];
        taker.depends = std::move(*depends);
        if (waiting.body->takes_option()) ++taker.optional_fired;
        taker.body->got(offer.value);
        if (channels_[channel].carries_ports) receive_ports(taker, channel, offer.value);
        taker.add_use(channel, false);
        taker.news &= offer.news;
        taker.is_fresh = true;
        taker.got_like = offer.like;
    }
    ++taking.nodes[*child].sources;
    // Each time that they are twice as many, so that it costs little for each.
    if (std::has_single_bit(offer.takers.size())) {
        std::erase_if(offer.takers, [&](const auto& old) { return !owner(old.attempt); });
    }
    offer.takers.push_back({taking.id, *child});
}

}  // namespace reowolf::runtime
