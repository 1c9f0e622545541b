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
#include <memory>
#include <optional>
#include <vector>

#include "post/records.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

inline constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();

// Small messages that are sent in one record, as each costs more than what is in it.
struct Bundled {
    std::vector<std::byte> messages;  // as records::Bundle has them
    std::size_t count = 0;
    std::size_t message_bytes = 0;   // without what is between them
    std::vector<std::uint64_t> ids;  // of those that have one
};

struct Outgoing {
    Payload payload;
    // Instead of the payload: it and those that follow it.
    std::unique_ptr<Bundled> bundled = nullptr;
    Properties properties;
    std::int64_t expires_ms = never_ms;  // not sent any more from then on
    // 0: it has none. Otherwise it is larger than those before it on its carrier.
    std::uint64_t id = 0;
    std::vector<std::uint64_t> antecedents;  // ids of messages that are to be sent before
    // Somebody is told what becomes of it, also that the other side has it.
    bool is_followed = false;
    std::size_t cost = 0;  // what it takes while it waits, as its sender counts
};

class Sending {
  public:
    // The last two come after sent, and not from here.
    enum class Fate { sent, expired, dropped, acknowledged, in_doubt };
    struct Finished {
        std::uint32_t carrier = 0;
        std::uint64_t id = 0;
        Fate fate = Fate::sent;
    };

    // `window`: how much may be sent before the other side has said more.
    void open(std::uint32_t carrier, std::uint64_t window);
    // What it has queued is dropped.
    void remove(std::uint32_t carrier);

    // The carrier is open. Messages of one carrier that are equally urgent keep their order. False:
    // it waits for others that do.
    bool push(std::uint32_t carrier, Outgoing&& message);
    // The last of the most urgent messages, with niceness 0, that was pushed: it is dropped, or not
    // completed. False: there is none any more, or it is one of some in one record.
    bool take_back_last(std::uint32_t carrier);
    void widen(std::uint32_t carrier, std::uint64_t window);

    // Instead of push(): the record of a message that need not wait for anything, and is not
    // followed. Nothing: it is to be pushed.
    std::optional<Payload> pass(std::uint32_t carrier, Outgoing& message);

    // The next record to be sent, if any may be.
    std::optional<Payload> next(std::int64_t now_ms);
    // Drops what has expired and is not under way. The next moment to ask again, or never.
    std::int64_t expire(std::int64_t now_ms);
    // Whether it matters what time it is.
    bool has_mortal() const { return mortal_ > 0; }
    // What has become of messages that are followed, since the last call.
    bool has_finished() const { return !finished_.empty(); }
    std::vector<Finished> take_finished();
    // Of other messages, which do not wait any more, since the last call.
    struct Left {
        std::uint32_t carrier = 0;
        std::size_t cost = 0;
    };
    bool has_left() const { return !left_.empty(); }
    std::vector<Left> take_left();

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
        std::uint64_t blocked_in = 0;  // the turn in which something waits for the window
        std::uint8_t slots_used = 0;   // a bit each
        std::size_t queued_bytes = 0;
        std::size_t queued_messages = 0;
    };

    std::optional<Payload> next_of(Lane& lane, std::int64_t now_ms);
    std::optional<Payload> next_bundle(Lane& lane, Carrier& carrier);
    static bool joins(const Outgoing& message, const Lane& lane);
    static void join(Outgoing& last, const Outgoing& message);
    bool can_begin(const Carrier& carrier, const Outgoing& message) const;
    bool is_unsent(std::uint64_t id) const;
    void forget_lane(std::uint16_t niceness, Lane& lane);
    void drop_expired(Lane& lane, std::int64_t now_ms);
    // The first of the lane, of so many bytes.
    void finish(Lane& lane, Fate fate, std::size_t size, std::size_t messages = 1);
    void note(std::uint32_t carrier, const Outgoing& message, Fate fate);

    std::map<std::uint32_t, Carrier> carriers_;
    // By niceness: the lanes that have messages, in turn.
    std::map<std::uint16_t, std::deque<Lane*>> levels_;
    std::uint64_t turn_ = 0;
    std::size_t mortal_ = 0;  // messages that can expire
    std::vector<Finished> finished_;
    std::vector<Left> left_;
};

}  // namespace reowolf::post
