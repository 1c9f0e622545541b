// SPDX-License-Identifier: MIT
// Cuts an incoming byte stream into frames. Knows no socket: whoever reads puts bytes where
// space() says, reports them with arrived(), and takes frames with next() until there are none.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "post/frame.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

class FrameReader {
  public:
    enum class Next {
        more,       // nothing complete: read on
        preamble,   // the other side has introduced itself
        message,    // one message
        large,      // one begins that can be placed: begin(), size(), place()
        placed,     // it is where it was placed: take_placed()
        heartbeat,  // a sign of life
        end,        // the other side has closed in order
        offer,      // `message` is its body
        moved,      // the next bytes come from elsewhere
        stays,      // `message` is its body
        too_large,  // the next message exceeds the limit; reading cannot go on
        garbage,    // not our protocol; reading cannot go on
    };

    explicit FrameReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

    // The first is never empty; the second is for what comes behind it. Large bodies are read
    // straight into the message. The room for one grows with what has arrived of it; the length
    // that a stranger claims reserves nothing.
    using Spaces = std::array<std::span<std::byte>, 2>;
    Spaces spaces();
    void arrived(std::size_t bytes);

    Next next(std::vector<std::byte>& message);

    // After "large", until next().
    std::span<const std::byte> begin() const;
    std::size_t size() const { return large_bytes_; }
    void place(Placement placement);
    // After "placed".
    struct Placed {
        std::array<std::byte, Placement::head_bytes_max> head{};
        Placement where;
    };
    Placed take_placed();

    // The memory of a message that is not needed any more, for the next one.
    void give_back(std::vector<std::byte> bytes) {
        if (!in_body_ && bytes.capacity() > body_.capacity()) body_ = std::move(bytes);
    }

    // Holds for messages whose header next() has not passed yet.
    void limit_message_bytes(std::size_t bytes_max) { message_bytes_max_ = bytes_max; }

    // Whether nothing has arrived that next() has not passed.
    bool is_empty() const { return !in_body_ && begin_ == end_; }

    // After garbage or too_large: what was wrong.
    const std::string& complaint() const { return complaint_; }

  private:
    Next next_introduction();
    Next next_header(std::vector<std::byte>& message);
    Next next_body(std::vector<std::byte>& message);
    Next fail(Next how, std::string complaint);
    std::span<const std::byte> unread() const;

    std::size_t message_bytes_max_;
    std::vector<std::byte> buffer_;  // bytes [begin_, end_) of it are not looked at yet
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool introduced_ = false;
    bool failed_ = false;
    Next failure_ = Next::garbage;
    std::string complaint_;

    bool in_body_ = false;
    Next body_is_ = Next::message;
    std::size_t body_length_ = 0;
    std::size_t body_arrived_ = 0;
    std::vector<std::byte> body_;  // as large as there is room at present
    std::size_t large_bytes_ = 0;  // of the next message, if that was told
    std::optional<Placed> placed_;
};

}  // namespace reowolf::post
