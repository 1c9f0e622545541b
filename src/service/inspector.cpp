// SPDX-License-Identifier: MIT
#include "service/inspector.hpp"

#include <utility>

#include <fmt/format.h>

#include "service/frames.hpp"

namespace reowolf::service {

Inspector::Inspector(post::Loop& loop, post::Transport& transport, const ServiceLimits& limits)
    : loop_(loop), transport_(transport), limits_(limits) {}

Inspector::~Inspector() {
    loop_.cancel(alarm_);
}

void Inspector::ask(const post::Address& address, std::uint32_t lines_max, Done done) {
    lines_max_ = lines_max;
    done_ = std::move(done);
    alarm_ = loop_.after(limits_.handshake_patience_ms, [this, address] {
        alarm_ = 0;
        finish(std::unexpected(fmt::format("{}: no answer", post::to_string(address))));
    });
    if (!end_.empty()) {
        loop_.cancel(alarm_);
        alarm_ = loop_.after(0, [this] { finish(std::unexpected(end_)); });
        return;
    }
    if (connection_) return send_question();
    dial_ = transport_.dial(address, [this](auto result) {
        if (!result) return finish(std::unexpected(result.error().text));
        connection_ = *std::move(result);
        connection_->limit_message_bytes(limits_.frame_bytes_on_wire_max);
        connection_->set_handler(this);
        connection_->send(encode(ConfigFrame{.role = Role::inspector, .root = 0, .name = {}}));
        send_question();
    });
}

void Inspector::send_question() {
    connection_->send(encode(ListFrame{.lines_max = lines_max_}));
}

void Inspector::on_message(std::vector<std::byte> message) {
    auto frame = decode(message, limits_);
    if (!frame) {
        return finish(
            std::unexpected(fmt::format("{}: this is no service network", connection_->remote())));
    }
    if (auto* config = std::get_if<ConfigFrame>(&*frame)) name_ = std::move(config->name);
    if (auto* exit = std::get_if<ExitFrame>(&*frame)) return on_end(exit->reason);
    if (auto* listing = std::get_if<ListingFrame>(&*frame)) finish(std::move(listing->listing));
}

void Inspector::on_closed(const post::Error& why) {
    if (end_.empty()) end_ = why.text;
    connection_.reset();
    finish(std::unexpected(end_));
}

void Inspector::on_end(const std::string& why) {
    end_ = fmt::format("{}: {}", connection_->remote(), why);
    finish(std::unexpected(end_));
}

void Inspector::finish(std::expected<Listing, std::string> result) {
    loop_.cancel(std::exchange(alarm_, 0));
    if (const Done done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace reowolf::service
