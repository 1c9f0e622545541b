// SPDX-License-Identifier: MIT
// The carriers of an association.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "post/association.hpp"

namespace reowolf::post {

namespace {

// Records of a connection that are not written yet: few, so that urgent messages come soon.
constexpr std::size_t connection_queue_bytes_max = 256u << 10;
// With so many, what is small waits for what follows it in this turn, to share a record.
constexpr std::size_t connection_queue_bytes_few = records::bundle_bytes_max;

}  // namespace

Association::Carrier* Association::carrier_of(std::uint32_t number) {
    const auto found = carriers_.find(number);
    return found == carriers_.end() ? nullptr : &found->second;
}

const Association::Carrier* Association::carrier_of(std::uint32_t number) const {
    const auto found = carriers_.find(number);
    return found == carriers_.end() ? nullptr : &found->second;
}

std::expected<std::uint32_t, Error> Association::open_carrier() {
    if (has_ended_) return std::unexpected(Error{Failure::lost, "the association is over"});
    if (carriers_.size() >= limits_.carriers_max) {
        return std::unexpected(
            Error{Failure::resources, fmt::format("more than {} carriers", limits_.carriers_max)});
    }
    const std::uint32_t number = std::exchange(next_carrier_, next_carrier_ + 2);
    carriers_[number].window = limits_.carrier_window_bytes;
    sending_.open(number, limits_.carrier_window_bytes);
    push(records::Fork{number});
    return number;
}

void Association::set_handler(std::uint32_t number, ConnectionHandler* handler) {
    Carrier* const carrier = carrier_of(number);
    if (!carrier) return;
    carrier->handler = handler;
    carrier->full_handler = nullptr;
    if (handler) post_delivery(number);
}

void Association::set_handler(std::uint32_t number, CarrierHandler* handler) {
    set_handler(number, static_cast<ConnectionHandler*>(handler));
    if (Carrier* const carrier = carrier_of(number)) carrier->full_handler = handler;
}

void Association::pause(std::uint32_t number, bool pauses) {
    Carrier* const carrier = carrier_of(number);
    if (!carrier || std::exchange(carrier->is_paused, pauses) == pauses) return;
    if (!pauses) post_delivery(number);
}

void Association::limit_message_bytes(std::uint32_t number, std::size_t bytes_max) {
    if (Carrier* const carrier = carrier_of(number)) carrier->message_bytes_max = bytes_max;
}

std::size_t Association::queued_bytes(std::uint32_t number) const {
    return sending_.queued_bytes(number);
}

std::size_t Association::queued_messages(std::uint32_t number) const {
    return sending_.queued_messages(number);
}

std::optional<Connection::Arriving> Association::arriving(std::uint32_t number) const {
    const Carrier* const carrier = carrier_of(number);
    return carrier ? carrier->assembly.arriving() : std::nullopt;
}

void Association::give_back(std::uint32_t number, std::vector<std::byte> bytes) {
    if (bytes.size() <= records::fragment_bytes_max) {
        if (connection_) connection_->give_back(std::move(bytes));
    } else if (Carrier* const carrier = carrier_of(number)) {
        carrier->assembly.give_back(std::move(bytes));
    }
}

void Association::align(std::uint32_t number, std::size_t bytes) {
    if (Carrier* const carrier = carrier_of(number)) carrier->assembly.align(bytes);
}

bool Association::is_handed_over() const {
    if (!sending_.is_empty()) return false;
    return resending_.is_empty() || (connection_ && connection_->is_handed_over());
}

bool Association::is_held() const {
    return std::ranges::any_of(carriers_, [](const auto& each) { return each.second.is_held; });
}

// ---- Sending -----------------------------------------------------------------------------------

bool Association::send(std::uint32_t number, Outgoing&& message) {
    Carrier* const carrier = carrier_of(number);
    if (has_ended_ || !carrier || carrier->is_closing || carrier->end) {
        if (!message.is_followed) return true;
        news_.push_back({number, message.id, Sending::Fate::dropped});
        tell_soon();
        return false;
    }
    carrier->owes_drained = true;
    const bool is_busy = connection_ && connection_->queued_bytes() >= connection_queue_bytes_few;
    if (!is_busy && can_send()) {
        if (auto record = sending_.pass(number, message)) {
            push(std::move(*record));
            return true;
        }
    }
    const bool can_expire = message.expires_ms != never_ms;
    const bool is_first = sending_.push(number, std::move(message));
    if (is_busy) {
        flush_soon();
    } else if (is_first || can_expire) {
        flush();
    }
    return false;
}

void Association::flush_soon() {
    if (std::exchange(flushes_soon_, true)) return;
    loop_.post(guarded([](Association& a) {
        a.flushes_soon_ = false;
        a.flush();
    }));
}

bool Association::take_back_last(std::uint32_t number) {
    const bool is_taken_back = sending_.take_back_last(number);
    if (is_taken_back) flush();
    return is_taken_back;
}

bool Association::can_send() const {
    return connection_ && connection_->queued_bytes() < connection_queue_bytes_max &&
           resending_.bytes() < limits_.unacknowledged_bytes_max;
}

void Association::flush() {
    if (has_ended_) return;
    const std::int64_t now_ms = sending_.has_mortal() ? loop_.now_ms() : 0;
    while (can_send()) {
        auto record = sending_.next(now_ms);
        if (!record) break;
        push(std::move(*record));
        note_fates();
    }
    set_expiry();
    close_those_that_are_empty();
    note_delivery();
    if (sending_.has_left()) tell_soon();
}

void Association::push(const records::Record& record) {
    push(Payload(records::encode(record)));
}

void Association::push(Payload record) {
    resending_.add(record);
    if (connection_) connection_->send(std::move(record));
}

void Association::note_fates() {
    if (!sending_.has_finished()) return;
    for (const Sending::Finished& one : sending_.take_finished()) {
        Carrier* const carrier = carrier_of(one.carrier);
        if (!carrier) continue;
        if (one.fate == Sending::Fate::sent) {
            carrier->unacknowledged.emplace_back(resending_.sent() - 1, one.id);
        }
        news_.push_back({one.carrier, one.id, one.fate});
    }
    tell_soon();
}

void Association::tell_soon() {
    if (std::exchange(tells_soon_, true)) return;
    loop_.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->tell_fates();
    });
}

