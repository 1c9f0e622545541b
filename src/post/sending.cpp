// SPDX-License-Identifier: MIT
#include "post/sending.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::post {

namespace {

// It asks for nothing but to be sent.
bool is_plain(const Outgoing& message) {
    return !message.is_followed && message.expires_ms == never_ms && message.antecedents.empty();
}

}  // namespace

void Sending::open(std::uint32_t carrier, std::uint64_t window) {
    carriers_[carrier].window = window;
}

void Sending::remove(std::uint32_t number) {
    const auto found = carriers_.find(number);
    if (found == carriers_.end()) return;
    for (auto& [niceness, lane] : found->second.lanes) {
        for (const Outgoing& message : lane.messages) {
            note(number, message, Fate::dropped);
        }
        forget_lane(niceness, lane);
    }
    carriers_.erase(found);
}

// It has nothing to send any more.
void Sending::forget_lane(std::uint16_t niceness, Lane& lane) {
    const auto level = levels_.find(niceness);
    if (level == levels_.end()) return;
    std::erase(level->second, &lane);
    if (level->second.empty()) levels_.erase(level);
}

bool Sending::push(std::uint32_t number, Outgoing&& message) {
    Carrier& carrier = carriers_.at(number);
    const std::uint16_t niceness = message.properties.niceness;
    Lane& lane = carrier.lanes[niceness];
    lane.carrier = number;
    carrier.queued_bytes += message.payload.size();
    ++carrier.queued_messages;
    if (message.expires_ms != never_ms) ++mortal_;
    if (joins(message, lane)) {
        join(lane.messages.back(), message);
        return false;
    }
    const bool is_first = lane.messages.empty();
    if (is_first) levels_[niceness].push_back(&lane);
    lane.messages.push_back(std::move(message));
    return is_first;
}

// With the last one that waits there.
bool Sending::joins(const Outgoing& message, const Lane& lane) {
    const auto is_small = [](const Outgoing& each) {
        return is_plain(each) && each.payload.size() <= records::bundled_message_bytes_max;
    };
    const bool is_last_begun = lane.is_begun && lane.messages.size() == 1;
    if (lane.messages.empty() || is_last_begun || !is_small(message)) return false;
    const Outgoing& last = lane.messages.back();
    if (!is_small(last) || last.properties != message.properties) return false;
    return !last.bundled ||
           last.bundled->messages.size() + message.payload.size() < records::bundle_bytes_max;
}

void Sending::join(Outgoing& last, const Outgoing& message) {
    const auto add = [&](std::uint64_t id, const Payload& payload) {
        Bundled& bundled = *last.bundled;
        records::append_message(bundled.messages, payload);
        ++bundled.count;
        bundled.message_bytes += payload.size();
        if (id != 0) bundled.ids.push_back(id);
    };
    if (!last.bundled) {
        last.bundled = std::make_unique<Bundled>();
        add(last.id, last.payload);
        last.payload = {};
    }
    add(message.id, message.payload);
    last.cost += message.cost;
}

std::optional<Payload> Sending::pass(std::uint32_t number, Outgoing& message) {
    const std::size_t size = message.payload.size();
    const bool must_wait = !is_plain(message) || !levels_.empty();
    if (must_wait || size > records::fragment_bytes_max) return std::nullopt;
    Carrier& carrier = carriers_.at(number);
    const std::uint64_t charge = records::charge(size);
    if (carrier.charged + charge > carrier.window) return std::nullopt;
    carrier.charged += charge;
    records::Fragment fragment;
    fragment.carrier = number;
    fragment.is_first = fragment.is_last = true;
    if (message.properties != Properties{}) fragment.properties = message.properties;
    message.payload.set_head(records::encode_head(fragment).span());
    return std::move(message.payload);
}

