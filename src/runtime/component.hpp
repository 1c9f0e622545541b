// SPDX-License-Identifier: MIT
// A component and its present attempt.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <reowolf/embedding.hpp>

#include "rounds/branches.hpp"
#include "runtime/blocks.hpp"
#include "runtime/body.hpp"
#include "runtime/channel.hpp"
#include "runtime/counters.hpp"
#include "runtime/naming.hpp"
#include "runtime/rare.hpp"
#include "runtime/ring.hpp"

namespace reowolf::runtime {

// Why a behaviour came to nothing.
struct Discard {
    using Cause = runtime::Cause;
    Cause cause = Cause::assertion;
    std::string text;
    Span where;
    std::vector<TraceLine> trace;
};

// A stretch of a behaviour between two decisions.
struct Node {
    // foreseen: it stands for the only behaviour, of which all is known but what it receives.
    enum class Phase { runnable, waiting, complete, split, discarded, dropped, foreseen };
    struct Put {
        ChannelIndex channel;
        std::uint32_t index;
        Span where;
        bool foreseen = false;  // it was sent before
    };
    struct Count {
        ChannelIndex channel;
        bool puts;
        std::uint32_t count;
    };
    struct Promise {
        machine::PortHandle port;
        bool fires;
    };
    // A port that was put away in a message, or came in one. It changes its owner when, and if, the
    // behaviour commits.
    struct Moved {
        machine::PortHandle port;
        bool here;             // it came and was not put away again
        ChannelIndex through;  // its last way
    };

    wire::NodeId parent = 0;
    Phase phase = Phase::runnable;
    std::unique_ptr<Body> body;
    rounds::Depends depends;
    std::vector<Count> counts;         // of the whole behaviour so far
    std::vector<Promise> promises;     // what `fires` was taken to be
    std::vector<Moved> moved;          // of the whole behaviour so far, ascending by port
    std::vector<std::uint32_t> path;   // the alternatives taken so far
    std::vector<std::string> printed;  // in this stretch
    std::vector<Put> puts;             // in this stretch
    std::vector<wire::NodeId> children;
    ChannelIndex waits_on = 0;  // if waiting
    std::uint32_t optional_fired = 0;
    bool is_queued = false;
    bool is_parked = false;
    bool is_released = false;                     // was parked
    bool is_away = false;                         // the workers run its code
    std::unique_ptr<machine::Request> postponed;  // that it was parked at, or came back with
    // It has just got a message, of this kind (Offer::like), and not run since; of so many offers.
    bool is_fresh = false;
    wire::NodeId got_like = 0;
    std::uint32_t sources = 0;
    std::uint64_t held = 0;        // bytes of what it put and printed in this stretch
    std::uint64_t body_bytes = 0;  // of `body`, when it last stood still
    bool is_hopeless = false;      // complete, but can be in no round; or leads only to such
    bool news = true;              // nothing that only repeats what was led to it
    std::optional<Discard> discard;
    std::optional<Span> alternative_at;  // if watched: where the alternative begins that it is

    bool is_live() const {
        return phase == Phase::runnable || phase == Phase::waiting || phase == Phase::complete;
    }
    std::uint32_t count(ChannelIndex channel, bool puts_on) const;
    void add_use(ChannelIndex channel, bool puts_on);
    const Moved* find_moved(machine::PortHandle port) const;
    void note_moved(const std::vector<machine::PortHandle>& ports, bool here, ChannelIndex through);
};

// The behaviours that wait for one message; see matching.cpp.
struct Waiting {
    // Of many.
    struct Sorted {
        std::size_t purged_at = 0;  // with so many it is seen which were removed
        // By what led to them of the attempt that has put last: the first so many, by their places.
        std::optional<rounds::Branches> behaviours;
        std::size_t in_behaviours = 0;
        // What it has put, up to this number.
        std::optional<rounds::Branches> offers;
        std::uint64_t in_offers = 0;
    };
    std::vector<wire::NodeId> nodes;  // also some that were removed since
    std::unique_ptr<Sorted> sorted;
};

struct Attempt {
    wire::AttemptId id;
    std::deque<Node> nodes;    // by NodeId
    Ring<wire::NodeId> queue;  // what is to be run; some have been removed since
    // Behaviours that would put something that nobody waits for, by channel. Also some that were
    // removed since.
    std::map<ChannelIndex, std::vector<wire::NodeId>> parked;
    std::uint32_t ready = 0;      // in the queue, and not removed
    std::uint32_t parked_in = 0;  // parked, and not removed
    std::uint32_t away = 0;       // whose code the workers run
    std::uint32_t released = 0;   // in the last turn in which some were
    // Behaviours of an application that leave out more than what is tried now, and those that may
    // be tried now; see ordering.cpp. Also some that were removed since.
    std::vector<wire::NodeId> aside;
    std::vector<wire::NodeId> due;
    std::uint32_t leaves_out_max = 0;
    std::uint32_t live_for_aside = 0;  // none is tried while there are more
    bool has_too_many = false;         // there are
    std::uint8_t idle_turns = 0;       // in a row, with nothing but what is parked
    // It has so many behaviours that they are not all tried at once: the preferred ones are
    // followed to their ends first.
    bool is_deep = false;
    // By channel and number of the message.
    std::map<std::pair<ChannelIndex, std::uint32_t>, Waiting> waiting;
    std::vector<wire::NodeId> leaves;  // complete, of which it is not known that they are hopeless
    std::set<wire::SiteId> told;       // that have heard of it, while ends of channels move
    std::vector<wire::NodeId> silent;  // complete, using no port; offered when all is quiet
    std::uint32_t live = 0;
    std::uint64_t held = 0;   // bytes of all this, about
    std::size_t dropped = 0;  // nodes that others took back
    // It stands where its component's last, silent round began: its silent behaviours wait until
    // something at its ports changes.
    bool patient = false;
    bool repeats = false;  // began patient: what it offers is no news
    bool prefers_least_used = false;
    std::uint8_t turns_waited = 0;     // although there was a round
    std::vector<wire::Leaf> withheld;  // see withholding.cpp
    bool has_offered_all = false;      // what was withheld, too
    bool may_be_silent = false;        // others, elsewhere, have had the time to answer
    bool reported_stuck = false;