// Who is told may give carriers up.
void Association::tell_fates() {
    tells_soon_ = false;
    for (const News& one : std::exchange(news_, {})) {
        const Carrier* const its = carrier_of(one.carrier);
        if (its && its->full_handler) its->full_handler->on_fate(one.id, one.fate);
    }
    for (const Sending::Left& left : sending_.take_left()) {
        const Carrier* const its = carrier_of(left.carrier);
        if (its && its->full_handler) its->full_handler->on_left(left.cost);
    }
}

void Association::set_expiry() {
    if (expiry_ != 0) loop_.cancel(std::exchange(expiry_, 0));
    if (!sending_.has_mortal()) return note_fates();
    const std::int64_t now_ms = loop_.now_ms();
    const std::int64_t next_ms = sending_.expire(now_ms);
    note_fates();
    if (next_ms == never_ms) return;
    expiry_ = loop_.after(next_ms - now_ms, guarded([](Association& a) {
                              a.expiry_ = 0;
                              a.flush();
                          }));
}

void Association::note_delivery() {
    const bool is_leaving =
        std::ranges::any_of(carriers_, [](const auto& each) { return each.second.is_leaving(); });
    const bool is_delivering = !has_ended_ && (is_leaving || !sending_.is_empty());
    if (std::exchange(is_delivering_, is_delivering) == is_delivering) return;
    is_delivering ? loop_.delivery_begun() : loop_.delivery_ended();
}

// ---- Receiving ---------------------------------------------------------------------------------

void Association::on(const records::Fork& fork) {
    if (fork.carrier != next_other_carrier_) {
        return fail(
            {Failure::protocol, fmt::format("{}: a carrier out of order", other_address())});
    }
    next_other_carrier_ += 2;
    if (!on_carrier_ || carriers_.size() >= limits_.carriers_max) {
        return push(records::Abandon{fork.carrier, "no more carriers are accepted"});
    }
    carriers_[fork.carrier].window = limits_.carrier_window_bytes;
    sending_.open(fork.carrier, limits_.carrier_window_bytes);
    on_carrier_(fork.carrier);
}

void Association::on(const records::Window& window) {
    sending_.widen(window.carrier, window.bytes);
    flush();
}

void Association::on(const records::Close& close) {
    if (carrier_of(close.carrier)) {
        acknowledges_soon_ = true;
        end(close.carrier,
            {Failure::closed, fmt::format("{} closed the connection", other_address())});
    }
    finish_if_over();
}

void Association::on(const records::Abandon& abandon) {
    if (carrier_of(abandon.carrier)) {
        end(abandon.carrier, {Failure::lost, fmt::format("{} ended the connection: {}",
                                                         other_address(), abandon.why)});
    }
    finish_if_over();
}

