// SPDX-License-Identifier: MIT
// How the frames of a connection move from its stream to memory, and travel there.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "post/tcp_stream.hpp"
#include "system/process.hpp"

namespace reowolf::post {

namespace {

constexpr int writes_to_memory_per_turn = 16;
constexpr int reads_of_memory_per_turn = 16;

asio::ip::tcp::endpoint plain(const asio::ip::tcp::endpoint& endpoint) {
    const asio::ip::address& address = endpoint.address();
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return endpoint;
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()), endpoint.port()};
}

// Both ends, without what differs in how the two sides see the same address.
struct Ends {
    asio::ip::tcp::endpoint here;
    asio::ip::tcp::endpoint there;
};

std::optional<Ends> ends_of(const asio::ip::tcp::socket& socket) {
    asio::error_code error;
    const auto here = socket.local_endpoint(error);
    if (error) return std::nullopt;
    const auto there = socket.remote_endpoint(error);
    if (error) return std::nullopt;
    return Ends{plain(here), plain(there)};
}

bool are_on_one_host(const Ends& ends) {
    const auto here = ends.here.address();
    const auto there = ends.there.address();
    return here == there || (here.is_loopback() && there.is_loopback());
}

}  // namespace

// ---- Agreeing ----------------------------------------------------------------------------------

void TcpStream::on_introduced() {
    has_preamble_ = true;
    if (side_ == Side::dialler && memory_ != Memory::forbidden) invite();
    if (phase_ != Phase::ended) open_if_ready();
}

void TcpStream::open_if_ready() {
    const bool has_moved = reads_memory_ && writes_memory_;
    if (phase_ != Phase::introducing || !has_preamble_) return;
    if (memory_ == Memory::required && !has_moved) return;
    phase_ = Phase::open;
    watch();
    set_alarm();
    if (auto done = std::exchange(introduced_, nullptr)) done(std::nullopt);
}

void TcpStream::invite() {
    const auto ends = ends_of(socket_);
    if (!ends || !are_on_one_host(*ends)) return on_stays("it is on another host");
    Offer offer{.host = system::boot(),
                .name = {},
                .dialler = to_string(ends->here),
                .dialled = to_string(ends->there)};
    if (offer.host.empty()) return on_stays("this host does not tell which one it is");
    auto invitation = std::make_shared<Invitation>(loop_.context());
    const auto name = invitation->open();
    if (!name) return on_stays(name.error());
    offer.name = *name;
    invitation->wait([weak = weak_from_this()](std::unique_ptr<MemoryLink> link) {
        if (const auto self = weak.lock()) self->on_linked(std::move(link));
    });
    invitation_ = std::move(invitation);
    is_offered_ = true;
    writer_.push(FrameType::offer, Payload(encode(offer)));
    write();
}

void TcpStream::on_offer(const std::vector<std::byte>& body) {
    if (side_ == Side::dialler || std::exchange(is_offered_, true)) {
        return deviate("it offers what it may not");
    }
    if (const auto visited = visit(body); !visited) decline(visited.error());
}

// They may go without.
void TcpStream::decline(std::string why) {
    no_memory_ = std::move(why);
    visit_ = nullptr;
    say_stays();
    if (!early_.empty()) refuse();
}

// They do, but this side does not.
void TcpStream::refuse() {
    say_stays();
    // In order, so that they read it.
    end(Failure::not_supported, fmt::format("no shared memory with {}: {}", remote_, no_memory_),
        false);
}

void TcpStream::say_stays() {
    const auto bytes = std::as_bytes(std::span(no_memory_));
    writer_.push(FrameType::stays, Payload(std::vector(bytes.begin(), bytes.end())));
    write();
}

std::expected<void, std::string> TcpStream::visit(const std::vector<std::byte>& body) {
    const auto offer = decode_offer(body);
    if (!offer) return std::unexpected("the offer is malformed");
    if (memory_ == Memory::forbidden) return std::unexpected("tcp:// is asked for there");
    const std::string host = system::boot();
    if (host.empty() || offer->host != host) return std::unexpected("they are on two hosts");
    const auto ends = ends_of(socket_);
    if (!ends || offer->dialler != to_string(ends->there) ||
        offer->dialled != to_string(ends->here)) {
        return std::unexpected("there is a relay between them");
    }
    visit_ = std::make_shared<Visit>(loop_.context());
    return visit_->begin(offer->name, [weak = weak_from_this()](auto result) {
        const auto self = weak.lock();
        if (!self || self->phase_ == Phase::ended) return;
        if (result) {
            self->on_linked(std::move(*result));
            return self->move_out();
        }
        self->decline(result.error());
    });
}

