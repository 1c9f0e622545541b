// SPDX-License-Identifier: MIT
// The connections of an association, one after the other. Its carriers are in carriers.cpp.
#include "post/association.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reowolf::post {

namespace {

constexpr std::int64_t redial_delay_first_ms = 20;
// The side that was dialled tries a little later, so that both do not at the same time.
constexpr std::int64_t redial_delay_responder_ms = 250;
// How often it is looked whether the other process is still there.
constexpr std::int64_t look_delay_ms = 500;

// Of records that came, no more than these are left unacknowledged.
constexpr std::uint64_t unacknowledged_records_max = 512;
constexpr std::size_t unacknowledged_bytes_max = 512u << 10;

}  // namespace

Association::Association(std::shared_ptr<AssociationTable> table, Identity id, Role role,
                         Identity other, std::vector<std::byte> other_process)
    : table_(std::move(table)),
      loop_(table_->loop),
      limits_(table_->limits),
      id_(id),
      role_(role),
      other_(other),
      other_process_(std::move(other_process)),
      next_carrier_(role == Role::initiator ? 2 : 1),
      next_other_carrier_(role == Role::initiator ? 1 : 2) {
    carriers_[0].window = limits_.carrier_window_bytes;
    sending_.open(0, limits_.carrier_window_bytes);
}

Association::~Association() {
    drop();
}

void Association::drop() {
    has_ended_ = true;
    for (TimerId* timer : {&redial_, &patience_, &expiry_, &closing_}) {
        loop_.cancel(std::exchange(*timer, 0));
    }
    greeting_.reset();
    connection_.reset();
    reception_.reset();
    note_delivery();
}

void Association::begin(std::unique_ptr<Connection> connection) {
    if (role_ == Role::responder) {
        connection->send(records::encode(records::Opened{table_->self, 0, table_->processes.own}));
    }
    adopt(std::move(connection), {.number = 1, .by_initiator = true}, 0, 0);
}

bool Association::resume(std::unique_ptr<Connection>& connection, const records::Open& open) {
    const Transient transient{open.transient, role_ == Role::responder};
    if (has_ended_ || open.sender != other_ || transient <= transient_) return false;
    // It has received more since, over another connection: it does not want this one any more.
    if (open.received < resending_.acknowledged()) return false;
    const auto self = shared_from_this();
    connection->send(
        records::encode(records::Opened{table_->self, received_, table_->processes.own}));
    adopt(std::move(connection), transient, received_, open.received);
    return true;
}

// Who was dialled knows the other's end of a connection, which says nothing to people, and may be
// told where the other one is reached.
std::string Association::other_address() const {
    if (!return_address_) return remote_;
    Address address = *return_address_;
    address.scheme.clear();
    return to_string(address);
}

// Both sides continue where the other one said that it is.
void Association::adopt(std::unique_ptr<Connection> connection, Transient transient,
                        std::uint64_t told_received, std::uint64_t received_there) {
    for (TimerId* timer : {&redial_, &patience_}) loop_.cancel(std::exchange(*timer, 0));
    greeting_.reset();
    connection_ = std::move(connection);
    connection_->set_handler(this);
    remote_ = connection_->remote();
    choice_ = connection_->choice();
    transient_ = transient;
    redial_delay_ms_ = 0;
    next_here_ = told_received;
    acknowledged_ = std::max(acknowledged_, told_received);
    on_acknowledged(received_there);
    if (has_ended_) return;
    for (const Payload& record : resending_.records()) connection_->send(record);
    flush();
}

void Association::on_message(std::vector<std::byte> bytes) {
    const auto self = shared_from_this();
    const auto malformed = [&](const std::string& how) {
        fail({Failure::protocol, fmt::format("{}: {}", other_address(), how)});
    };
    if (records::is_fragment(bytes)) {
        const auto fragment = records::decode_fragment(bytes);
        if (!fragment) return malformed(fragment.error());
        const std::size_t size = bytes.size();
        return on_fragment(*fragment, size, std::move(bytes));
    }
    const auto record = records::decode(bytes);
    if (!record) return malformed(record.error());
    on_record(*record, bytes.size());
}

std::optional<Placement> Association::place(std::span<const std::byte> begin, std::size_t size) {
    if (has_ended_ || next_here_ != received_) return std::nullopt;
    if (!records::is_fragment(begin)) return std::nullopt;
    const auto part = records::decode_fragment(begin);
    Carrier* const carrier = part ? carrier_of(part->carrier) : nullptr;
    if (!carrier || carrier->is_closing || carrier->end || !carrier->is_taking()) {
        return std::nullopt;
    }
    const std::size_t head_bytes = begin.size() - part->bytes.size();
    const std::size_t bytes = size - head_bytes;
    if (bytes > records::fragment_bytes_max) return std::nullopt;
    auto place = carrier->assembly.place(*part, bytes, carrier->message_bytes_max);
    if (place) place->head_bytes = head_bytes;
    return place;
}

