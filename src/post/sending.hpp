// SPDX-License-Identifier: MIT
// The messages of an association that wait to be sent, and which of them is next: the most urgent
// first, and of those that are as urgent, one part of each carrier's in turn. So a large message
// does not hold up a small urgent one, nor those of other carriers. Knows no connection and no time
// but what it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "post/records.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

inline constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();

struct Outgoing {
    Payload payload;
    Properties properties;
    std::int64_t expires_ms = never_ms;  // not sent any more from then on
    // 0: nobody asks what becomes of it. Otherwise it is larger than those before it.
    std::uint64_t id = 0;
    std::vector<std::uint64_t> antecedents;  // ids of messages that are to be sent before
    bool wants_acknowledgement = false;
};

class Sending {
  public:
    enum class Fate { sent, expired, dropped };
    struct Finished {
        std::uint32_t carrier = 0;
        std::uint64_t id = 0;
        Fate fate = Fate::sent;
    };

    // `window`: how much may be sent before the other side has said more.
    void open(std::uint32_t carrier, std::uint64_t window);
    // What it has queued is dropped.
    void remove(std::uint32_t carrier);

    // The carrier is open. Messages of one carrier that are equally urgent keep their order.
    void push(std::uint32_t carrier, Outgoing message);
    void widen(std::uint32_t carrier, std::uint64_t window);

    // Instead of push(): the record of a message that need not wait for anything, and of which
    // nobody asks what becomes. Nothing: it is to be pushed.
    std::optional<Payload> pass(std::uint32_t carrier, Outgoing& message);

    // The next record to be sent, if any may be.
    std::optional<Payload> next(std::int64_t now_ms);
    // Drops what has expired and is not under way. The next moment to ask again, or never.
    std::int64_t expire(std::int64_t now_ms);
    // Whether it matters what time it is.
    bool has_mortal() const { return mortal_ > 0; }
    // What has become of messages with an id, since the last call.
    bool has_finished() const { return !finished_.empty(); }
    std::vector<Finished> take_finished();

    bool is_empty() const { return levels_.empty(); }
    // Of messages, whether wholly or partly unsent.
    std::size_t queued_bytes(std::uint32_t carrier) const;
    std::size_t queued_messages(std::uint32_t carrier) const;

  private:
    // The equally urgent messages of a carrier.
    struct Lane {
        std::uint32_t carrier = 0;
        std::deque<Outgoing> messages;
        std::size_t sent = 0;  // bytes of the first
        bool is_begun = false;
        std::uint8_t slot = 0;
    };
    struct Carrier {
        std::map<std::uint16_t, Lane> lanes;
        std::uint64_t window = 0;
        std::uint64_t charged = 0;
        std::uint8_t slots_used = 0;  // a bit each
        std::size_t queued_bytes = 0;
        std::size_t queued_messages = 0;
    };

    std::optional<Payload> next_of(Lane& lane, std::int64_t now_ms);
    bool can_begin(const Carrier& carrier, const Outgoing& message) const;
    void drop_expired(Lane& lane, std::int64_t now_ms);
    void finish(Lane& lane, Fate fate);
    void note(std::uint32_t carrier, const Outgoing& message, Fate fate);

    std::map<std::uint32_t, Carrier> carriers_;
    // By niceness: the lanes that have messages, in turn.
    std::map<std::uint16_t, std::deque<Lane*>> levels_;
    std::set<std::uint64_t> unsent_;  // ids
    std::size_t mortal_ = 0;          // messages that can expire
    std::vector<Finished> finished_;
};

}  // namespace reowolf::post