    // The shortcut of docs/deciding.md. What was sent ahead, by which node; and, where more than
    // two step together, everything that was sent.
    struct Early {
        ChannelIndex channel;
        std::uint32_t index;
        machine::Value value;
    };
    std::optional<wire::NodeId> foreseen;
    std::vector<Early> early;
    std::vector<wire::Copy> copies;
    std::size_t copied_bytes = 0;

    // Nothing is left to explore for now; at all, as things are.
    bool is_settled() const { return ready == 0 && parked_in == 0 && away == 0; }
    bool is_exhausted() const { return is_settled() && !has_more_aside(); }
    bool has_more_aside() const { return !(aside.empty() && due.empty()) && !has_too_many; }
    void enqueue(wire::NodeId node) {
        nodes[node].is_queued = true;
        queue.push(node);
        ++ready;
    }
    wire::NodeId dequeue() {
        while (true) {
            const wire::NodeId next = is_deep ? queue.pop_back() : queue.pop();
            if (!nodes[next].is_queued) continue;
            unqueue(nodes[next]);
            return next;
        }
    }
    void unqueue(Node& node) {
        if (std::exchange(node.is_queued, false)) --ready;
        if (std::exchange(node.is_parked, false)) --parked_in;
    }
    void park(wire::NodeId node, ChannelIndex channel) {
        nodes[node].is_parked = true;
        parked[channel].push_back(node);
        ++parked_in;
    }
    // It goes on, although perhaps nobody waits for what it puts.
    void unpark(wire::NodeId node) {
        if (!nodes[node].is_parked) return;
        unqueue(nodes[node]);
        nodes[node].is_released = true;
        enqueue(node);
    }
    // Nothing more is explored.
    void give_up() {
        queue = {};
        parked.clear();
        ready = 0;
        parked_in = 0;
    }
};

// Where a component stands in choosing among the alternatives of a fork, in the lane.
struct Choice {
    const ForkSite* site = nullptr;
    std::vector<std::uint64_t> ready;  // bits, by alternative: one that may be able to go on
    // Of an alternative the next one that begins at the same port; no_guard if there is none.
    std::vector<std::uint32_t> same_port;
    std::uint32_t last_turn = 0;  // the alternative that was last taken out of turn
    // Of a component that is native, which has no code to read them off: the alternatives of its
    // last choice, and the ports that they begin with.
    ForkSite native_site;
    std::vector<machine::Slot> native_ports;

    // Whether its last choice was among these.
    bool is_among(std::span<const machine::PortHandle> ports) const {
        static_assert(sizeof(machine::Slot) == sizeof(machine::PortHandle));
        return ports.size() == native_ports.size() &&
               std::memcmp(ports.data(), native_ports.data(), ports.size_bytes()) == 0;
    }
    // All that begin at the port whose first one this is.
    [[gnu::always_inline]] void set(std::uint32_t guard) {
        for (; guard < same_port.size(); guard = same_port[guard]) {
            ready[guard / 64] |= std::uint64_t{1} << guard % 64;
        }
    }
    void clear(std::uint32_t guard) { ready[guard / 64] &= ~(std::uint64_t{1} << guard % 64); }
    // The first ready one from `from` on.
    [[gnu::always_inline]] std::optional<std::uint32_t> next(std::uint32_t from) const {
        std::uint64_t mask = ~std::uint64_t{0} << from % 64;
        for (std::uint32_t word = from / 64; word < ready.size(); ++word) {
            const std::uint64_t bits = ready[word] & mask;
            if (bits != 0) return word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
            mask = ~std::uint64_t{0};
        }
        return std::nullopt;
    }
};

// What a look at must tell whether a component can have its turn in the lane.
struct Standing {
    enum class Phase : std::uint8_t {
        running,
        in_lane,  // in a sync block, in place; see lane.cpp
        in_sync,  // in a sync block, exploring its behaviours
        idle,
        ended,
    };
    // What it waits for in the lane.
    enum class Wait : std::uint8_t {
        nothing,
        others,  // it is at the end of its block
        message,
        fork,   // some alternative that can go on
        fires,  // something that says whether the port will be used
    };