bool Sending::take_back_last(std::uint32_t number) {
    const auto found = carriers_.find(number);
    if (found == carriers_.end()) return false;
    const auto place = found->second.lanes.find(0);
    if (place == found->second.lanes.end() || place->second.messages.empty()) return false;
    Lane& lane = place->second;
    Outgoing& last = lane.messages.back();
    if (last.bundled) return false;
    if (lane.is_begun && lane.messages.size() == 1) {
        if (last.expires_ms == never_ms) ++mortal_;
        last.expires_ms = std::numeric_limits<std::int64_t>::min();
        return true;
    }
    found->second.queued_bytes -= last.payload.size();
    --found->second.queued_messages;
    note(number, last, Fate::dropped);
    lane.messages.pop_back();
    if (lane.messages.empty()) forget_lane(place->first, lane);
    return true;
}

void Sending::widen(std::uint32_t carrier, std::uint64_t window) {
    const auto found = carriers_.find(carrier);
    if (found != carriers_.end()) found->second.window = std::max(found->second.window, window);
}

std::optional<Payload> Sending::next(std::int64_t now_ms) {
    ++turn_;
    for (auto level = levels_.begin(); level != levels_.end();) {
        auto& lanes = level->second;
        std::optional<Payload> record;
        for (std::size_t turns = lanes.size(); turns > 0 && !record; --turns) {
            Lane* const lane = lanes.front();
            record = next_of(*lane, now_ms);
            if (lanes.size() == 1 && !lane->messages.empty()) break;
            lanes.pop_front();
            if (!lane->messages.empty()) lanes.push_back(lane);
        }
        level = lanes.empty() ? levels_.erase(level) : std::next(level);
        if (record) return record;
    }
    return std::nullopt;
}

std::optional<Payload> Sending::next_of(Lane& lane, std::int64_t now_ms) {
    drop_expired(lane, now_ms);
    if (lane.messages.empty()) return std::nullopt;
    Carrier& carrier = carriers_.at(lane.carrier);
    Outgoing& message = lane.messages.front();
    if (message.bundled) return next_bundle(lane, carrier);
    const std::size_t size = message.payload.size();
    records::Fragment fragment;
    fragment.carrier = lane.carrier;
    fragment.slot = lane.slot;
    if (lane.is_begun && message.expires_ms <= now_ms) {
        fragment.is_last = fragment.is_dropped = true;
        Payload record(records::encode(fragment));
        carrier.charged += records::charge(0);
        finish(lane, Fate::expired, size);
        return record;
    }
    if (carrier.blocked_in == turn_) return std::nullopt;
    if (!lane.is_begun && !can_begin(carrier, message)) return std::nullopt;
    const std::size_t part = std::min(size - lane.sent, records::fragment_bytes_max);
    const std::uint64_t charge = records::charge(part);
    if (carrier.charged + charge > carrier.window) {
        // What is less urgent does not take what is left of it.
        carrier.blocked_in = turn_;
        return std::nullopt;
    }
    fragment.is_last = lane.sent + part == size;
    if (!lane.is_begun) {
        fragment.is_first = true;
        fragment.length = size;
        if (message.properties != Properties{}) fragment.properties = message.properties;
        if (!fragment.is_last) {
            while ((carrier.slots_used & (1u << fragment.slot)) != 0) {
                fragment.slot = static_cast<std::uint8_t>(fragment.slot + 1) % records::slots;
            }
            lane.slot = fragment.slot;
            carrier.slots_used |= static_cast<std::uint8_t>(1u << lane.slot);
        }
    }
    fragment.wants_acknowledgement = fragment.is_last && message.is_followed;
    carrier.charged += charge;
    const records::Head head = records::encode_head(fragment);
    if (fragment.is_first && fragment.is_last) {
        message.payload.set_head(head.span());
        Payload record = std::move(message.payload);
        finish(lane, Fate::sent, size);
        return record;
    }
    Payload record(head.span(), message.payload, lane.sent, part);
    lane.sent += part;
    lane.is_begun = true;
    if (fragment.is_last) finish(lane, Fate::sent, size);
    return record;
}

std::optional<Payload> Sending::next_bundle(Lane& lane, Carrier& carrier) {
    Outgoing& first = lane.messages.front();
    Bundled& bundled = *first.bundled;
    const std::uint64_t charge = records::charge(bundled.messages.size());
    if (carrier.blocked_in == turn_ || carrier.charged + charge > carrier.window) {
        carrier.blocked_in = turn_;
        return std::nullopt;
    }
    carrier.charged += charge;
    Payload record(std::move(bundled.messages));
    record.set_head(
        records::encode_head(records::Bundle{lane.carrier, first.properties, {}}).span());
    finish(lane, Fate::sent, bundled.message_bytes, bundled.count);
    return record;
}