void Association::add(const records::Fragment& fragment, std::vector<std::byte> bytes) {
    if (fragment.wants_acknowledgement) acknowledges_soon_ = true;
    Carrier* const carrier = carrier_of(fragment.carrier);
    if (!carrier || carrier->end) return;
    if (!admit(*carrier, fragment.bytes.size())) return;
    if (carrier->is_closing) return skip(fragment.carrier, *carrier);
    // Now, and not when it is its turn: nobody has it, so nobody may be told so.
    const std::uint64_t length = length_of(fragment);
    if (carrier->handler && length > carrier->message_bytes_max) {
        return refuse(too_large(length, carrier->message_bytes_max));
    }
    if (carrier->is_taking()) return take(fragment.carrier, fragment, std::move(bytes));
    carrier->inbox.push_back(bytes.empty() ? records::encode(fragment) : std::move(bytes));
}

void Association::on(const records::Bundle& bundle) {
    Carrier* const carrier = carrier_of(bundle.carrier);
    if (!carrier || carrier->end || !admit(*carrier, bundle.messages.size())) return;
    if (carrier->is_closing) return skip(bundle.carrier, *carrier);
    if (carrier->is_taking()) return take(bundle);
    carrier->inbox.push_back(records::encode(bundle));
}

bool Association::admit(Carrier& carrier, std::size_t bytes) {
    carrier.received += records::charge(bytes);
    if (carrier.received <= carrier.window) return true;
    fail({Failure::protocol, fmt::format("{}: it sends more than it may", other_address())});
    return false;
}

// What nobody wants does not hold the other side back, which may be closing, too.
void Association::skip(std::uint32_t number, Carrier& carrier) {
    carrier.inbox.clear();
    carrier.consumed = carrier.received;
    if (!carrier.closed_at) widen(number, carrier);
}

// The last record that came is none of those that are acknowledged.
void Association::refuse(Error error) {
    --received_;
    if (received_ > acknowledged_) acknowledge();
    error.text = fmt::format("{}: {}", other_address(), error.text);
    fail(std::move(error));
}

// `record`: the bytes that it lies in, if they may be used.
void Association::take(std::uint32_t number, const records::Fragment& fragment,
                       std::vector<std::byte> record) {
    Carrier& carrier = carriers_.at(number);
    carrier.consumed += records::charge(fragment.bytes.size());
    auto message = carrier.assembly.add(fragment, carrier.message_bytes_max, std::move(record));
    if (!message) return fail_behind(carrier, std::move(message.error()));
    widen(number, carrier);
    if (*message) give(carrier, std::move(**message));
}

// Whoever gets one of them may want no more for now, or never again.
void Association::take(const records::Bundle& bundle) {
    Carrier* carrier = carrier_of(bundle.carrier);
    const bool had_ended = carrier->end.has_value();
    carrier->consumed += records::charge(bundle.messages.size());
    for (auto left = bundle.messages; !left.empty();) {
        if (!carrier->handler || carrier->is_paused) {
            carrier->consumed -= records::charge(left.size());
            carrier->inbox.push_front(
                records::encode(records::Bundle{bundle.carrier, bundle.properties, left}));
            break;
        }
        const auto message = records::take_message(left);
        if (message.size() > carrier->message_bytes_max) {
            return fail_behind(*carrier, too_large(message.size(), carrier->message_bytes_max));
        }
        give(*carrier, {{message.begin(), message.end()}, {}, bundle.properties});
        carrier = carrier_of(bundle.carrier);
        const bool is_over =
            !carrier || carrier->is_closing || carrier->end.has_value() != had_ended;
        if (is_over) return;
    }
    widen(bundle.carrier, *carrier);
}

void Association::give(Carrier& carrier, Incoming message) {
    if (carrier.full_handler) {
        if (message.large) message.bytes = std::move(*std::exchange(message.large, {})).take();
        carrier.full_handler->on_incoming(std::move(message));
    } else if (message.large) {
        carrier.handler->on_large(std::move(*message.large));
    } else {
        carrier.handler->on_message(std::move(message.bytes));
    }
}

// What is behind what was wrong is not for anybody.
void Association::fail_behind(Carrier& carrier, Error error) {
    carrier.inbox.clear();
    error.text = fmt::format("{}: {}", other_address(), error.text);
    fail(std::move(error));
}

void Association::widen(std::uint32_t number, Carrier& carrier) {
    const std::uint64_t window = carrier.consumed + limits_.carrier_window_bytes;
    if (carrier.end || window - carrier.window < limits_.carrier_window_bytes / 2) return;
    carrier.window = window;
    push(records::Window{number, window});
}

void Association::post_delivery(std::uint32_t number) {
    if (std::exchange(carriers_.at(number).delivery_posted, true)) return;
    loop_.post([weak = weak_from_this(), number] {
        if (const auto self = weak.lock()) self->deliver(number);
    });
}

