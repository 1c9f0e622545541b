// SPDX-License-Identifier: MIT
// The queue of frames on their way into an outgoing byte stream. Knows no socket: whoever writes
// takes bytes from gather() and reports with written() how many the stream took.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "post/frame.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

class FrameWriter {
  public:
    // Starts with the preamble.
    FrameWriter();

    // The body must not exceed frame_body_bytes_max. It is not copied.
    void push(FrameType type, Payload body);

    bool empty() const { return frames_.empty(); }
    // Whether messages, not only heartbeats, are unwritten.
    bool has_messages() const { return messages_ > 0; }
    // Of message bodies, whether wholly or partly unwritten.
    std::size_t message_bytes() const { return message_bytes_; }

    // The next bytes to write, in pieces; valid until written(), also while frames are pushed. They
    // end with the frame "moved", as what is behind it is to be written elsewhere.
    const std::vector<std::span<const std::byte>>& gather();
    void written(std::size_t bytes);
    bool has_moved() const { return has_moved_; }
    void clear();

  private:
    static constexpr std::size_t header_bytes_max = frame_header_bytes + Payload::head_bytes_max;
    static_assert(preamble_bytes <= header_bytes_max);

    struct Frame {
        std::array<std::byte, header_bytes_max> header{};  // and the head of the body
        std::size_t header_bytes = 0;
        FrameType type = FrameType::data;
        Payload body;
        std::size_t written = 0;

        std::size_t bytes() const { return header_bytes + body.size() - body.head().size(); }
    };
    std::deque<Frame> frames_;
    bool has_moved_ = false;
    std::size_t messages_ = 0;
    std::size_t message_bytes_ = 0;
    std::vector<std::span<const std::byte>> pieces_;
};

}  // namespace reowolf::post
