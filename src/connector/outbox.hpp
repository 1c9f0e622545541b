// SPDX-License-Identifier: MIT
// What a member has to say to one other peer and has not handed to the connection yet. It is held
// back while the connection has enough to do: what is there only waits, also after nobody wants it
// any more, while a value that waits here is dropped when the attempt that put it is over, or takes
// it back. So somebody who tries again and again costs no more than one attempt does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "post/transport.hpp"
#include "wire/message.hpp"

namespace reowolf::connector {

class Outbox {
  public:
    // What the connection has to do at most, beside one large message.
    static constexpr std::size_t queued_bytes_max = 256u << 10;
    // What is together in one frame has at most about so many bytes.
    static constexpr std::size_t frame_value_bytes_max = 256u << 10;
    // So many are looked at in a row, of those that may be dropped.
    static constexpr std::size_t sifted_at_once_max = 1u << 16;

    void add(wire::Message message);
    bool is_empty() const { return messages_.empty() && sifted_.empty(); }
    void clear();
    // Hands over what there is, in frames, in its order, as long as the connection has room; or
    // `all` of it. If there is much of which some is to be dropped, that goes on with the next
    // call, and nothing is handed over before.
    void send(post::Connection& connection, std::uint64_t protocol, bool all);
    bool is_sifting() const { return is_sifting_; }
    // How many that were added will never be sent, since this was last asked.
    std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }
    // Something else was handed to the connection. Not while something is held back.
    void note_other() { large_.reset(); }

  private:
    // Of which values nothing can come, as messages that were added behind them say.
    struct Dead {
        std::set<wire::AttemptId> over;
        // All that the node put on the channel, from the value with this number on.
        std::map<std::pair<wire::NodeRef, wire::ChannelId>, std::uint32_t> retracted;

        bool note(const wire::Body& body);
        bool contains(const wire::Message& message) const;
    };

    void begin_to_sift(post::Connection& connection);
    void drop(wire::Message& message);
    bool sift(std::size_t messages_max);
    void take_frame();

    std::deque<wire::Message> messages_;
    bool is_held_ = false;  // some of them, since send()
    // The last that was handed over, if that is a large value, without its bytes.
    std::optional<wire::Message> large_;
    Dead dead_;
    bool has_dead_ = false;  // perhaps, in what has been sifted, too
    // Those that stay move from `messages_` to `sifted_`, and back when all have been looked at.
    bool is_sifting_ = false;
    std::deque<wire::Message> sifted_;
    std::vector<wire::Lineage> untold_;  // which those that were dropped would have told of
    std::uint64_t dropped_ = 0;
    std::vector<wire::Message> frame_;  // while it is made
};

}  // namespace reowolf::connector