void Association::on_placed(std::span<const std::byte> head, std::span<const std::byte> bytes) {
    const auto self = shared_from_this();
    auto fragment = records::decode_fragment(head);
    fragment->bytes = bytes;
    on_fragment(*fragment, head.size() + bytes.size(), {});
}

void Association::on_fragment(const records::Fragment& fragment, std::size_t size,
                              std::vector<std::byte> bytes) {
    if (!count(size)) return;
    add(fragment, std::move(bytes));
    acknowledge_if_due();
}

void Association::on_record(const records::Record& record, std::size_t size) {
    if (const auto* acknowledged = std::get_if<records::Acknowledge>(&record)) {
        on_acknowledged(acknowledged->received);
        return flush();
    }
    if (const auto* abort = std::get_if<records::Abort>(&record)) {
        connection_.reset();
        return fail({Failure::lost,
                     fmt::format("{} ended the connection: {}", other_address(), abort->why)});
    }
    const bool is_greeting = std::holds_alternative<records::Open>(record) ||
                             std::holds_alternative<records::Opened>(record) ||
                             std::holds_alternative<records::Gone>(record);
    if (is_greeting) return fail_out_of_order();
    if (!count(size)) return;
    std::visit([this](const auto& one) { on(one); }, record);
    acknowledge_if_due();
}

void Association::fail_out_of_order() {
    fail({Failure::protocol, fmt::format("{}: it sent a record out of order", other_address())});
}

// A numbered one. False: nothing is to be done about it.
bool Association::count(std::size_t size) {
    const std::uint64_t number = next_here_++;
    if (number > received_) {
        fail_out_of_order();
        return false;
    }
    if (number < received_) return false;  // it came over an earlier connection
    ++received_;
    unacknowledged_bytes_ += size;
    return true;
}

void Association::on_closed(const Error& why) {
    const auto self = shared_from_this();
    connection_.reset();
    switch (why.failure) {
        case Failure::closed:
        case Failure::protocol:
        case Failure::too_large:
            return fail(why);
        default:
            return break_off(why);
    }
}

void Association::on_drained() {
    const auto self = shared_from_this();
    if (!sending_.is_empty()) flush();
    if (!connection_ || connection_->queued_bytes() > 0) return;
    for (auto next = carriers_.begin(); next != carriers_.end();) {
        const std::uint32_t number = next->first;
        Carrier& carrier = next->second;
        if (carrier.owes_drained && sending_.queued_bytes(number) == 0) {
            carrier.owes_drained = false;
            // Who is told may give this or other carriers up.
            if (carrier.handler && !carrier.end) carrier.handler->on_drained();
        }
        next = carriers_.upper_bound(number);
    }
}

// ---- Acknowledging -----------------------------------------------------------------------------

void Association::acknowledge_if_due() {
    if (has_ended_ || !connection_) return;
    if (received_ - acknowledged_ >= unacknowledged_records_max ||
        unacknowledged_bytes_ >= unacknowledged_bytes_max) {
        return acknowledge();
    }
    // Once for all that came in this turn.
    if (!std::exchange(acknowledges_soon_, false)) return;
    loop_.post(guarded([](Association& a) {
        if (a.received_ > a.acknowledged_) a.acknowledge();
    }));
}

void Association::acknowledge() {
    if (!connection_) return;
    acknowledged_ = received_;
    unacknowledged_bytes_ = 0;
    connection_->send(records::encode(records::Acknowledge{received_}));
}

void Association::on_acknowledged(std::uint64_t received) {
    if (!resending_.acknowledge(received)) {
        return fail({Failure::protocol,
                     fmt::format("{}: it has received what was never sent", other_address())});
    }
    std::vector<std::uint32_t> closed;
    for (auto& [number, carrier] : carriers_) {
        auto& waiting = carrier.unacknowledged;
        while (!waiting.empty() && waiting.front().first < received) {
            news_.push_back({number, waiting.front().second, Sending::Fate::acknowledged});
            waiting.pop_front();
        }
        if (carrier.closed_at && *carrier.closed_at < received) closed.push_back(number);
    }
    if (!news_.empty()) {
        tell_soon();
        note_delivery();
    }
    for (const std::uint32_t number : closed) {
        end(number,
            {Failure::closed, fmt::format("closed the connection with {}", other_address())});
    }
    finish_if_over();
}

