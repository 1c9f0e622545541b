// SPDX-License-Identifier: MIT
#include "post/frame_reader.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace reowolf::post {

namespace {

constexpr std::size_t buffer_bytes = 32u << 10;
constexpr std::size_t body_room_min = 64u << 10;
// Room for this many times what has arrived: a quarter of a message is copied once more at most
// as it grows, and who wants to occupy memory must send a quarter of it.
constexpr std::size_t body_growth = 4;
// Smaller ones are here with their header as a rule.
constexpr std::size_t placed_bytes_min = 4u << 10;

}  // namespace

FrameReader::Spaces FrameReader::spaces() {
    if (buffer_.empty()) buffer_.resize(buffer_bytes);
    if (in_body_) {
        std::span<std::byte> body;
        if (placed_) {
            body = placed_->where.bytes;
        } else {
            if (body_arrived_ == body_.size()) {
                std::size_t room =
                    std::min(body_length_, std::max(body_room_min, body_arrived_ * body_growth));
                body_.reserve(room);
                body_.resize(room);
            }
            body = body_;
        }
        begin_ = end_ = 0;
        const bool is_all = body.size() == body_length_;
        return {body.subspan(body_arrived_), is_all ? std::span(buffer_) : std::span<std::byte>()};
    }
    if (begin_ > 0) {
        std::copy(buffer_.begin() + begin_, buffer_.begin() + end_, buffer_.begin());
        end_ -= begin_;
        begin_ = 0;
    }
    return {std::span(buffer_).subspan(end_), {}};
}

void FrameReader::arrived(std::size_t bytes) {
    const std::size_t of_body = in_body_ ? std::min(bytes, body_length_ - body_arrived_) : 0;
    body_arrived_ += of_body;
    end_ += bytes - of_body;
}

FrameReader::Next FrameReader::next(std::vector<std::byte>& message) {
    if (failed_) return failure_;
    if (!introduced_) return next_introduction();
    if (in_body_) return next_body(message);
    return next_header(message);
}

FrameReader::Next FrameReader::next_introduction() {
    constexpr auto expected = preamble();
    auto bytes = unread().first(std::min(unread().size(), preamble_bytes));
    auto name = std::span(expected).first(std::min(bytes.size(), preamble_bytes - 1));
    if (!std::equal(name.begin(), name.end(), bytes.begin())) {
        return fail(Next::garbage, "it is not a reowolf program");
    }
    if (bytes.size() < preamble_bytes) return Next::more;
    if (bytes.back() != expected.back()) {
        return fail(Next::garbage, fmt::format("it speaks version {} of the protocol, this is {}",
                                               static_cast<unsigned>(bytes.back()), frame_version));
    }
    begin_ += preamble_bytes;
    introduced_ = true;
    return Next::preamble;
}

FrameReader::Next FrameReader::next_header(std::vector<std::byte>& message) {
    if (unread().size() < frame_header_bytes) return Next::more;
    FrameHeaderBytes bytes;
    std::copy_n(unread().begin(), frame_header_bytes, bytes.begin());
    FrameHeader header = decode(bytes);
    Next next = Next::message;
    bool has_body = true;
    switch (header.type) {
        case FrameType::data:
            break;
        case FrameType::heartbeat:
            next = Next::heartbeat;
            has_body = false;
            break;
        case FrameType::end:
            next = Next::end;
            has_body = false;
            break;
        case FrameType::offer:
            next = Next::offer;
            break;
        case FrameType::moved:
            next = Next::moved;
            has_body = false;
            break;
        case FrameType::stays:
            next = Next::stays;
            break;
        default:
            return fail(Next::garbage, fmt::format("it sent a frame of type {}",
                                                   static_cast<unsigned>(header.type)));
    }
    if (!has_body && header.length != 0) {
        return fail(Next::garbage, "it sent a body where there is none");
    }
    if (next != Next::message && header.length > frame_notice_bytes_max) {
        return fail(Next::garbage, "it sent an offer that is too long");
    }
    if (next == Next::message && header.length > message_bytes_max_) {
        return fail(Next::too_large, fmt::format("it sent a message of {} bytes, the limit is {}",
                                                 header.length, message_bytes_max_));
    }
    if (next == Next::message && header.length >= placed_bytes_min && large_bytes_ == 0) {
        if (unread().size() < frame_header_bytes + Placement::head_bytes_max) return Next::more;
        large_bytes_ = header.length;
        return Next::large;
    }
    large_bytes_ = 0;
    begin_ += frame_header_bytes;
    if (!has_body) return next;
    in_body_ = true;
    body_is_ = next;
    body_length_ = header.length;
    if (placed_) {
        const std::size_t head_bytes = placed_->where.head_bytes;
        std::copy_n(unread().begin(), head_bytes, placed_->head.begin());
        begin_ += head_bytes;
        body_length_ -= head_bytes;
    }
    body_arrived_ = std::min<std::size_t>(body_length_, unread().size());
    if (placed_) {
        std::copy_n(unread().begin(), body_arrived_, placed_->where.bytes.begin());
    } else {
        body_.assign(unread().begin(), unread().begin() + body_arrived_);
    }
    begin_ += body_arrived_;
    return next_body(message);
}

std::span<const std::byte> FrameReader::begin() const {
    return unread().subspan(frame_header_bytes, Placement::head_bytes_max);
}

void FrameReader::place(Placement placement) {
    assert(placement.head_bytes + placement.bytes.size() == large_bytes_);
    placed_ = Placed{.head = {}, .where = std::move(placement)};
}

FrameReader::Placed FrameReader::take_placed() {
    return *std::exchange(placed_, std::nullopt);
}

FrameReader::Next FrameReader::next_body(std::vector<std::byte>& message) {
    if (body_arrived_ < body_length_) return Next::more;
    if (placed_) {
        in_body_ = false;
        return Next::placed;
    }
    message = std::move(body_);
    body_ = {};
    in_body_ = false;
    return body_is_;
}

FrameReader::Next FrameReader::fail(Next how, std::string complaint) {
    failed_ = true;
    failure_ = how;
    complaint_ = std::move(complaint);
    return how;
}

std::span<const std::byte> FrameReader::unread() const {
    return std::span(buffer_).subspan(begin_, end_ - begin_);
}

}  // namespace reowolf::post
