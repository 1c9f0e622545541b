// SPDX-License-Identifier: MIT
#include "post/frame_writer.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::post {

namespace {

// As many as one system call takes without asking the heap.
constexpr std::size_t pieces_max = 64;

}  // namespace

FrameWriter::FrameWriter() {
    Frame& first = frames_.emplace_back();
    std::ranges::copy(preamble(), first.header.begin());
    first.header_bytes = preamble_bytes;
    first.type = FrameType::heartbeat;
}

void FrameWriter::push(FrameType type, Payload body) {
    Frame& frame = frames_.emplace_back();
    const auto header = encode({.length = static_cast<std::uint32_t>(body.size()), .type = type});
    const auto behind = std::ranges::copy(header, frame.header.begin()).out;
    std::ranges::copy(body.head(), behind);
    frame.header_bytes = header.size() + body.head().size();
    frame.body = std::move(body);
    frame.type = type;
    if (type == FrameType::data) {
        ++messages_;
        message_bytes_ += frame.body.size();
    }
}

const std::vector<std::span<const std::byte>>& FrameWriter::gather() {
    pieces_.clear();
    for (const Frame& frame : frames_) {
        if (pieces_.size() + 2 > pieces_max) break;
        const std::size_t of_header = std::min(frame.written, frame.header_bytes);
        std::size_t of_body = frame.written - of_header;
        if (of_header < frame.header_bytes) {
            pieces_.push_back(
                std::span(frame.header).subspan(of_header, frame.header_bytes - of_header));
        }
        frame.body.for_each([&](const Payload::Piece& piece) {
            const std::size_t skipped = std::min(of_body, piece.bytes.size());
            of_body -= skipped;
            if (skipped < piece.bytes.size()) pieces_.push_back(piece.bytes.subspan(skipped));
        });
        if (frame.type == FrameType::moved) break;
    }
    return pieces_;
}

void FrameWriter::written(std::size_t bytes) {
    while (!frames_.empty()) {
        Frame& frame = frames_.front();
        std::size_t left = frame.bytes() - frame.written;
        if (bytes < left) {
            frame.written += bytes;
            return;
        }
        bytes -= left;
        if (frame.type == FrameType::data) {
            --messages_;
            message_bytes_ -= frame.body.size();
        }
        if (frame.type == FrameType::moved) has_moved_ = true;
        frames_.pop_front();
    }
}

void FrameWriter::clear() {
    frames_.clear();
    messages_ = 0;
    message_bytes_ = 0;
}

}  // namespace reowolf::post
