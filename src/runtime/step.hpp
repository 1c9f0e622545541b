// SPDX-License-Identifier: MIT
// The application's step with other sites while it is in the lane (stepping.cpp). One round after
// the other uses the same memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "rounds/finals.hpp"
#include "rounds/forest.hpp"
#include "runtime/channel.hpp"
#include "runtime/frame.hpp"
#include "wire/message.hpp"

namespace reowolf::runtime {

// Of all values that one site puts in a step, if more than two step together; more is not worth to
// be told to everybody.
inline constexpr std::size_t copied_bytes_max = 16u << 10;

struct Kept;

struct Step {
    // On a channel to another site.
    struct Put {
        ComponentIndex by = 0;
        ChannelIndex channel = 0;
        std::uint32_t action = 0;  // its place among those of the component
        machine::Value value;
        std::vector<std::byte> bytes;  // if they do not lie in the value
    };
    // From a channel to another site.
    struct Awaited {
        ComponentIndex by = 0;
        ChannelIndex channel = 0;
        std::size_t place = 0;  // of the application's: where its body wants it
    };
    std::uint64_t since = 0;  // a generation
    bool is_published = false;
    std::vector<Put> puts;
    std::uint64_t put_bytes = 0;
    std::vector<Awaited> awaited;

    // What is published.
    std::vector<ComponentIndex> parts;  // ascending
    wire::Step said;
    // What it was made of. If that is the same the next time, it says the same but for numbers and
    // values.
    struct Done {
        ComponentIndex by = 0;
        ChannelIndex channel = 0;
        bool puts = false;
        friend bool operator==(const Done&, const Done&) = default;
    };
    std::vector<ComponentIndex> parts_described;
    std::vector<Done> actions_described;
    std::vector<std::pair<ComponentIndex, std::uint32_t>> puts_described;  // by, action
    std::uint64_t forms = 0;  // numbers given to steps of this site and of others; see wire::Step
    bool is_again = false;
    // By site: of its last frame.
    struct Heard {
        std::uint64_t number = 0;
        wire::Form form;
    };
    std::vector<Heard> heard;

    // A value that stays in the frame that it came in.
    struct Lodger {
        std::size_t place = 0;  // among the values
        Kept* kept = nullptr;
        std::span<const std::byte> bytes;
    };

    // While it is being described: how far each part is, and the messages between them.
    struct Progress {
        std::size_t done = 0;
        bool is_known = true;  // all that it has got so far
        wire::NodeId told = 0;
    };
    struct Gift {
        ChannelIndex channel = 0;
        bool is_taken = false;
        wire::NodeRef branch;
        rounds::Depends depends;
    };
    std::vector<Progress> progress;
    std::vector<Gift> gifts;  // the first `given` count
    std::size_t given = 0;

    // While it is being decided.
    rounds::Leaves leaves;
    std::vector<wire::Step*> leaves_of;  // that these are in
    // Their forms, and those of the last step that was a round: with the same ones it is one again.
    std::vector<std::uint64_t> leaf_forms;
    std::vector<std::uint64_t> round_forms;
    std::vector<machine::Value> values;
    std::vector<Lodger> lodgers;
    wire::Decision decision;

    void end() {
        is_published = false;
        puts.clear();
        put_bytes = 0;
        awaited.clear();
        values.clear();
        lodgers.clear();
    }
};

// A frame of another site that has not been received yet.
struct Kept {
    wire::SiteId from = 0;
    Frame frame;
    wire::Step step;  // what it says
};

}  // namespace reowolf::runtime
