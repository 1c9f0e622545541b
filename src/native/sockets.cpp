// SPDX-License-Identifier: MIT
#include "native/sockets.hpp"

#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace reowolf::native {

using machine::Request;
using machine::Value;
using Kind = post::Socket::News::Kind;

namespace {

std::string no_socket(std::uint64_t number) {
    return fmt::format("there is no socket {}, or it is in use", number);
}

// Of a string or u8[].
std::string text_of(const machine::Block* block) {
    if (block == nullptr) return {};
    return {reinterpret_cast<const char*>(block->data()), block->length};
}

// What the socket has to say. Nothing: not yet, and the component is resumed then.
std::optional<post::Socket::News> news_of(post::Socket& socket, Outside& outside,
                                          runtime::ComponentIndex component) {
    auto news = socket.next(outside.later(component));
    if (news) outside.forget_news(component);
    return news;
}

}  // namespace

std::optional<Request> Opening::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::fetch: {
            if (!socket_ || outside().is_closed(number_.handle)) {
                outside().forget_news(index());
                return Request::ended({});
            }
            auto news = news_of(*socket_, outside(), index());
            if (!news) return std::nullopt;
            if (news->kind == Kind::failed) return Request::failed(std::move(news->bytes));
            // One that accepts has nothing to say before somebody has connected.
            if (peer_ && news->kind == Kind::open) return run(budget);
            made_ = outside().sockets().add(peer_ ? std::move(news->socket)
                                                  : std::exchange(socket_, nullptr));
            from_ = std::move(news->peer);
            next_ = Next::put_number;
            return Request::of(Request::Kind::sync_begin);
        }
        case Next::put_number:
            next_ = peer_ ? Next::put_peer : Next::end;
            return Request::put(number_.handle, number_.type, Value::scalar(made_));
        case Next::put_peer:
            next_ = Next::end;
            return Request::put(peer_->handle, peer_->type, Value::text(from_));
        case Next::end:
            break;
    }
    next_ = Next::fetch;
    return Request::of(Request::Kind::sync_end);
}

std::optional<Request> Receiving::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::fetch: {
            if (!socket_) socket_ = outside().sockets().take(number_);
            if (!socket_) return Request::failed(no_socket(number_));
            if (outside().is_closed(to_.handle)) {
                outside().forget_news(index());
                return Request::ended({});
            }
            auto news = news_of(*socket_, outside(), index());
            if (!news) return std::nullopt;
            if (news->kind == Kind::over) return Request::ended({});
            if (news->kind == Kind::failed) return Request::failed(std::move(news->bytes));
            if (news->kind != Kind::bytes) return run(budget);
            came_ = std::move(*news);
            next_ = Next::put;
            return Request::of(Request::Kind::sync_begin);
        }
        case Next::put:
            next_ = Next::end;
            return Request::put(to_.handle, to_.type, message());
        case Next::end:
            break;
    }
    next_ = Next::fetch;
    came_ = {};
    return Request::of(Request::Kind::sync_end);
}

Value Receiving::message() const {
    Value bytes = Value::bytes(std::as_bytes(std::span(came_.bytes)));
    if (datagrams_ == nullptr) return bytes;
    std::array<machine::Slot, 2> fields{};
    fields[0].block = Value::text(came_.peer).hand_over();
    fields[1].block = bytes.hand_over();
    return Value::take(*datagrams_, to_.type, fields.data());
}

std::optional<Request> Sending::run(std::uint32_t& budget) {
    if (budget > 0) --budget;
    switch (next_) {
        case Next::send: {
            if (!half_) {
                auto socket = outside().sockets().take(number_);
                if (!socket) return Request::failed(no_socket(number_));
                half_ = std::make_shared<Half>(std::move(socket));
            }
            if (message_) {
                const auto sent = half_->socket->send(*message_, to_, outside().later(index()));
                if (sent && !*sent) return std::nullopt;
                outside().forget_news(index());
                if (!sent) return Request::failed(sent.error());
                message_.reset();
            }
            next_ = Next::get;
            return Request::of(Request::Kind::sync_begin);
        }
        case Next::get:
            next_ = Next::end;
            return Request::get(from_.handle, from_.type);
        case Next::end:
            break;
    }
    next_ = Next::send;
    return Request::of(Request::Kind::sync_end);
}

void Sending::got(Value message) {
    if (datagrams_ == nullptr) {
        message_ = text_of(message.block());
        return;
    }
    const machine::Slot* const fields = message.slots(*datagrams_, from_.type);
    to_ = text_of(fields[0].block);
    message_ = text_of(fields[1].block);
}

}  // namespace reowolf::native