bool Sending::can_begin(const Carrier& carrier, const Outgoing& message) const {
    constexpr std::uint8_t all_slots = (1u << records::slots) - 1;
    const bool needs_slot = message.payload.size() > records::fragment_bytes_max;
    if (needs_slot && carrier.slots_used == all_slots) return false;
    return std::ranges::none_of(message.antecedents,
                                [&](std::uint64_t id) { return is_unsent(id); });
}

bool Sending::is_unsent(std::uint64_t id) const {
    const auto waits_in = [&](const auto& lane) {
        const auto& messages = lane.second.messages;
        const auto after = std::ranges::upper_bound(messages, id, {}, &Outgoing::id);
        if (after == messages.begin()) return false;
        const Outgoing& last = *std::prev(after);
        return last.id == id || (last.bundled && std::ranges::binary_search(last.bundled->ids, id));
    };
    return std::ranges::any_of(carriers_, [&](const auto& carrier) {
        return std::ranges::any_of(carrier.second.lanes, waits_in);
    });
}

void Sending::drop_expired(Lane& lane, std::int64_t now_ms) {
    while (!lane.is_begun && !lane.messages.empty() && lane.messages.front().expires_ms <= now_ms) {
        finish(lane, Fate::expired, lane.messages.front().payload.size());
    }
}

std::int64_t Sending::expire(std::int64_t now_ms) {
    std::int64_t next_ms = never_ms;
    if (mortal_ == 0) return next_ms;
    for (auto& [number, carrier] : carriers_) {
        for (auto& [niceness, lane] : carrier.lanes) {
            const std::size_t begun = lane.is_begun ? 1 : 0;
            for (std::size_t i = begun; i < lane.messages.size();) {
                const Outgoing& message = lane.messages[i];
                if (message.expires_ms > now_ms) {
                    next_ms = std::min(next_ms, message.expires_ms);
                    ++i;
                    continue;
                }
                carrier.queued_bytes -= message.payload.size();
                --carrier.queued_messages;
                note(number, message, Fate::expired);
                lane.messages.erase(lane.messages.begin() + static_cast<std::ptrdiff_t>(i));
            }
            if (lane.messages.empty()) forget_lane(niceness, lane);
        }
    }
    return next_ms;
}

void Sending::finish(Lane& lane, Fate fate, std::size_t size, std::size_t messages) {
    Carrier& carrier = carriers_.at(lane.carrier);
    carrier.queued_bytes -= size;
    carrier.queued_messages -= messages;
    if (size > records::fragment_bytes_max && lane.is_begun) {
        carrier.slots_used &= static_cast<std::uint8_t>(~(1u << lane.slot));
    }
    note(lane.carrier, lane.messages.front(), fate);
    lane.messages.pop_front();
    lane.sent = 0;
    lane.is_begun = false;
    lane.slot = 0;
}

void Sending::note(std::uint32_t carrier, const Outgoing& message, Fate fate) {
    if (message.expires_ms != never_ms) --mortal_;
    if (message.is_followed) return finished_.push_back({carrier, message.id, fate});
    if (left_.empty() || left_.back().carrier != carrier) left_.push_back({carrier, 0});
    left_.back().cost += message.cost;
}

std::vector<Sending::Finished> Sending::take_finished() {
    return std::exchange(finished_, {});
}

std::vector<Sending::Left> Sending::take_left() {
    return std::exchange(left_, {});
}

std::size_t Sending::queued_bytes(std::uint32_t carrier) const {
    const auto found = carriers_.find(carrier);
    return found == carriers_.end() ? 0 : found->second.queued_bytes;
}

std::size_t Sending::queued_messages(std::uint32_t carrier) const {
    const auto found = carriers_.find(carrier);
    return found == carriers_.end() ? 0 : found->second.queued_messages;
}

}  // namespace reowolf::post
