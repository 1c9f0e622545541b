// SPDX-License-Identifier: MIT
#include "post/tcp_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "system/descriptor.hpp"

namespace reowolf::post {

namespace {

// Before others have their turn.
constexpr int writes_per_turn = 8;
constexpr int reads_per_turn = 8;
constexpr std::size_t early_bytes_max = 256u << 10;
// How often it is looked whether the host of somebody who does not read has everything.
constexpr std::int64_t host_look_delay_ms = 100;

}  // namespace

void prepare(asio::ip::tcp::socket& socket) {
    asio::error_code ignored;
    system::close_on_exec(socket.native_handle());
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
}

Failure failure_of(const asio::error_code& error) {
    namespace wrong = asio::error;
    // For those that asio has no name for.
    auto is_system = [&](int number) {
        return error == asio::error_code(number, wrong::get_system_category());
    };
    if (error == wrong::connection_refused) return Failure::refused;
    if (error == wrong::network_unreachable || error == wrong::host_unreachable ||
        error == wrong::network_down || error == wrong::address_family_not_supported) {
        return Failure::unreachable;
    }
    if (error == wrong::timed_out) return Failure::timed_out;
    if (error == wrong::address_in_use) return Failure::address_in_use;
    if (is_system(EADDRNOTAVAIL)) return Failure::address_not_available;
    if (error == wrong::access_denied || error == wrong::no_permission) {
        return Failure::not_permitted;
    }
    if (error == wrong::no_descriptors || error == wrong::no_memory ||
        error == wrong::no_buffer_space || is_system(ENFILE)) {
        return Failure::resources;
    }
    if (error == wrong::host_not_found || error == wrong::host_not_found_try_again ||
        error == wrong::no_data || error == wrong::no_recovery) {
        return Failure::unknown_host;
    }
    if (error == wrong::connection_reset || error == wrong::broken_pipe || error == wrong::eof ||
        error == wrong::connection_aborted || error == wrong::not_connected) {
        return Failure::lost;
    }
    return Failure::other;
}

std::string to_string(const asio::ip::tcp::endpoint& endpoint) {
    asio::ip::address address = endpoint.address();
    return to_string(Address{.scheme = "", .host = address.to_string(), .port = endpoint.port()});
}

TcpStream::TcpStream(RealLoop& loop, const Limits& limits, asio::ip::tcp::socket socket, Side side,
                     Memory memory)
    : Turn(loop),
      loop_(loop),
      limits_(limits),
      socket_(std::move(socket)),
      side_(side),
      memory_(memory) {
    prepare(socket_);
    asio::error_code error;
    auto endpoint = socket_.remote_endpoint(error);
    remote_ = error ? "an unknown address" : to_string(endpoint);
}

TcpStream::~TcpStream() {
    unwatch();
}

void TcpStream::introduce(std::int64_t patience_ms,
                          std::function<void(std::optional<Error>)> done) {
    introduced_ = std::move(done);
    last_sent_ms_ = last_heard_ms_ = loop_.now_ms();
    introduced_by_ms_ = last_sent_ms_ + patience_ms;
    set_alarm();
    write();
    read();
}

void TcpStream::set_handler(ConnectionHandler* handler) {
    handler_ = handler;
    if (handler_ == nullptr || resuming_) return;
    // While nobody listened, silence was our own.
    last_heard_ms_ = loop_.now_ms();
    resuming_ = true;
    loop_.post([self = shared_from_this()] {
        self->resuming_ = false;
        self->dispatch();
        self->report();
        self->read();
    });
}

void TcpStream::send(Payload message) {
    if (phase_ != Phase::open || !write_failure_.empty()) return;
    if (message.size() > frame_body_bytes_max) {
        return end(Failure::too_large,
                   fmt::format("a message of {} bytes cannot be sent", message.size()), true);
    }
    writer_.push(FrameType::data, std::move(message));
    note_delivery();
    write_soon();
}

// What is sent in one turn of the loop goes out with one write.
void TcpStream::write_soon() {
    if (!writing_) come_soon();
}

// Turns come before news: who has much to say would hear nothing meanwhile, and the other side
// could say nothing more.
void TcpStream::on_turn() {
    const auto self = shared_from_this();
    write();
    if (phase_ != Phase::ended && reads_memory_ && has_news()) on_news();
}

void TcpStream::close() {
    if (phase_ != Phase::open) return;
    if (!write_failure_.empty()) return end(Failure::lost, write_failure_, true);
    phase_ = Phase::closing;
    writer_.push(FrameType::end, {});
    last_heard_ms_ = loop_.now_ms();
    last_sent_ms_ = loop_.now_ms();
    note_delivery();
    set_alarm();
    write();
    read();
}

void TcpStream::abort() {
    end(Failure::lost, "the connection was aborted here", true);
}

void TcpStream::abandon() {
    handler_ = nullptr;
    introduced_ = nullptr;
    reported_ = true;
    if (!is_closing()) abort();
}

bool TcpStream::is_handed_over() {
    return writer_.empty() && system::has_arrived(socket_.native_handle());
}

void TcpStream::read() {
    if (reading_ || phase_ == Phase::ended) return;
    if (phase_ == Phase::open && handler_ == nullptr) return;
    reading_ = true;
    // Not for bytes at once, so that these can be read meanwhile by whoever looks for them.
    socket_.async_wait(asio::ip::tcp::socket::wait_read,
                       [self = shared_from_this()](const asio::error_code&) {
                           self->reading_ = false;
                           if (self->read_socket() != Heard::end) self->read();
                       });
}

// What is there, as long as somebody wants it.
TcpStream::Heard TcpStream::read_socket() {
    Heard heard = Heard::nothing;
    for (int turn = 0; turn < reads_per_turn; ++turn) {
        if (phase_ == Phase::ended || (phase_ == Phase::open && handler_ == nullptr)) break;
        FrameReader::Spaces spaces;
        const bool drops = is_closing() || reads_memory_;
        if (drops) {
            dropped_.resize(dropped_bytes);
            spaces = {dropped_, {}};
        } else {
            spaces = reader_.spaces();
        }
        const std::array buffers = {asio::buffer(spaces[0].data(), spaces[0].size()),
                                    asio::buffer(spaces[1].data(), spaces[1].size())};
        const std::size_t room = spaces[0].size() + spaces[1].size();
        asio::error_code error;
        const std::size_t bytes = socket_.read_some(buffers, error);
        if (error == asio::error::would_block || error == asio::error::try_again) break;
        heard = error ? Heard::end : Heard::bytes;
        if (!drops) reader_.arrived(bytes);
        on_read(error, bytes);
        // There is no more then as a rule; if there is, the loop says so.
        if (error || bytes < room) break;
    }
    return heard;
}

void TcpStream::on_read(const asio::error_code& error, std::size_t bytes) {
    if (bytes > 0) last_heard_ms_ = loop_.now_ms();
    if (reads_memory_) {
        if (bytes > 0 && !is_closing()) return deviate("it sends where it has moved away from");
        // Their last words come before their end.
        while (error && wants_messages() && link_->in.has_news()) read_memory();
    } else {
        dispatch();
    }
    if (phase_ == Phase::ended) return;
    if (!error) return;
    // Messages may be waiting for a handler; the end of the stream will come again after them.
    if (phase_ == Phase::open && handler_ == nullptr) return;
    if (error == asio::error::eof) return on_end_of_stream();
    end(failure_of(error),
        fmt::format("the connection with {} broke: {}", remote_, error.message()), true);
}

void TcpStream::on_end_of_stream() {
    if (phase_ == Phase::closing) return;  // they may still read what we have to say
    if (phase_ == Phase::finishing) {
        return end(Failure::closed, fmt::format("closed the connection with {}", remote_), false);
    }
    if (!write_failure_.empty()) return end(Failure::lost, write_failure_, true);
    end(Failure::lost, fmt::format("the connection with {} broke off", remote_), true);
}

void TcpStream::dispatch() {
    if (dispatching_) return;
    dispatching_ = true;
    std::vector<std::byte> message;
    bool going = true;
    while (going && (phase_ == Phase::introducing || wants_messages())) {
        if (phase_ == Phase::open && !early_.empty()) {
            message = std::move(early_.front());
            early_.pop_front();
            handler_->on_message(std::exchange(message, {}));
            continue;
        }
        switch (reader_.next(message)) {
            case FrameReader::Next::more:
                going = false;
                break;
            case FrameReader::Next::heartbeat:
                break;
            case FrameReader::Next::preamble:
                on_introduced();
                break;
            case FrameReader::Next::message:
                if (phase_ == Phase::open) {
                    handler_->on_message(std::exchange(message, {}));
                    break;
                }
                early_bytes_ += message.size() + frame_header_bytes;
                early_.push_back(std::exchange(message, {}));
                if (side_ == Side::dialled && !visit_) refuse();
                if (early_bytes_ > early_bytes_max) deviate("it does not wait until it has moved");
                break;
            case FrameReader::Next::large:
                if (phase_ != Phase::open) break;
                if (auto place = handler_->place(reader_.begin(), reader_.size())) {
                    reader_.place(std::move(*place));
                }
                break;
            case FrameReader::Next::placed: {
                const FrameReader::Placed placed = reader_.take_placed();
                handler_->on_placed(std::span(placed.head).first(placed.where.head_bytes),
                                    placed.where.bytes);
                break;
            }
            case FrameReader::Next::end:
                end(Failure::closed, fmt::format("{} closed the connection", remote_), false);
                break;
            case FrameReader::Next::offer:
                on_offer(message);
                break;
            case FrameReader::Next::moved:
                on_moved();
                break;
            case FrameReader::Next::stays:
                on_told_to_stay({reinterpret_cast<const char*>(message.data()), message.size()});
                break;
            case FrameReader::Next::too_large:
                end(Failure::too_large, fmt::format("{}: {}", remote_, reader_.complaint()), true);
                break;
            case FrameReader::Next::garbage:
                deviate(reader_.complaint());
                break;
        }
    }
    dispatching_ = false;
}

void TcpStream::write() {
    if (writing_ || phase_ == Phase::ended || writer_.empty()) return;
    if (writes_memory_) return write_to_memory();
    auto& pieces = pieces_;
    // At once, as long as the system takes it: waiting first would have asio told of every
    // acknowledgement from then on.
    for (int turn = 0; turn < writes_per_turn; ++turn) {
        pieces.clear();
        for (auto piece : writer_.gather()) pieces.emplace_back(piece.data(), piece.size());
        asio::error_code error;
        const std::size_t bytes = socket_.write_some(pieces, error);
        if (error == asio::error::would_block || error == asio::error::try_again) break;
        on_written(error, bytes);
        if (phase_ == Phase::ended || writer_.empty()) return;
        if (writes_memory_) return write_to_memory();
    }
    writing_ = true;
    pieces.clear();
    for (auto piece : writer_.gather()) pieces.emplace_back(piece.data(), piece.size());
    socket_.async_write_some(
        pieces, [self = shared_from_this()](const asio::error_code& error, std::size_t bytes) {
            self->writing_ = false;
            self->on_written(error, bytes);
            self->write();
        });
}

void TcpStream::on_written(const asio::error_code& error, std::size_t bytes) {
    if (phase_ == Phase::ended) return;
    if (error) {
        std::string text =
            fmt::format("the connection with {} broke: {}", remote_, error.message());
        if (phase_ != Phase::open) return end(failure_of(error), std::move(text), true);
        // Their last words may have arrived before the connection broke; reading finds its end.
        write_failure_ = std::move(text);
        writer_.clear();
        return note_delivery();
    }
    last_sent_ms_ = loop_.now_ms();
    owes_drained_ = owes_drained_ || writer_.has_messages();
    writer_.written(bytes);
    if (writer_.has_moved() && !writes_memory_) {
        writes_memory_ = true;
        open_if_ready();
    }
    note_delivery();
    if (!writer_.empty()) return;
    if (phase_ == Phase::closing) return finish_if_written();
    // Also if something that is no message was behind the last one.
    if (std::exchange(owes_drained_, false) && wants_messages()) handler_->on_drained();
}

void TcpStream::finish_if_written() {
    asio::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    phase_ = Phase::finishing;
    finish_by_ms_ = loop_.now_ms() + limits_.silence_patience_ms;
    set_alarm();
    // If the end of their stream has come already, it comes again.
    read();
}

void TcpStream::end(Failure failure, std::string text, bool reset) {
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
    error_ = Error{.failure = failure, .text = std::move(text)};
    loop_.cancel(std::exchange(alarm_, 0));
    asio::error_code ignored;
    // Not to be mistaken for an orderly end, and nothing stays behind in the system.
    if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
    invitation_ = nullptr;
    visit_ = nullptr;
    early_.clear();
    unwatch();
    if (link_) link_->doorbell.close(ignored);
    writer_.clear();
    note_delivery();
    if (auto done = std::exchange(introduced_, nullptr)) {
        reported_ = true;
        loop_.post([done = std::move(done), error = *error_] { done(error); });
        return;
    }
    if (handler_ != nullptr) {
        loop_.post([self = shared_from_this()] { self->report(); });
    }
}

void TcpStream::report() {
    if (phase_ != Phase::ended || handler_ == nullptr || reported_) return;
    reported_ = true;
    std::exchange(handler_, nullptr)->on_closed(*error_);
}

void TcpStream::set_alarm() {
    loop_.cancel(std::exchange(alarm_, 0));
    std::int64_t due_ms = last_sent_ms_ + limits_.heartbeat_ms;
    switch (phase_) {
        case Phase::introducing:
            due_ms = introduced_by_ms_;
            break;
        case Phase::open:
            due_ms = std::min(due_ms, last_heard_ms_ + limits_.silence_patience_ms);
            break;
        case Phase::closing:
            due_ms = last_sent_ms_ + limits_.silence_patience_ms;
            break;
        case Phase::finishing:
            due_ms = std::min(loop_.now_ms() + host_look_delay_ms, finish_by_ms_);
            break;
        case Phase::ended:
            return;
    }
    std::int64_t now_ms = loop_.now_ms();
    // What is overdue and was not dealt with, as nobody listens or the socket is full, is looked
    // at again a heartbeat later.
    std::int64_t wait_ms = due_ms > now_ms ? due_ms - now_ms : limits_.heartbeat_ms;
    alarm_ = loop_.after(std::max<std::int64_t>(wait_ms, 1), [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->on_alarm();
    });
}

void TcpStream::on_alarm() {
    alarm_ = 0;
    std::int64_t now_ms = loop_.now_ms();
    if (phase_ == Phase::introducing && now_ms >= introduced_by_ms_) {
        return end(Failure::timed_out, fmt::format("{} did not introduce itself", remote_), true);
    }
    if (phase_ == Phase::open) {
        asio::error_code ignored;
        bool silent = wants_messages() && now_ms - last_heard_ms_ >= limits_.silence_patience_ms;
        // If it was us who slept, what they sent is waiting.
        const bool waits = reads_memory_ ? link_->in.has_news() : socket_.available(ignored) > 0;
        if (silent && !waits) {
            return end(Failure::timed_out,
                       fmt::format("{} was silent for {} ms", remote_, now_ms - last_heard_ms_),
                       true);
        }
        if (now_ms - last_sent_ms_ >= limits_.heartbeat_ms && writer_.empty() &&
            write_failure_.empty()) {
            last_sent_ms_ = now_ms;
            writer_.push(FrameType::heartbeat, {});
            write();
        }
    }
    if (phase_ == Phase::closing && now_ms - last_sent_ms_ >= limits_.silence_patience_ms) {
        return end(Failure::timed_out, fmt::format("{} does not read what it is sent", remote_),
                   true);
    }
    if (phase_ == Phase::finishing && (now_ms >= finish_by_ms_ || is_handed_over())) {
        // All is in the system's hands, which goes on delivering.
        return end(Failure::timed_out, fmt::format("{} did not close its side", remote_), false);
    }
    set_alarm();
}

void TcpStream::note_delivery() {
    bool delivering = is_closing() || writer_.has_messages();
    if (delivering == delivering_) return;
    delivering_ = delivering;
    delivering ? loop_.delivery_begun() : loop_.delivery_ended();
}

}  // namespace reowolf::post
