// SPDX-License-Identifier: MIT
#include "post/simulated_net.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "post/frame.hpp"

namespace reowolf::post {

using simulated::End;
using simulated::HostPair;
using simulated::Listener;
using simulated::Packet;
using simulated::Process;

namespace {

constexpr std::uint16_t first_free_port = 49'152;

HostPair unordered(const std::string& a, const std::string& b) {
    return a < b ? HostPair{a, b} : HostPair{b, a};
}

}  // namespace

std::shared_ptr<Process> SimulatedNetwork::Net::process(const std::string& host) {
    auto& running = processes_[host];
    if (!running || !running->alive) running = std::make_shared<Process>(Process{.host = host});
    return running;
}

std::expected<Address, Error> SimulatedNetwork::Net::listen(const std::shared_ptr<Process>& process,
                                                            Address local,
                                                            Transport::OnAccept on_accept) {
    if (auto refusal = check(process, local)) return std::unexpected(*std::move(refusal));
    std::string name = local.host;
    if (name == "0.0.0.0" || name == "::") name = process->host;
    if (local.port == 0) local.port = free_port(name);
    Listener listener{process, std::make_shared<Transport::OnAccept>(std::move(on_accept))};
    if (!listeners_.emplace(std::pair{name, local.port}, std::move(listener)).second) {
        return std::unexpected(
            Error{Failure::address_in_use, fmt::format("{}: in use", to_string(local))});
    }
    return local;
}

void SimulatedNetwork::Net::stop_listening(const std::shared_ptr<Process>& process,
                                           const Address& local) {
    for (const auto& name : {local.host, process->host}) {
        auto entry = listeners_.find({name, local.port});
        if (entry != listeners_.end() && entry->second.process == process) {
            listeners_.erase(entry);
            return;
        }
    }
}

void SimulatedNetwork::Net::dial(const std::shared_ptr<Process>& process, const Address& remote,
                                 const std::shared_ptr<Transport::OnDialled>& done) {
    std::int64_t started_ms = loop_.now_ms();
    if (auto refusal = check(process, remote)) {
        return fail_dial(0, process, done, *std::move(refusal));
    }
    loop_.after(delay(), [self = shared_from_this(), process, remote, done, started_ms] {
        self->arrive(process, remote, done, started_ms);
    });
}

void SimulatedNetwork::Net::set_handler(const std::shared_ptr<End>& end,
                                        ConnectionHandler* handler) {
    end->handler = handler;
    if (handler == nullptr) return;
    if (end->phase == End::Phase::ended) return post_report(end);
    schedule_pump(end);
}

void SimulatedNetwork::Net::send(const std::shared_ptr<End>& end, Payload message) {
    if (end->phase != End::Phase::open || !end->process->alive) return;
    Traffic& count = traffic[{end->process->host, end->other_host}];
    ++count.frames;
    count.bytes += frame_header_bytes + message.size();
    transmit(end, {.kind = Packet::Kind::data, .message = std::move(message)});
}

void SimulatedNetwork::Net::close(const std::shared_ptr<End>& end) {
    if (end->phase != End::Phase::open || !end->process->alive) return;
    end->phase = End::Phase::closing;
    transmit(end, {.kind = Packet::Kind::end, .message = {}});
    schedule_pump(end);
    end->close_alarm = loop_.after(limits_.silence_patience_ms, [self = shared_from_this(), end] {
        self->finish(end, Failure::timed_out, "the other side did not close");
    });
}

void SimulatedNetwork::Net::abort(const std::shared_ptr<End>& end) {
    if (end->phase == End::Phase::ended || !end->process->alive) return;
    finish(end, Failure::lost, "the connection was aborted here");
    if (auto other = end->other.lock()) break_stream(other, delay());
}

void SimulatedNetwork::Net::abandon(const std::shared_ptr<End>& end) {
    end->handler = nullptr;
    end->reported = true;
    if (end->phase == End::Phase::open) abort(end);
}

std::size_t SimulatedNetwork::Net::queued_bytes(const End& end) {
    auto other = end.other.lock();
    return other && !end.broken ? other->inbox_bytes : 0;
}

void SimulatedNetwork::Net::cut(const std::string& a, const std::string& b) {
    cuts_.insert(unordered(a, b));
    break_cut_connections();
}

void SimulatedNetwork::Net::isolate(const std::string& host) {
    isolated_.insert(host);
    break_cut_connections();
}

void SimulatedNetwork::Net::kill(const std::string& host) {
    auto running = processes_.find(host);
    if (running == processes_.end() || !running->second->alive) return;
    auto process = running->second;
    process->alive = false;
    std::erase_if(listeners_, [&](const auto& l) { return l.second.process == process; });
    for (const auto& end : ends()) {
        if (end->process != process) continue;
        bool was_open = end->phase != End::Phase::ended;
        end->phase = End::Phase::ended;
        end->handler = nullptr;
        end->reported = true;
        drop_inbox(*end, 0);
        auto other = end->other.lock();
        if (was_open && other && other->process->alive) break_stream(other, delay());
    }
}

void SimulatedNetwork::Net::silence(const std::string& host) {
    silenced_.insert(host);
    std::uint64_t since = ++silences_;
    silence_of_[host] = since;
    loop_.after(limits_.silence_patience_ms, [self = shared_from_this(), host, since] {
        auto now = self->silence_of_.find(host);
        if (now != self->silence_of_.end() && now->second == since) self->time_out(host);
    });
}

void SimulatedNetwork::Net::heal(const std::string& a, const std::string& b) {
    cuts_.erase(unordered(a, b));
}

void SimulatedNetwork::Net::heal(const std::string& host) {
    isolated_.erase(host);
    silenced_.erase(host);
    silence_of_.erase(host);
    resume();
}

void SimulatedNetwork::Net::heal() {
    cuts_.clear();
    isolated_.clear();
    silenced_.clear();
    silence_of_.clear();
    resume();
}

void SimulatedNetwork::Net::shut_down() {
    std::vector<std::string> hosts;
    for (const auto& [host, process] : processes_) hosts.push_back(host);
    for (const auto& host : hosts) kill(host);
}

std::int64_t SimulatedNetwork::Net::delay() {
    auto range = static_cast<std::uint64_t>(delays_.max_ms - delays_.min_ms) + 1;
    return delays_.min_ms + static_cast<std::int64_t>(random_.below(range));
}

bool SimulatedNetwork::Net::is_cut(const std::string& a, const std::string& b) const {
    if (a == b) return false;
    return isolated_.contains(a) || isolated_.contains(b) || cuts_.contains(unordered(a, b));
}

bool SimulatedNetwork::Net::is_silent(const std::string& a, const std::string& b) const {
    return a != b && (silenced_.contains(a) || silenced_.contains(b));
}

std::optional<Error> SimulatedNetwork::Net::check(const std::shared_ptr<Process>& process,
                                                  const Address& address) {
    if (!process->alive) return Error{Failure::other, "this host has been killed"};
    if (address.scheme.empty() || address.scheme == "tcp") return std::nullopt;
    return Error{Failure::not_supported,
                 fmt::format("the transport \"{}\" is not supported yet", address.scheme)};
}

std::uint16_t SimulatedNetwork::Net::free_port(const std::string& name) const {
    std::uint16_t port = first_free_port;
    while (listeners_.contains({name, port})) ++port;
    return port;
}

void SimulatedNetwork::Net::arrive(const std::shared_ptr<Process>& process, const Address& remote,
                                   const std::shared_ptr<Transport::OnDialled>& done,
                                   std::int64_t started_ms) {
    if (!process->alive || !*done) return;
    auto entry = listeners_.find({remote.host, remote.port});
    bool listening = entry != listeners_.end();
    std::string host = listening ? entry->second.process->host : remote.host;
    auto fails = [&](std::int64_t in_ms, Failure failure) {
        fail_dial(in_ms, process, done,
                  Error{failure, fmt::format("{}: {}", to_string(remote), to_string(failure))});
    };
    if (is_silent(process->host, host)) {
        return fails(started_ms + limits_.handshake_patience_ms - loop_.now_ms(),
                     Failure::timed_out);
    }
    if (is_cut(process->host, host)) return fails(delay(), Failure::unreachable);
    if (!listening) return fails(delay(), Failure::refused);

    auto near = std::make_shared<End>();
    auto far = std::make_shared<End>();
    near->process = process;
    near->other = far;
    near->other_host = host;
    near->remote = to_string(remote);
    far->process = entry->second.process;
    far->other = near;
    far->other_host = process->host;
    far->remote = process->host;
    std::int64_t answer_ms = delay();
    near->last_arrival_ms = loop_.now_ms() + answer_ms;
    remember(near);
    remember(far);
    // Each end is held by its Connection, and by what is under way to it.
    auto far_connection = connection(far);
    auto near_connection = std::make_shared<std::unique_ptr<Connection>>(connection(near));
    loop_.after(answer_ms, [process, done, near, near_connection] {
        if (!process->alive || !*done) return;
        auto callback = std::exchange(*done, nullptr);
        if (near->error) return callback(std::unexpected(*near->error));
        callback(std::move(*near_connection));
    });
    auto on_accept = entry->second.on_accept;
    (*on_accept)(std::move(far_connection));
}

void SimulatedNetwork::Net::fail_dial(std::int64_t in_ms, const std::shared_ptr<Process>& process,
                                      const std::shared_ptr<Transport::OnDialled>& done,
                                      Error error) {
    loop_.after(in_ms, [process, done, error = std::move(error)] {
        if (!process->alive || !*done) return;
        auto callback = std::exchange(*done, nullptr);
        callback(std::unexpected(error));
    });
}

void SimulatedNetwork::Net::remember(const std::shared_ptr<End>& end) {
    if (ends_.size() > 2 * ends_alive_) {
        std::erase_if(ends_, [](const auto& known) { return known.expired(); });
        ends_alive_ = ends_.size() + 16;
    }
    ends_.push_back(end);
}

std::vector<std::shared_ptr<End>> SimulatedNetwork::Net::ends() const {
    std::vector<std::shared_ptr<End>> alive;
    for (const auto& known : ends_) {
        if (auto end = known.lock()) alive.push_back(std::move(end));
    }
    return alive;
}

void SimulatedNetwork::Net::transmit(const std::shared_ptr<End>& from, Packet packet) {
    auto to = from->other.lock();
    if (!to || from->broken || !to->process->alive) return;
    if (to->phase == End::Phase::ended) return;
    deliver_in(to, std::move(packet), delay());
}

void SimulatedNetwork::Net::deliver_in(const std::shared_ptr<End>& to, Packet packet,
                                       std::int64_t delay_ms) {
    packet.arrives_ms = std::max(to->last_arrival_ms, loop_.now_ms() + delay_ms);
    to->last_arrival_ms = packet.arrives_ms;
    to->inbox_bytes += packet.message.size();
    to->inbox.push_back(std::move(packet));
    if (to->inbox.size() == 1) schedule_pump(to);
}

void SimulatedNetwork::Net::break_stream(const std::shared_ptr<End>& to, std::int64_t delay_ms) {
    to->broken = true;
    if (to->phase == End::Phase::ended) return;
    std::uint64_t kept = random_.below(to->inbox.size() + 1);
    if (is_silent(*to)) kept = 0;
    drop_inbox(*to, static_cast<std::size_t>(kept));
    to->last_arrival_ms = to->inbox.empty() ? loop_.now_ms() : to->inbox.back().arrives_ms;
    deliver_in(to, {.kind = Packet::Kind::lost, .message = {}}, delay_ms);
}

void SimulatedNetwork::Net::drop_inbox(End& end, std::size_t kept) {
    while (end.inbox.size() > kept) {
        end.inbox_bytes -= end.inbox.back().message.size();
        end.inbox.pop_back();
    }
}

void SimulatedNetwork::Net::break_cut_connections() {
    for (const auto& end : ends()) {
        if (end->broken || !is_cut(end->process->host, end->other_host)) continue;
        end->cut = true;
        break_stream(end, 0);
    }
}

void SimulatedNetwork::Net::schedule_pump(const std::shared_ptr<End>& end) {
    if (end->pump != 0 || end->inbox.empty()) return;
    end->pump = loop_.after(end->inbox.front().arrives_ms - loop_.now_ms(),
                            [self = shared_from_this(), end] {
                                end->pump = 0;
                                self->pump(end);
                            });
}

void SimulatedNetwork::Net::pump(const std::shared_ptr<End>& end) {
    if (!end->process->alive || end->phase == End::Phase::ended || end->inbox.empty()) return;
    if (end->inbox.front().arrives_ms > loop_.now_ms()) return schedule_pump(end);
    // Both are looked at again, by resume() and set_handler().
    if (is_silent(*end) && !end->cut) return;
    if (end->phase == End::Phase::open && end->handler == nullptr) return;
    Packet packet = std::move(end->inbox.front());
    end->inbox.pop_front();
    end->inbox_bytes -= packet.message.size();
    schedule_pump(end);
    receive(end, packet);
}

void SimulatedNetwork::Net::receive(const std::shared_ptr<End>& end, const Packet& packet) {
    switch (packet.kind) {
        case Packet::Kind::data:
            if (end->inbox_bytes == 0) post_drained(end->other);
            if (end->phase == End::Phase::closing) return;
            if (packet.message.size() > end->message_bytes_max) {
                finish(end, Failure::too_large,
                       fmt::format("{}: it sent a message of {} bytes, the limit is {}",
                                   end->remote, packet.message.size(), end->message_bytes_max));
                if (auto other = end->other.lock()) break_stream(other, delay());
                return;
            }
            end->handler->on_message(packet.message.copy());
            return;
        case Packet::Kind::end:
            transmit(end, {.kind = Packet::Kind::finished, .message = {}});
            return finish(end, Failure::closed,
                          fmt::format("{} closed the connection", end->remote));
        case Packet::Kind::finished:
            return finish(end, Failure::closed,
                          fmt::format("closed the connection with {}", end->remote));
        case Packet::Kind::lost:
            return finish(end, Failure::lost,
                          fmt::format("the connection with {} broke", end->remote));
    }
}

void SimulatedNetwork::Net::post_drained(const std::weak_ptr<End>& of) {
    auto end = of.lock();
    if (!end) return;
    loop_.post([end] {
        bool listens = end->phase == End::Phase::open && end->process->alive;
        if (listens && end->handler != nullptr) end->handler->on_drained();
    });
}

void SimulatedNetwork::Net::finish(const std::shared_ptr<End>& end, Failure failure,
                                   std::string text) {
    if (end->phase == End::Phase::ended) return;
    end->phase = End::Phase::ended;
    loop_.cancel(std::exchange(end->close_alarm, 0));
    end->error = Error{.failure = failure, .text = std::move(text)};
    drop_inbox(*end, 0);
    post_report(end);
}

void SimulatedNetwork::Net::post_report(const std::shared_ptr<End>& end) {
    loop_.post([end] {
        if (end->handler == nullptr || end->reported || !end->process->alive) return;
        end->reported = true;
        std::exchange(end->handler, nullptr)->on_closed(*end->error);
    });
}

void SimulatedNetwork::Net::time_out(const std::string& host) {
    for (const auto& end : ends()) {
        if (!is_silent(*end) || !end->process->alive) continue;
        if (end->process->host != host && end->other_host != host) continue;
        end->broken = true;
        finish(end, Failure::timed_out,
               fmt::format("{} was silent for {} ms", end->remote, limits_.silence_patience_ms));
    }
}

void SimulatedNetwork::Net::resume() {
    for (const auto& end : ends()) schedule_pump(end);
}

}  // namespace reowolf::post
