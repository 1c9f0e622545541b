// SPDX-License-Identifier: MIT
// The flight recorder: the last things that happened in a runtime. It is always on: to note one is
// to write 40 bytes, and nothing is allocated.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.hpp"
#include "runtime/counters.hpp"
#include "runtime/naming.hpp"

namespace reowolf::runtime {

struct Event {
    enum class Kind : std::uint8_t {
        round,  // of `count` components, of which these two are some
        with,   // further ones of the same round
        made,
        explores,   // it takes the general way, with all of its region
        discarded,  // `count` behaviours in a row, for the same reason
        ended,
        failed,
        stuck,
    };

    std::int64_t time_ms = 0;  // see Recorder::set_time
    Who first{};
    Who second{};
    std::uint32_t source = 0;  // of discarded: where
    std::uint32_t offset = 0;
    std::uint32_t count = 0;
    Kind kind = Kind::made;
    std::uint8_t why = 0;      // of discarded: a Cause. Of explores: a Fall
    std::uint16_t unused = 0;  // written too, so that all of it is few words
};

class Recorder {
  public:
    static constexpr std::size_t events_max = 512;
    static constexpr std::size_t members_max = 8;  // of one round

    // By the clock of whoever drives the runtime: what is noted from now on did not happen earlier.
    void set_time(std::int64_t time_ms) { time_ms_ = time_ms; }

    void note(Event::Kind kind, Who who) {
        next() = {.time_ms = time_ms_, .first = who, .kind = kind};
    }
    [[gnu::always_inline]] void note_round(Who a, Who b, std::uint32_t size) {
        note_members(Event::Kind::round, a, b, size);
    }
    // The number of components, and who each one is, asked from the first one on.
    template <class WhoAt>
    [[gnu::always_inline]] void note_round(std::size_t size, WhoAt who_at) {
        const std::size_t noted = std::min(size, members_max);
        const auto second_at = [&](std::size_t i) { return i < noted ? who_at(i) : Who{}; };
        Who first = who_at(0);
        note_members(Event::Kind::round, first, second_at(1), static_cast<std::uint32_t>(size));
        for (std::size_t i = 2; i < noted; i += 2) {
            first = who_at(i);
            note_members(Event::Kind::with, first, second_at(i + 1), 0);
        }
    }
    void note_way(Who who, Fall why) {
        next() = {.time_ms = time_ms_,
                  .first = who,
                  .kind = Event::Kind::explores,
                  .why = static_cast<std::uint8_t>(why)};
    }
    void note_discarded(Who who, Cause why, Span where) {
        Event& last = events_[(noted_ - 1) % events_max];
        if (noted_ > 0 && last.kind == Event::Kind::discarded && last.first == who &&
            last.why == static_cast<std::uint8_t>(why) && last.source == where.source &&
            last.offset == where.begin) {
            ++last.count;
            return;
        }
        next() = {.time_ms = time_ms_,
                  .first = who,
                  .source = where.source,
                  .offset = where.begin,
                  .count = 1,
                  .kind = Event::Kind::discarded,
                  .why = static_cast<std::uint8_t>(why)};
    }

    // How many were ever noted.
    std::uint64_t noted() const { return noted_; }
    // Those that are left, the oldest one first; of these the ones after the first `from` ever.
    std::vector<Event> events(std::uint64_t from = 0) const {
        const std::uint64_t oldest = noted_ > events_max ? noted_ - events_max : 0;
        std::vector<Event> left;
        for (std::uint64_t i = std::max(from, oldest); i < noted_; ++i) {
            left.push_back(events_[i % events_max]);
        }
        return left;
    }

  private:
    // In place: these are noted far more often than all others.
    [[gnu::always_inline]] void note_members(Event::Kind kind, Who a, Who b, std::uint32_t count) {
        Event& event = next();
        event.time_ms = time_ms_;
        event.first = a;
        event.second = b;
        event.source = 0;
        event.offset = 0;
        event.count = count;
        event.kind = kind;
        event.why = 0;
        event.unused = 0;
    }
    Event& next() { return events_[noted_++ % events_max]; }

    std::array<Event, events_max> events_{};
    std::uint64_t noted_ = 0;
    std::int64_t time_ms_ = 0;
};

}  // namespace reowolf::runtime