// What has come before there was a handler, and the end.
void Association::deliver(std::uint32_t number) {
    Carrier* carrier = carrier_of(number);
    if (!carrier) return;
    carrier->delivery_posted = false;
    if (carrier->end && tells_soon_) {
        tell_fates();
        carrier = carrier_of(number);
    }
    if (!carrier || carrier->is_delivering) return;
    carrier->is_delivering = true;
    while (carrier && carrier->handler && !carrier->is_paused && !carrier->inbox.empty()) {
        std::vector<std::byte> bytes = std::move(carrier->inbox.front());
        carrier->inbox.pop_front();
        const auto record = records::decode(bytes);
        if (const auto* bundle = std::get_if<records::Bundle>(&*record)) {
            take(*bundle);
        } else {
            take(number, std::get<records::Fragment>(*record), std::move(bytes));
        }
        carrier = carrier_of(number);
    }
    if (!carrier) return;
    carrier->is_delivering = false;
    const bool is_next = carrier->handler && carrier->end && carrier->inbox.empty();
    if (!is_next || carrier->is_reported) return forget_if_done(number);
    carrier->is_reported = true;
    // A copy: who is told may give the carrier up meanwhile.
    std::exchange(carrier->handler, nullptr)->on_closed(Error(*carrier->end));
}

// ---- The end of a carrier ----------------------------------------------------------------------

void Association::close(std::uint32_t number) {
    Carrier* const carrier = carrier_of(number);
    if (!carrier || carrier->end || std::exchange(carrier->is_closing, true)) return;
    carrier->assembly = {};
    skip(number, *carrier);
    flush();
    watch_closing();
}

void Association::close_those_that_are_empty() {
    for (auto& [number, carrier] : carriers_) {
        if (!carrier.is_closing || carrier.closed_at || carrier.end) continue;
        if (sending_.queued_messages(number) > 0) continue;
        carrier.closed_at = resending_.sent();
        push(records::Close{number});
    }
}

// Who is there, but takes nothing any more, is not waited for. Who is silent is none of these: its
// connection ends within a patience. Nor is it this side that stood still: by the second time it
// has read what had come.
void Association::watch_closing() {
    if (closing_ != 0) return;
    stuck_ = {resending_.acknowledged(), transient_, 0};
    look_at_closing_later();
}

void Association::look_at_closing_later() {
    closing_ = loop_.after(limits_.silence_patience_ms, guarded([](Association& a) {
                               a.closing_ = 0;
                               a.look_at_closing();
                           }));
}

void Association::look_at_closing() {
    constexpr int found_max = 2;
    const bool is_leaving =
        std::ranges::any_of(carriers_, [](const auto& each) { return each.second.is_leaving(); });
    if (!is_leaving) return;
    const bool is_as_before = connection_ && stuck_.transient == transient_ &&
                              stuck_.acknowledged == resending_.acknowledged();
    if (!is_as_before) return watch_closing();
    if (++stuck_.found < found_max) return look_at_closing_later();
    fail({Failure::timed_out, fmt::format("{} does not read what it is sent", other_address())});
}

void Association::abort(std::uint32_t number) {
    Carrier* const carrier = carrier_of(number);
    if (!carrier || carrier->end) return;
    const auto self = shared_from_this();
    const Error why{Failure::lost, "the connection was aborted here"};
    carrier->is_closing = false;
    const bool is_last =
        std::ranges::count_if(carriers_, [](const auto& each) { return !each.second.end; }) == 1;
    const std::string told = "it was aborted there";
    if (is_last) return fail(why, told);
    push(records::Abandon{number, told});
    end(number, why);
}

void Association::abandon(std::uint32_t number) {
    Carrier* carrier = carrier_of(number);
    if (!carrier) return;
    const auto self = shared_from_this();
    carrier->is_held = false;
    carrier->handler = nullptr;
    carrier->full_handler = nullptr;
    if (!carrier->is_closing) abort(number);
    forget_if_done(number);
    // What it has waited for is not waited for any more.
    finish_if_over();
}

void Association::end(std::uint32_t number, Error why) {
    Carrier& carrier = carriers_.at(number);
    if (carrier.end) return;
    carrier.end = std::move(why);
    sending_.remove(number);
    note_fates();
    if (sending_.has_left()) tell_soon();
    if (carrier.is_leaving()) watch_closing();
    post_delivery(number);
    note_delivery();
    forget_if_done(number);
}

void Association::forget_if_done(std::uint32_t number) {
    const Carrier* const carrier = carrier_of(number);
    if (carrier && !carrier->is_held && carrier->end && !carrier->is_delivering) {
        carriers_.erase(number);
    }
}

}  // namespace reowolf::post
