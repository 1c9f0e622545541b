// SPDX-License-Identifier: MIT
// What a runtime has done so far: plain numbers, which anybody may read between its steps.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reowolf::runtime {

// Why a region had to leave the lane.
enum class Fall : std::uint8_t {
    assertion,   // one was false
    error,       // a run-time error
    promise,     // `fires` was true, and the port was not used
    doubt,       // it chose, and did not get on
    unforeseen,  // what an alternative does first cannot be seen in its code
    unsure,      // whether a port among the alternatives can be used cannot be said
    silence,     // it used no port
    general,     // somebody at the other end of a channel takes the general way
    closed,      // a port is closed, or no longer owned
    ports,       // the channel carries ports
    elsewhere,   // the channel leads to another site
    native,      // a native component waits for something outside
    stuck,       // nobody can go on: to find out what each behaviour comes to
};
constexpr std::array<std::string_view, 13> fall_names{
    "assertion", "error",  "promise", "doubt",     "unforeseen", "unsure", "silence",
    "general",   "closed", "ports",   "elsewhere", "native",     "stuck"};

// Why a behaviour in the general way came to nothing.
enum class Cause : std::uint8_t {
    assertion,
    error,
    put_on_closed,
    get_from_closed,
    broken_promise,
};
constexpr std::array<std::string_view, 5> cause_names{"assertion", "error", "put_on_closed",
                                                      "get_from_closed", "broken_promise"};

// How many rounds had how many components: up to 1, 2, 4, …, and the last without bound.
struct Sizes {
    static constexpr std::size_t buckets = 17;

    std::array<std::uint64_t, buckets> rounds{};
    std::uint64_t components = 0;  // of all rounds together

    static constexpr std::uint64_t bound(std::size_t bucket) { return std::uint64_t{1} << bucket; }
    void add(std::uint64_t size, std::uint64_t times = 1) {
        const auto bucket = static_cast<std::size_t>(std::bit_width(size - 1));
        rounds[bucket < buckets ? bucket : buckets - 1] += times;
        components += size * times;
    }
};

struct Counters {
    std::uint64_t rounds_in_lane = 0;
    std::uint64_t rounds_in_general = 0;
    Sizes sizes;
    std::uint64_t messages = 0;  // of committed behaviours
    std::uint64_t behaviours = 0;
    std::array<std::uint64_t, cause_names.size()> discarded{};
    std::uint64_t hopeless = 0;  // complete, but can be in no round
    std::uint64_t dropped = 0;   // because what they had got was taken back
    std::array<std::uint64_t, fall_names.size()> falls{};
    std::uint64_t components_made = 0;
    std::uint64_t components_ended = 0;
    std::uint64_t components_failed = 0;
    std::uint64_t components_stuck = 0;

    std::uint64_t rounds() const { return rounds_in_lane + rounds_in_general; }
    // What another runtime of the same program has done.
    void add(const Counters& other) {
        const auto add_each = [](auto& to, const auto& from) {
            for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
        };
        rounds_in_lane += other.rounds_in_lane;
        rounds_in_general += other.rounds_in_general;
        add_each(sizes.rounds, other.sizes.rounds);
        sizes.components += other.sizes.components;
        messages += other.messages;
        behaviours += other.behaviours;
        add_each(discarded, other.discarded);
        hopeless += other.hopeless;
        dropped += other.dropped;
        add_each(falls, other.falls);
        components_made += other.components_made;
        components_ended += other.components_ended;
        components_failed += other.components_failed;
        components_stuck += other.components_stuck;
    }
};

}  // namespace reowolf::runtime
