// SPDX-License-Identifier: MIT
#include "post/greeting.hpp"

#include <utility>

#include <fmt/format.h>

namespace reowolf::post {

Greeting::Greeting(AssociationTable& table, const Address& remote, records::Open open,
                   std::int64_t patience_ms, Done done)
    : loop_(table.loop), open_(std::move(open)), done_(std::move(done)) {
    open_.sender = table.self;
    open_.process = table.processes.own;
    alarm_ = loop_.after(patience_ms, [this, remote] {
        alarm_ = 0;
        finish(std::unexpected(
            Error{Failure::timed_out, fmt::format("{}: no answer", to_string(remote))}));
    });
    dial_ = table.transport->dial(remote, [this](auto result) {
        if (!result) return finish(std::unexpected(std::move(result.error())));
        connection_ = std::move(*result);
        connection_->set_handler(this);
        connection_->send(records::encode(open_));
    });
}

Greeting::~Greeting() {
    loop_.cancel(alarm_);
    // Who has just opened the association would wait for another connection of it.
    if (!connection_ || open_.resumes) return;
    connection_->send(records::encode(records::Abort{"it is not wanted any more"}));
    connection_->close();
}

void Greeting::on_message(std::vector<std::byte> bytes) {
    auto record = records::decode(bytes);
    if (record) {
        if (auto* opened = std::get_if<records::Opened>(&*record)) {
            return finish(Greeted{std::move(connection_), std::move(*opened)});
        }
        if (auto* gone = std::get_if<records::Gone>(&*record)) {
            return finish(std::unexpected(Error{Failure::lost, std::move(gone->why)}), true);
        }
    }
    finish(std::unexpected(Error{
        Failure::protocol, fmt::format("{} does not answer as it should", connection_->remote())}));
}

void Greeting::on_closed(const Error& why) {
    finish(std::unexpected(why));
}

// The last: whoever is called may destroy this.
void Greeting::finish(std::expected<Greeted, Error> result, bool is_gone) {
    if (!done_) return;
    loop_.cancel(std::exchange(alarm_, 0));
    std::exchange(done_, nullptr)(std::move(result), is_gone);
}

}  // namespace reowolf::post
