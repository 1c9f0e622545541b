// SPDX-License-Identifier: MIT
#include "connector/outbox.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace reowolf::connector {

namespace {

// It is alone in its frame: what has come before is explored before it is answered.
bool is_alone(const wire::Body& body) {
    return std::holds_alternative<wire::Lost>(body) || std::holds_alternative<wire::Probe>(body) ||
           std::holds_alternative<wire::Probed>(body) ||
           std::holds_alternative<wire::Arrived>(body) ||
           std::holds_alternative<wire::Impossible>(body) ||
           std::holds_alternative<wire::WasLast>(body) || std::holds_alternative<wire::Last>(body);
}

// Whether what it tells of nodes is heard: the member itself takes others.
bool tells_of_nodes(const wire::Body& body) {
    return !is_alone(body) && !std::holds_alternative<wire::Closed>(body);
}

// About as many as it takes on the wire, or more; small ones would fill a frame without end if only
// values counted.
std::size_t bytes_of(const wire::Message& message) {
    const auto* value = std::get_if<wire::Value>(&message.body);
    const std::size_t variable =
        value ? value->value.size() + value->depends.size() * sizeof(wire::NodeRef) : 0;
    return sizeof(wire::Message) + message.lineage.size() * sizeof(wire::Lineage) + variable;
}

}  // namespace

// ---- What nobody wants any more ----------------------------------------------------------------

// True: it says something of the kind.
bool Outbox::Dead::note(const wire::Body& body) {
    if (const auto* one = std::get_if<wire::Over>(&body)) {
        over.insert(one->attempt);
    } else if (const auto* back = std::get_if<wire::Retract>(&body)) {
        const auto [first, is_new] =
            retracted.try_emplace({back->branch, back->channel}, back->index);
        first->second = std::min(first->second, back->index);
    } else {
        return false;
    }
    return true;
}

bool Outbox::Dead::contains(const wire::Message& message) const {
    const auto* value = std::get_if<wire::Value>(&message.body);
    if (!value) return false;
    if (over.contains(value->branch.attempt)) return true;
    const auto back = retracted.find({value->branch, value->channel});
    return back != retracted.end() && value->index >= back->second;
}

// The nodes that it tells of may be named again.
void Outbox::drop(wire::Message& message) {
    untold_.insert(untold_.end(), message.lineage.begin(), message.lineage.end());
    ++dropped_;
}

// Behind each that is dropped stands a message that says why, and which takes over what it would
// have told of, if no other one does before.
void Outbox::begin_to_sift(post::Connection& connection) {
    is_sifting_ = true;
    has_dead_ = false;
    if (!large_ || !dead_.contains(*large_)) return;
    wire::Message last = std::move(*std::exchange(large_, {}));
    if (connection.take_back_last()) drop(last);
}

// False: not all have been looked at. Nothing that a branch put on a channel is kept behind what is
// dropped, so that the other side never hears of a value whose predecessor it lacks.
bool Outbox::sift(std::size_t messages_max) {
    for (; messages_max > 0 && !messages_.empty(); --messages_max) {
        wire::Message& next = messages_.front();
        if (dead_.contains(next)) {
            drop(next);
        } else {
            if (tells_of_nodes(next.body)) {
                next.lineage.insert(next.lineage.begin(), untold_.begin(), untold_.end());
                untold_.clear();
            }
            sifted_.push_back(std::move(next));
        }
        messages_.pop_front();
    }
    if (!messages_.empty()) return false;
    messages_.swap(sifted_);
    is_sifting_ = false;
    if (!has_dead_) dead_ = {};
    return true;
}

// ---- Sending -----------------------------------------------------------------------------------

void Outbox::add(wire::Message message) {
    if (is_held_ || large_) has_dead_ |= dead_.note(message.body);
    messages_.push_back(std::move(message));
}

void Outbox::clear() {
    *this = {};
}

void Outbox::send(post::Connection& connection, std::uint64_t protocol, bool all) {
    if (has_dead_ && !is_sifting_) begin_to_sift(connection);
    const std::size_t at_once = all ? std::numeric_limits<std::size_t>::max() : sifted_at_once_max;
    if (is_sifting_ && !sift(at_once)) return;
    while (!messages_.empty() && (all || connection.queued_bytes() < queued_bytes_max)) {
        take_frame();
        connection.send(wire::encode_frame(protocol, frame_));
        large_.reset();
        auto* const value =
            frame_.size() == 1 ? std::get_if<wire::Value>(&frame_[0].body) : nullptr;
        if (value && value->value.size() > frame_value_bytes_max) {
            value->value = {};
            large_ = std::move(frame_[0]);
        }
        frame_.clear();
    }
    is_held_ = !messages_.empty();
}

void Outbox::take_frame() {
    std::size_t bytes = 0;
    while (!messages_.empty()) {
        wire::Message& next = messages_.front();
        const bool is_first = frame_.empty();
        const bool ends = is_alone(next.body);
        bytes += bytes_of(next);
        if (!is_first && (ends || bytes > frame_value_bytes_max)) return;
        frame_.push_back(std::move(next));
        messages_.pop_front();
        if (ends) return;
    }
}

}  // namespace reowolf::connector
