// SPDX-License-Identifier: MIT
#include "connector/outbox.hpp"

#include <compare>
#include <set>
#include <span>
#include <utility>

namespace reowolf::connector {

namespace {

struct Put {
    wire::NodeRef branch;
    wire::ChannelId channel;
    std::uint32_t index = 0;

    friend auto operator<=>(const Put&, const Put&) = default;
};

// What the messages behind a value say of it.
struct Dead {
    std::set<wire::AttemptId> over;
    std::set<Put> retracted;

    void note(const wire::Body& body) {
        if (const auto* one = std::get_if<wire::Over>(&body)) over.insert(one->attempt);
        if (const auto* one = std::get_if<wire::Retract>(&body)) {
            retracted.insert({one->branch, one->channel, one->index});
        }
    }
    bool contains(const wire::Value& value) const {
        return over.contains(value.branch.attempt) ||
               retracted.contains({value.branch, value.channel, value.index});
    }
};

// In place of a value that nobody has heard of: it says nothing, but may tell of nodes that are
// named again, and counts as a message like the other.
wire::Retract nothing_of(const wire::Value& value) {
    return {.branch = value.branch, .channel = value.channel, .index = value.index};
}

// It is alone in its frame: what has come before is explored before it is answered.
bool is_alone(const wire::Body& body) {
    return std::holds_alternative<wire::Lost>(body) || std::holds_alternative<wire::Probe>(body) ||
           std::holds_alternative<wire::Probed>(body) ||
           std::holds_alternative<wire::Arrived>(body) ||
           std::holds_alternative<wire::Impossible>(body) ||
           std::holds_alternative<wire::WasLast>(body) || std::holds_alternative<wire::Last>(body);
}

}  // namespace

void Outbox::add(wire::Message message) {
    has_dead_ |= (is_held_ || large_) && (std::holds_alternative<wire::Over>(message.body) ||
                                          std::holds_alternative<wire::Retract>(message.body));
    messages_.push_back(std::move(message));
}

void Outbox::clear() {
    messages_.clear();
    is_held_ = false;
    has_dead_ = false;
    large_.reset();
}

void Outbox::send(post::Connection& connection, std::uint64_t protocol, bool all) {
    if (std::exchange(has_dead_, false)) drop_dead(connection);
    std::span<wire::Message> rest(messages_);
    while (!rest.empty() && (all || connection.queued_bytes() < queued_bytes_max)) {
        const std::size_t count = count_of_next(rest.data(), rest.size());
        connection.send(wire::encode_frame(protocol, rest.first(count)));
        large_.reset();
        auto* const value = count == 1 ? std::get_if<wire::Value>(&rest[0].body) : nullptr;
        if (value && value->value.size() > frame_value_bytes_max) {
            value->value = {};
            large_ = std::move(rest[0]);
        }
        rest = rest.subspan(count);
    }
    is_held_ = !rest.empty();
    messages_.erase(messages_.begin(), messages_.end() - std::ssize(rest));
}

std::size_t Outbox::count_of_next(const wire::Message* first, std::size_t messages) {
    if (is_alone(first->body)) return 1;
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < messages; ++count) {
        if (is_alone(first[count].body)) break;
        const auto* value = std::get_if<wire::Value>(&first[count].body);
        bytes += value ? value->value.size() : 0;
        if (count > 0 && bytes > frame_value_bytes_max) break;
    }
    return count;
}

// Of one branch all that was put behind such a value has come to nothing too, so that the other
// side never hears of a value whose predecessor it lacks.
void Outbox::drop_dead(post::Connection& connection) {
    Dead dead;
    for (auto message = messages_.rbegin(); message != messages_.rend(); ++message) {
        dead.note(message->body);
        const auto* value = std::get_if<wire::Value>(&message->body);
        if (value && dead.contains(*value)) message->body = nothing_of(*value);
    }
    if (!large_ || !dead.contains(std::get<wire::Value>(large_->body))) return;
    wire::Message last = std::move(*std::exchange(large_, {}));
    if (!connection.take_back_last()) return;
    last.body = nothing_of(std::get<wire::Value>(last.body));
    messages_.insert(messages_.begin(), std::move(last));
}

}  // namespace reowolf::connector