// ---- Without a connection ----------------------------------------------------------------------

std::optional<std::int64_t> Association::broken_since_ms() const {
    if (connection_ || has_ended_) return std::nullopt;
    return broken_since_ms_;
}

void Association::break_off(const Error& why) {
    trouble_ = why;
    broken_since_ms_ = loop_.now_ms();
    refused_since_ms_.reset();
    if (other_has_died()) return;
    patience_ = loop_.after(limits_.association_patience_ms, guarded([](Association& a) {
                                a.patience_ = 0;
                                a.fail(a.trouble_);
                            }));
    wait_to_redial(role_ == Role::initiator ? 0 : redial_delay_responder_ms);
}

bool Association::other_has_died() {
    if (table_->processes.is_alive(other_process_).value_or(true)) return false;
    fail({Failure::lost, fmt::format("the process at {} has ended", other_address())});
    return true;
}

void Association::wait_to_redial(std::int64_t delay_ms) {
    redial_ = loop_.after(delay_ms, guarded([](Association& a) {
                              a.redial_ = 0;
                              if (!a.other_has_died()) a.redial();
                          }));
}

void Association::redial() {
    if (!return_address_) return wait_to_redial(look_delay_ms);
    // Not a number that was tried before: its answer may only have been lost.
    last_tried_ = std::max(last_tried_, transient_.number) + 1;
    const Transient transient{last_tried_, role_ == Role::initiator};
    const std::uint64_t told = received_;
    greeting_ = std::make_unique<Greeting>(
        *table_, *return_address_,
        records::Open{.association = id_,
                      .transient = transient.number,
                      .resumes = true,
                      .received = told,
                      .process = {}},
        limits_.redial_patience_ms,
        [this, transient, told](std::expected<Greeting::Greeted, Error> result, bool is_gone) {
            const auto self = shared_from_this();
            if (is_gone) return fail(result.error());
            on_redialled(transient, told, std::move(result));
        });
}

void Association::on_redialled(Transient transient, std::uint64_t told_received,
                               std::expected<Greeting::Greeted, Error> result) {
    if (result && result->opened.sender != other_) {
        return fail({Failure::lost, fmt::format("another process is at {} now", other_address())});
    }
    if (result) {
        return adopt(std::move(result->connection), transient, told_received,
                     result->opened.received);
    }
    trouble_ = std::move(result.error());
    if (trouble_.failure == Failure::refused) {
        if (!refused_since_ms_) refused_since_ms_ = loop_.now_ms();
        const bool may_live = table_->processes.is_alive(other_process_).value_or(false);
        const std::int64_t refused_ms = loop_.now_ms() - *refused_since_ms_;
        if (!may_live && refused_ms >= limits_.refusal_patience_ms) return fail(trouble_);
    } else {
        refused_since_ms_.reset();
    }
    redial_delay_ms_ =
        std::clamp(redial_delay_ms_ * 2, redial_delay_first_ms, limits_.redial_delay_max_ms);
    wait_to_redial(redial_delay_ms_);
}

// ---- The end -----------------------------------------------------------------------------------

// Copies, as who has them may be destroyed meanwhile:
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void Association::fail(Error why, std::optional<std::string> told) {
    if (has_ended_) return;
    if (connection_) {
        connection_->send(records::encode(records::Abort{told.value_or(why.text)}));
    }
    stop(why);
}

// Nothing is left to do: what all carriers were for is delivered, or they are given up.
void Association::finish_if_over() {
    const bool is_over =
        std::ranges::all_of(carriers_, [](const auto& each) { return each.second.is_over(); });
    if (has_ended_ || !is_over) return;
    if (received_ > acknowledged_) acknowledge();
    stop({Failure::closed, fmt::format("{} closed the connection", other_address())});
}

void Association::stop(const Error& why) {
    const auto self = shared_from_this();
    std::vector<std::uint32_t> open;
    for (const auto& [number, carrier] : carriers_) open.push_back(number);
    for (const std::uint32_t number : open) {
        // Who has closed does not care any more, when the other side has forgotten it.
        Carrier& carrier = carriers_.at(number);
        for (const auto& [record, id] : std::exchange(carrier.unacknowledged, {})) {
            news_.push_back({number, id, Sending::Fate::in_doubt});
            tell_soon();
        }
        const bool is_closing = carrier.is_closing && why.failure == Failure::lost;
        end(number, is_closing ? Error{Failure::closed, why.text} : why);
    }
    if (connection_) connection_->close();
    drop();
    table_->associations.erase(id_);
}

}  // namespace reowolf::post
