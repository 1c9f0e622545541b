// SPDX-License-Identifier: MIT
// Messages of one value lead to one behaviour, as long as it has not run. Else each in a row of
// components would tell apart all the ways by which those before it came to the same value, and
// there would be exponentially many. It is the same behaviour whichever of them it was, so a round
// may have any of them in it.
#include <algorithm>
#include <iterator>
#include <optional>

#include "runtime/runtime.hpp"

namespace reowolf::runtime {

using wire::NodeId;

// The branch of the offer's attempt that was the first to put this value.
NodeId Runtime::first_like(const std::vector<Offer>& offers, const Offer& made) {
    constexpr std::ptrdiff_t looked_at_max = 256;
    constexpr std::uint64_t compared_bytes_max = 256;

    if (size_of(made.value) > compared_bytes_max) return made.branch.node;
    const auto last = offers.rbegin();
    const auto end = last + std::min<std::ptrdiff_t>(std::ssize(offers), looked_at_max);
    const auto found = std::find_if(last, end, [&](const Offer& earlier) {
        return earlier.branch.attempt == made.branch.attempt &&
               size_of(earlier.value) <= compared_bytes_max && earlier.value == made.value;
    });
    return found == end ? made.branch.node : found->like;
}

// The behaviour that has got a message of this value and has not run since, if there is one: from
// now on this message may have led to it, too.
std::optional<NodeId> Runtime::take_like(ComponentIndex index, NodeId id, const Offer& offer,
                                         const rounds::Depends& depends) {
    constexpr std::ptrdiff_t looked_at_max = 256;

    Attempt& taking = attempt(index);
    const auto& children = taking.nodes[id].children;
    const auto last = children.rbegin();
    const auto end = last + std::min<std::ptrdiff_t>(std::ssize(children), looked_at_max);
    const auto found = std::find_if(last, end, [&](NodeId child) {
        const Node& node = taking.nodes[child];
        return node.is_fresh && node.phase == Node::Phase::runnable && node.got_like == offer.like;
    });
    if (found == end) return std::nullopt;
    Node& taker = taking.nodes[*found];
    const auto has_messages_of = [&](const wire::AttemptId& other) {
        return std::ranges::any_of(taker.counts, [&](const Node::Count& count) {
            return !count.puts && channels_[count.channel].out.user == other;
        });
    };
    auto merged = rounds::either(taker.depends, depends, has_messages_of);
    if (!merged) return std::nullopt;
    taker.depends = std::move(*merged);
    taker.news |= taking.nodes[id].news && offer.news;
    return *found;
}

}  // namespace reowolf::runtime