    Phase phase = Phase::running;
    Wait waits = Wait::nothing;
    bool is_native = false;
    bool is_overloaded = false;  // has more behaviours than allowed
    bool is_away = false;        // the workers run its code, or it has just `brought` something
    bool is_long = false;        // between its last two sync blocks it computed for long
    bool is_silent = false;      // its last round was: `silent_rounds` is not 0
    std::uint8_t passes = 0;     // so many attempts do not begin in the lane

    // On the machine, and there is nothing else to be done than to run its code.
    bool is_plain() const { return is_among(0); }
    // The same, of one that is native.
    bool is_plain_native() const { return is_among(native); }
    // … and in no sync block.
    bool is_native_outside() const { return word() == native; }
    // In the lane or outside, and no message is anything to it.
    bool is_busy() const {
        static_assert(static_cast<int>(Phase::in_lane) == 1 && static_cast<int>(Wait::others) == 1);
        return (word() & 0xFEFE) == 0;
    }
    // A coroutine that waits so in the lane, or outside, and nothing else is to be said of it. It
    // is written as a whole because it is read so: what was just written in parts the processor has
    // to wait for.
    bool is_native_waiting(Wait what) const { return word() == standing_of(Phase::in_lane, what); }
    [[gnu::always_inline]] void be_native_in_lane(Wait what) {
        be(standing_of(Phase::in_lane, what));
    }
    [[gnu::always_inline]] void be_native_outside() { be(native); }

  private:
    static constexpr std::uint64_t native = 1u << 16;

    std::uint64_t word() const { return std::bit_cast<std::uint64_t>(*this); }
    // Assigned as an object it would be written in parts by g++.
    void be(std::uint64_t word) { std::memcpy(static_cast<void*>(this), &word, sizeof word); }
    static constexpr std::uint64_t standing_of(Phase phase, Wait what) {
        return native | std::uint64_t{static_cast<std::uint8_t>(what)} << 8 |
               static_cast<std::uint8_t>(phase);
    }
    bool is_among(std::uint64_t those) const {
        static_assert(std::endian::native == std::endian::little);
        constexpr auto highest = static_cast<std::uint64_t>(Phase::in_lane);
        return (word() ^ those) <= highest;
    }
};
static_assert(sizeof(Standing) == sizeof(std::uint64_t) && offsetof(Standing, is_native) == 2 &&
              offsetof(Standing, waits) == 1);

// Of its attempt in the lane, together because they are written together, and some are read so.
struct alignas(8) Manner {
    bool closes = false;        // the message that it waits for ends its block
    bool uses_port = false;     // in this attempt
    bool is_single = false;     // its block is one message; it waits, in no region
    bool takes_number = false;  // what it waits for, by its seat
    bool is_doubtful = false;   // in this attempt it took an alternative, or could not
    bool is_special = false;    // of the lead: somebody in the region has printed, or chosen
    bool asks_fires = false;    // somewhere in this block
    bool notes_uses = false;    // in this block

    // It has put a number, or waits for one, and that is all of its block.
    [[gnu::always_inline]] void put_alone() { be(closing | using_port | single); }
    [[gnu::always_inline]] void get_alone() { be(getting_alone); }
    bool gets_alone() const {
        return std::bit_cast<std::array<std::uint32_t, 2>>(*this)[0] == getting_alone;
    }
    // Nothing is to be said of it yet.
    [[gnu::always_inline]] void begin_block() { be(0); }

  private:
    static constexpr std::uint64_t closing = 1;
    static constexpr std::uint64_t using_port = 1u << 8;
    static constexpr std::uint64_t single = 1u << 16;
    static constexpr std::uint64_t taking_number = 1u << 24;
    static constexpr std::uint64_t getting_alone = closing | single | taking_number;

