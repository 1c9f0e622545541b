// SPDX-License-Identifier: MIT
// The queue of frames on their way into an outgoing byte stream. Knows no socket: whoever writes
// takes bytes from gather() and reports with written() how many the stream took. Small messages
// that follow each other are put together, as the system takes one piece sooner than many.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "post/frame.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

class FrameWriter {
  public:
    // Starts with the preamble.
    FrameWriter();

    // The body must not exceed frame_body_bytes_max. A large one is not copied.
    void push(FrameType type, Payload body);

    bool empty() const { return batches_.empty(); }
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
    static constexpr std::size_t batch_bytes = 8u << 10;
    static constexpr std::size_t copied_bytes_max = 1u << 10;
    using Memory = std::unique_ptr<std::array<std::byte, batch_bytes>>;

    // Some frames, of which the last may have a body that is not copied.
    struct Batch {
        Memory memory;
        std::size_t length = 0;  // of what is there
        Payload body;            // its pieces are behind that
        bool is_closed = false;  // there are, or it ends with "moved"
        bool has_moved = false;
        std::size_t messages = 0;
        std::size_t message_bytes = 0;
        std::size_t written = 0;

        void append(std::span<const std::byte> bytes) {
            std::memcpy(memory->data() + length, bytes.data(), bytes.size());
            length += bytes.size();
        }
        std::size_t size() const { return length + body.size() - body.own().size(); }
    };
    Batch& batch_with_room(std::size_t bytes);

    std::deque<Batch> batches_;
    Memory spare_;  // for the next batch
    bool has_moved_ = false;
    std::size_t messages_ = 0;
    std::size_t message_bytes_ = 0;
    std::vector<std::span<const std::byte>> pieces_;
};

}  // namespace reowolf::post