void TcpStream::on_told_to_stay(const std::string& why) {
    if (side_ == Side::dialled || invitation_) return on_stays(why);
    end(Failure::not_supported,
        fmt::format("{} takes messages through shared memory (shm://) only: {}", remote_, why),
        true);
}

void TcpStream::on_stays(const std::string& why) {
    invitation_ = nullptr;
    visit_ = nullptr;
    if (memory_ != Memory::required || phase_ == Phase::ended) return;
    end(Failure::not_supported, fmt::format("no shared memory (shm://) with {}: {}", remote_, why),
        true);
}

void TcpStream::on_linked(std::unique_ptr<MemoryLink> link) {
    if (phase_ == Phase::ended) return;
    link_ = std::move(link);
    watch();
    hear_doorbell();
}

// The frame is written to the stream, and what comes after it to memory.
void TcpStream::move_out() {
    if (phase_ != Phase::open && phase_ != Phase::introducing) return;
    is_moving_out_ = true;
    writer_.push(FrameType::moved, {});
    write();
}

void TcpStream::on_moved() {
    const bool may_move =
        link_ && !reads_memory_ && (side_ == Side::dialler || is_moving_out_) && reader_.is_empty();
    if (!may_move) return deviate("it moves where nothing is");
    reads_memory_ = true;
    if (side_ == Side::dialler) move_out();
    if (phase_ != Phase::ended) open_if_ready();
}

void TcpStream::deviate(const std::string& how) {
    end(Failure::protocol, fmt::format("{}: {}", remote_, how), true);
}

// ---- In memory ---------------------------------------------------------------------------------

void TcpStream::write_to_memory() {
    bool has_written = false;
    lacks_room_ = false;
    for (int turn = 0; turn < writes_to_memory_per_turn && !writer_.empty() && !lacks_room_;
         ++turn) {
        const auto& pieces = writer_.gather();
        std::size_t wanted = 0;
        for (const auto& piece : pieces) wanted += piece.size();
        const auto written = link_->out.write(pieces);
        if (!written) return deviate(written.error());
        has_written |= *written > 0;
        lacks_room_ = *written < wanted;
        if (*written > 0) on_written({}, *written);
        if (phase_ == Phase::ended) break;
    }
    if (has_written && link_->out.must_wake()) link_->wake_other();
    if (phase_ != Phase::ended && !writer_.empty() && !lacks_room_) write_soon();
}

void TcpStream::read_memory() {
    for (int turn = 0; turn < reads_of_memory_per_turn; ++turn) {
        std::span<std::byte> space;
        if (is_closing()) {
            dropped_.resize(dropped_bytes);
            space = dropped_;
        } else {
            space = reader_.spaces()[0];
        }
        const auto bytes = link_->in.read(space);
        if (!bytes) return deviate(bytes.error());
        if (*bytes == 0) break;
        last_heard_ms_ = loop_.now_ms();
        if (!is_closing()) {
            reader_.arrived(*bytes);
            dispatch();
        }
        if (phase_ == Phase::ended) return;
        if (!is_closing() && !wants_messages()) break;
    }
    if (link_->in.must_wake()) link_->wake_other();
}

void TcpStream::hear_doorbell() {
    link_->doorbell.async_read_some(
        asio::buffer(bells_),
        [self = shared_from_this()](const asio::error_code& error, std::size_t) {
            if (self->phase_ == Phase::ended) return;
            if (!error) return self->hear_doorbell();
            // They have gone, and will not make room.
            if (self->phase_ == Phase::closing && self->writes_memory_) {
                self->end(Failure::lost,
                          fmt::format("the connection with {} broke off", self->remote_), true);
            }
        });
}

void TcpStream::watch() {
    if (!std::exchange(is_watched_, true)) loop_.watch(*this);
}

void TcpStream::unwatch() {
    if (std::exchange(is_watched_, false)) loop_.unwatch(*this);
}

// In the socket.
bool TcpStream::look() {
    if (!wants_messages()) return false;
    const auto self = shared_from_this();
    return read_socket() != Heard::nothing;
}

bool TcpStream::has_news() const {
    if (lacks_room_ && link_->out.has_room()) return true;
    return reads_memory_ && (is_closing() || wants_messages()) && link_->in.has_news();
}

void TcpStream::on_news() {
    const auto self = shared_from_this();
    if (lacks_room_ && link_->out.has_room()) write();
    if (phase_ == Phase::ended || !reads_memory_) return;
    if (is_closing() || wants_messages()) read_memory();
}

void TcpStream::before_sleep() {
    if (reads_memory_) link_->in.sleep();
    if (lacks_room_) link_->out.sleep();
}

void TcpStream::after_sleep() {
    if (!link_) return;
    link_->in.awake();
    link_->out.awake();
}

}  // namespace reowolf::post
