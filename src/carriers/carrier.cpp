// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "carriers/state.hpp"

namespace reowolf::post {

namespace {

// As Policy::queue_bytes_max says.
std::size_t cost_of(const Message& message) {
    return message.bytes.size() + message.antecedents.size() * sizeof(MessageId) +
           queued_message_bytes;
}

std::int64_t later_ms(std::int64_t now_ms, std::chrono::milliseconds lifetime) {
    return lifetime.count() < never_ms - now_ms ? now_ms + lifetime.count() : never_ms;
}

}  // namespace

// ---- On the office's thread --------------------------------------------------------------------

Carrier::State::State(std::shared_ptr<Office::Core> office,
                      std::unique_ptr<CarrierConnection> connection, const Policy& policy)
    : office_(std::move(office)), connection_(std::move(connection)), policy_(policy) {}

void Carrier::State::begin() {
    office_->add(shared_from_this());
    connection_->limit_message_bytes(policy_.message_bytes_max);
    connection_->pause(true);
    connection_->set_handler(static_cast<CarrierHandler*>(this));
}

void Carrier::State::queue_all(std::vector<Pending> pending) {
    for (Pending& one : pending) queue(std::move(one));
}

void Carrier::State::queue(Pending&& pending) {
    auto& [id, is_late, message] = pending;
    const std::size_t cost = cost_of(message);
    if (end_ || is_late || !connection_) {
        unqueue(cost);
        if (message.on_event) message.on_event(Event::dropped);
        return;
    }
    Outgoing outgoing{.payload = Payload(std::move(message.bytes)),
                      .properties = {.niceness = message.niceness,
                                     .is_idempotent = message.is_idempotent,
                                     .is_immediate = message.is_immediate},
                      .id = id,
                      .antecedents = std::move(message.antecedents),
                      .is_followed = message.on_event != nullptr,
                      .cost = cost};
    if (message.lifetime) {
        outgoing.expires_ms = later_ms(office_->loop().now_ms(), *message.lifetime);
    }
    if (message.on_event) followed_.emplace(id, Followed{cost, std::move(message.on_event)});
    if (connection_->send(std::move(outgoing))) take_off(cost);
}

void Carrier::State::on_fate(std::uint64_t id, Sending::Fate fate) {
    const auto found = followed_.find(id);
    if (found == followed_.end()) return;
    const auto self = shared_from_this();
    const auto on_event = found->second.on_event;
    unqueue(std::exchange(found->second.cost, 0));
    if (fate != Sending::Fate::sent) followed_.erase(id);
    switch (fate) {
        case Sending::Fate::sent:
            return on_event(Event::sent);
        case Sending::Fate::expired:
            on_event(Event::expired);
            break;
        case Sending::Fate::dropped:
            on_event(Event::dropped);
            break;
        case Sending::Fate::acknowledged:
            on_event(Event::acknowledged);
            break;
        case Sending::Fate::in_doubt:
            on_event(Event::in_doubt);
            break;
    }
    let_go_when_told();
}

void Carrier::State::take_off(std::size_t cost) {
    if (cost > policy_.queue_bytes_max) oversized_ = 0;
    queued_bytes_ -= cost;
}

void Carrier::State::unqueue(std::size_t cost) {
    take_off(cost);
    if (!writable_ || (!end_ && queued_bytes_ > policy_.queue_bytes_max / 2)) return;
    std::exchange(writable_, nullptr)();
}

void Carrier::State::when_writable(std::function<void()> done) {
    if (writable_) {
        done = [first = std::move(writable_), second = std::move(done)] {
            first();
            second();
        };
    }
    writable_ = std::move(done);
    office_->loop().post([self = shared_from_this()] { self->unqueue(0); });
}

void Carrier::State::receive(OnReceived done) {
    if (receiving_) {
        return office_->loop().post([done = std::move(done)] {
            done(std::unexpected(
                Trouble{Cause::not_supported, "another request waits for the next message"}));
        });
    }
    receiving_ = std::move(done);
    read_if_wanted();
}

void Carrier::State::read_if_wanted() {
    if (!receiving_ || is_receiving_) return;
    if (connection_ && !end_) return connection_->pause(false);
    office_->loop().post([self = shared_from_this()] {
        if (!self->receiving_) return;
        std::exchange(self->receiving_, nullptr)(std::unexpected(
            self->end_.value_or(Trouble{Cause::closed, "the carrier was closed here"})));
    });
}

void Carrier::State::on_incoming(Incoming message) {
    const auto self = shared_from_this();
    is_receiving_ = true;
    std::exchange(receiving_, nullptr)(Received{.bytes = std::move(message.bytes),
                                                .niceness = message.properties.niceness,
                                                .is_idempotent = message.properties.is_idempotent,
                                                .is_immediate = message.properties.is_immediate});
    is_receiving_ = false;
    // Who asks for the next one while it is told of this one is told of that without delay.
    if (end_) return read_if_wanted();
    if (!receiving_ && connection_) connection_->pause(true);
}

void Carrier::State::on_closed(const Error& why) {
    end(trouble_of(why));
}

void Carrier::State::end(Trouble why) {
    if (end_) return;
    const auto self = shared_from_this();
    end_ = std::move(why);
    // Nobody takes what comes from now on.
    if (connection_) connection_->pause(true);
    read_if_wanted();
    unqueue(0);
}

std::expected<Carrier, Trouble> Carrier::State::fork() {
    if (!connection_ || end_) {
        return std::unexpected(
            end_.value_or(Trouble{Cause::closed, "the carrier was closed here"}));
    }
    auto forked = connection_->fork();
    if (!forked) return std::unexpected(trouble_of(forked.error()));
    auto state = std::make_shared<State>(office_, std::move(*forked), policy_);
    state->begin();
    return Carrier(std::move(state));
}

void Carrier::State::accept_forks(std::function<void(Carrier)> accept) {
    if (!connection_) return;
    connection_->accept_forks([office = std::weak_ptr(office_), policy = policy_,
                               accept = std::move(accept)](auto connection) {
        const auto here = office.lock();
        if (!here) return;
        auto state = std::make_shared<State>(here, std::move(connection), policy);
        state->begin();
        accept(Carrier(std::move(state)));
    });
}

void Carrier::State::release() {
    const auto self = shared_from_this();
    office_->remove(this);
    end({Cause::closed, "the carrier was destroyed here"});
    is_released_ = true;
    if (office_->has_ended()) return give_up();
    office_->keep(self);
    if (!is_closed_) connection_->abort();
    let_go_when_told();
}

void Carrier::State::let_go_when_told() {
    if (!is_released_ || !followed_.empty()) return;
    const auto self = shared_from_this();
    connection_.reset();
    office_->let_go(self);
}

void Carrier::State::give_up() {
    const auto self = shared_from_this();
    connection_.reset();
    for (const auto& [id, message] : std::exchange(followed_, {})) {
        message.on_event(message.cost > 0 ? Event::dropped : Event::in_doubt);
    }
}

Path Carrier::State::path() const {
    if (!connection_) return {};
    return {.remote = connection_->remote(),
            .is_up = connection_->is_up(),
            .transients = connection_->transients(),
            .choice = connection_->choice()};
}

// ---- From any thread ---------------------------------------------------------------------------

std::expected<MessageId, Trouble> Carrier::State::send(Message&& message) {
    const std::size_t bytes = message.bytes.size();
    if (bytes > policy_.message_bytes_max) {
        return std::unexpected(
            Trouble{Cause::too_large, fmt::format("a message of {} bytes, the limit is {}", bytes,
                                                  policy_.message_bytes_max)});
    }
    const std::size_t cost = cost_of(message);
    // What is more urgent than a message that is too large for the queue passes it.
    const std::size_t passed = message.niceness < oversized_niceness_ ? oversized_.load() : 0;
    std::size_t queued = queued_bytes_;
    do {
        if (queued > 0 && queued - std::min(passed, queued) + cost > policy_.queue_bytes_max) {
            return std::unexpected(
                Trouble{Cause::full, fmt::format("{} bytes wait to be sent already", queued)});
        }
    } while (!queued_bytes_.compare_exchange_weak(queued, queued + cost));
    if (cost > policy_.queue_bytes_max) {
        oversized_niceness_ = message.niceness;
        oversized_ = cost;
    }
    const bool is_here = office_->is_here();
    std::unique_lock lock(outbox_mutex_);
    const MessageId id = office_->next_message();
    Pending pending{.id = id, .is_late = is_closed_, .message = std::move(message)};
    if (is_here) {
        std::vector<Pending> earlier;
        if (!outbox_.empty()) earlier.swap(outbox_);
        lock.unlock();
        queue_all(std::move(earlier));
        queue(std::move(pending));
    } else {
        outbox_.push_back(std::move(pending));
        if (outbox_.size() == 1)
            office_->loop().post([self = shared_from_this()] { self->queue_outbox(); });
    }
    return id;
}

void Carrier::State::queue_outbox() {
    std::unique_lock lock(outbox_mutex_);
    auto pending = std::exchange(outbox_, {});
    lock.unlock();
    queue_all(std::move(pending));
}

void Carrier::State::close() {
    std::unique_lock lock(outbox_mutex_);
    is_closed_ = true;
    lock.unlock();
    office_->run([self = shared_from_this()] {
        self->queue_outbox();
        if (self->connection_) self->connection_->close();
    });
}

Carrier::~Carrier() {
    if (!state_) return;
    Office::Core& office = state_->office();
    office.run([state = std::move(state_)] { state->release(); });
}

Carrier& Carrier::operator=(Carrier&& other) noexcept {
    if (this != &other) {
        Carrier old(std::move(*this));
        state_ = std::move(other.state_);
    }
    return *this;
}

std::expected<MessageId, Trouble> Carrier::send(Message message) {
    return state_->send(std::move(message));
}

void Carrier::when_writable(std::function<void()> done) {
    state_->office().run([state = state_, done = std::move(done)] { state->when_writable(done); });
}

Awaitable<std::monostate> Carrier::when_writable() {
    return Awaitable<std::monostate>([state = state_](auto done) {
        state->office().run([state, done = std::move(done)] {
            state->when_writable([done] { done(std::monostate{}); });
        });
    });
}

void Carrier::receive(OnReceived done) {
    state_->office().run([state = state_, done = std::move(done)] { state->receive(done); });
}

Awaitable<std::expected<Received, Trouble>> Carrier::receive() {
    return Awaitable<std::expected<Received, Trouble>>([state = state_](auto done) {
        if (state->office().is_here()) return state->receive(std::move(done));
        state->office().run([state, done = std::move(done)] { state->receive(done); });
    });
}

std::expected<Carrier, Trouble> Carrier::fork() {
    return state_->office().ask([this] { return state_->fork(); });
}

void Carrier::accept_forks(std::function<void(Carrier)> accept) {
    state_->office().run(
        [state = state_, accept = std::move(accept)] { state->accept_forks(accept); });
}

void Carrier::close() {
    state_->close();
}

std::size_t Carrier::queued_bytes() const {
    return state_->queued_bytes();
}

Path Carrier::path() const {
    return state_->office().ask([this] { return state_->path(); });
}

}  // namespace reowolf::post