    void be(std::uint64_t word) { std::memcpy(static_cast<void*>(this), &word, sizeof word); }
};
static_assert(sizeof(Manner) == sizeof(std::uint64_t) && offsetof(Manner, uses_port) == 1 &&
              offsetof(Manner, is_single) == 2 && offsetof(Manner, takes_number) == 3);

// What every round needs comes first, in as few cache lines as it fits into.
struct alignas(64) Component : Standing, Manner, machine::Participant {
    bool queued = false;
    bool is_doubted = false;      // is among those who are looked at after a while
    bool has_printed = false;     // in the lane, in this attempt
    bool goes_back = false;       // if native; see Body::can_go_back
    bool writer_chooses = false;  // a component that may put to it waits for an alternative
    bool was_published = false;   // in its last round
    bool was_stuck = false;       // and counted as that

    // The attempts in the lane that gave each other messages are a region: a ring of components.
    Component* lead = nullptr;
    Component* next = nullptr;
    std::uint32_t region_size = 1;  // of the lead
    std::uint32_t region_open = 0;  // of the lead: attempts not at their end, messages not got

    ChannelIndex waits_on = 0;        // a message
    std::uint32_t sent = 0;           // messages, in this attempt in the lane
    embedding::Seat* seat = nullptr;  // of a coroutine
    std::unique_ptr<Body> body;  // while running or idle; in a general attempt: where that begins

    ComponentIndex index = 0;      // its own
    std::uint32_t renewals = 0;    // of attempts since the last round
    std::uint32_t renewed_in = 0;  // and since this try of an application
    std::uint32_t misses = 0;      // how often in a row its attempts had to leave the lane
    Who who;
    std::uint64_t rounds = 0;
    // Whether the alternative comes first, this round, that was taken longest ago. So it is in one
    // of four, the first time in the fourth; and in one of four of those in which it stands at one
    // place, whatever it does between them: multiples of the golden ratio are spread evenly however
    // many of them are left out each time.
    bool is_fair_turn() const { return rounds * 0x9E3779B97F4A7C15u >> 62 == 3; }
    std::unique_ptr<Choice> choice;
    std::uint64_t stamp = 0;     // grows with every attempt in the lane that is not single
    machine::Entrance entrance;  // to the block of the attempt in the lane; not if native

    machine::PortHandle asked_port = 0;  // `fires`
    // In a row, up to the last one. None: it is not known where they began either.
    std::uint64_t silent_rounds = 0;
    std::unique_ptr<Attempt> attempt;           // in the general way
    std::unique_ptr<machine::Request> brought;  // what it needs; it has just come back
    std::unique_ptr<Body> native_begin;         // where its attempt in the lane begins
    // A put or a get in the lane, where steps with other sites are.
    struct Action {
        ChannelIndex channel = 0;
        bool puts = false;
        friend bool operator==(const Action&, const Action&) = default;
    };
    std::vector<machine::PortHandle> ports;
    Rare<Action> actions;
    Rare<machine::PortHandle> used;  // in the lane, where `fires` may ask
    Rare<Node::Promise> promises;    // in the lane
    Rare<std::string> printed;       // in the lane

    std::string_view name;
    Span declared;
    std::uint64_t attempts = 0;
    std::uint64_t withholds_from = 0;     // a round; see withholding.cpp
    std::uint64_t withholding_pause = 0;  // rounds
    // Where the silent ones began; of very many some.
    std::vector<std::unique_ptr<Body>> silent_from;
    std::unique_ptr<Body> idles_from;  // see Runtime::idles()
    // Path → round. Of one that has taken the general way.
    using LastUsed = std::map<std::vector<std::uint32_t>, std::uint64_t>;
    std::unique_ptr<LastUsed> last_used;

    // The round in which it last took this path; 0: not that it knew.
    std::uint64_t last_use(const std::vector<std::uint32_t>& path) const {
        if (!last_used) return 0;
        const auto found = last_used->find(path);
        return found == last_used->end() ? 0 : found->second;
    }

    machine::State& state() { return static_cast<ProgramBody&>(*body).state(); }
    const machine::State& state() const { return static_cast<const ProgramBody&>(*body).state(); }
    [[gnu::always_inline]] void give(machine::Value&& message) {
        if (is_native) return body->got(std::move(message));
        state().got(std::move(message));
    }
    [[gnu::always_inline]] void give(std::uint64_t word) {
        if (takes_number) {
            seat->number = word;
            return;
        }
        if (is_native) return body->got(machine::Value::scalar(word));
        state().got_word(word);
    }
    void forget_uses() {
        used.clear();
        promises.clear();
    }
    bool waits_at(ChannelIndex channel) const {
        return waits == Wait::message && waits_on == channel;
    }
    // A coroutine that waits there for a number and no more, in no region.
    bool waits_alone_at(ChannelIndex channel) const {
        return is_native_waiting(Wait::message) && waits_on == channel && gets_alone();
    }
    bool waits_in_round() const { return phase == Phase::in_lane || phase == Phase::in_sync; }
    bool chooses() const { return waits == Wait::fork || waits == Wait::fires; }
};

}  // namespace reowolf::runtime
