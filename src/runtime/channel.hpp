// SPDX-License-Identifier: MIT
// A channel as one site sees it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/state.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"
#include "rounds/forest.hpp"
#include "wire/ids.hpp"

namespace reowolf::runtime {

struct Component;
using ComponentIndex = std::uint32_t;
using ChannelIndex = std::uint32_t;

// A port handle names an end of a channel, and tells it from ends of earlier channels with the same
// number.
constexpr machine::PortHandle port_of(ChannelIndex channel, bool is_out,
                                      std::uint32_t generation = 0) {
    return (machine::PortHandle{generation} << 33) | (machine::PortHandle{channel} << 1) |
           (is_out ? 0u : 1u);
}
constexpr ChannelIndex channel_of(machine::PortHandle port) {
    return static_cast<ChannelIndex>(port >> 1);
}
constexpr bool is_out(machine::PortHandle port) {
    return port % 2 == 0;
}
constexpr std::uint32_t generation_of(machine::PortHandle port) {
    return static_cast<std::uint32_t>(port >> 33);
}

// A message that some behaviour of an open attempt has put. It is there until that attempt is
// over or the behaviour is discarded, so that whoever comes later can still get it.
struct Offer {
    wire::NodeRef branch;
    rounds::Depends causes;  // the branch and what led to it
    machine::Value value;
    wire::NodeId like = 0;  // the branch of the first of its attempt here that has the same value
    std::uint64_t number = 0;  // ascending
    struct Taker {
        wire::AttemptId attempt;
        wire::NodeId node;
    };
    std::vector<Taker> takers;  // the behaviours here that got it
    bool news = true;           // no attempt that only repeats an earlier one led to it
};

// About what it takes besides the value and its causes.
inline constexpr std::uint64_t offer_bytes = 2 * sizeof(Offer);

// The messages that were put in this round in the lane (lane.cpp) and not got yet. One has its
// place here; more are rare.
class Pending {
  public:
    std::uint32_t size() const { return size_; }
    [[gnu::always_inline]] void push(machine::Value&& value) {
        if (size_ > 0) return push_more(std::move(value));
        size_ = 1;
        first_ = std::move(value);
    }
    [[gnu::always_inline]] void push(std::uint64_t word) {
        if (size_ > 0) return push_more(machine::Value::scalar(word));
        size_ = 1;
        std::construct_at(&first_, machine::Value::scalar(word));  // it held nothing
    }
    [[gnu::always_inline]] void pop(machine::Value& value) {
        value = machine::Value(std::move(first_));
        if (--size_ > 0) advance();
    }
    [[gnu::always_inline]] void pop(std::uint64_t& word) {
        word = first_.bits();
        if (--size_ > 0) advance();
    }
    // Whether the only one there is a number, and it; and a new one, where there was none.
    bool is_number() const { return !first_.is_reference(); }
    [[gnu::always_inline]] std::uint64_t take_number() {
        size_ = 0;
        return first_.bits();
    }
    [[gnu::always_inline]] void place_number(std::uint64_t word) {
        size_ = 1;
        first_.become(word);
    }
    void clear() {
        first_ = {};
        more_.reset();
        next_ = 0;
        size_ = 0;
    }
    // About what they would take in the general way, where nothing is taken out.
    std::uint64_t bytes() const {
        return size_ * offer_bytes + machine::share_of(first_.block()) + (more_ ? more_->bytes : 0);
    }
    // Whether it is that much more than when it was last measured that one should do so again.
    bool has_grown() const {
        return more_ && size_ * offer_bytes + more_->bytes >= more_->measured_at;
    }
    void note_measured() {
        if (more_) more_->measured_at = std::max(More::measured_first, 2 * bytes());
    }

  private:
    struct More {
        static constexpr std::uint64_t measured_first = 1u << 20;

        std::vector<machine::Value> values;
        std::uint64_t bytes = 0;  // of what they refer to
        std::uint64_t measured_at = measured_first;
    };

    [[gnu::noinline]] void push_more(machine::Value&& value);
    [[gnu::noinline]] void advance();

    machine::Value first_;
    std::uint32_t size_ = 0;
    std::uint32_t next_ = 0;      // of more_
    std::unique_ptr<More> more_;  // most channels never have any
};

// Of most channels there are never any, so that those take no room.
class Attempts {
  public:
    bool empty() const { return !attempts_; }
    void add(const wire::AttemptId& attempt) {
        if (!attempts_) attempts_ = std::make_unique<std::set<wire::AttemptId>>();
        attempts_->insert(attempt);
    }
    template <class Predicate>
    void erase_if(Predicate predicate) {
        if (!attempts_) return;
        std::erase_if(*attempts_, predicate);
        if (attempts_->empty()) attempts_.reset();
    }
    void clear() { attempts_.reset(); }

  private:
    std::unique_ptr<std::set<wire::AttemptId>> attempts_;
};

// What most rounds need of it lies in one cache line, and all that rounds need in two more.
struct alignas(64) Channel {
    static constexpr std::uint32_t no_guard = 0xFFFF'FFFF;
    static constexpr std::uint64_t no_key = ~std::uint64_t{0};  // of no handle that there can be

    struct End {
        ComponentIndex owner = 0;  // if here
        bool here = true;
        bool closed = false;
        bool leaves = false;  // here, and given away to another site in the round being committed
        bool has_arrived = false;        // somebody has said so since a message has last named it
        std::uint32_t guard = no_guard;  // the alternative of the owner's last choice that uses it
        std::uint32_t place = 0;         // of the handle among the owner's
        // If not here: where it is, as far as is known. Nobody: on its way.
        wire::SiteId site = 0;
        // While nobody has said that it has arrived: the site to which it went from here.
        wire::SiteId gone_to = wire::nobody;
        // How often it has gone to another site. What is known of it from before is of no use.
        std::uint32_t moves = 0;
        wire::SiteId holder = 0;  // of the authority over the user, when that was last heard
        // The same of where it is while the round is not committed here yet in which it leaves, and
        // as a message says that may bring it back.
        wire::SiteId ahead_site = 0;
        std::uint32_t ahead_moves = 0;
        // What its owner calls it, or the name of the port through which it got it; the program's.
        std::string_view name;
        std::string_view got_from;
        std::optional<wire::AttemptId> user;  // the open attempt that uses it
        // The last round of its owner, of those decided in the general way.
        std::uint64_t used_in = 0;

        std::uint32_t moves_known() const { return std::max(moves, ahead_moves); }
        void note_ahead(wire::SiteId where, std::uint32_t how_often) {
            if (how_often <= moves_known()) return;
            ahead_site = where;
            ahead_moves = how_often;
        }
    };

    Pending pending;
    // By whom an end may be used in the lane, mixed with the numbers of its handle; see
    // note_ends().
    std::uint64_t out_key = no_key;
    std::uint64_t in_key = no_key;
    // The owners of its ends, where there are keys.
    Component* writer = nullptr;
    Component* reader = nullptr;
    std::uint32_t generation = 0;  // how often its number was used before
    bool is_free = false;
    bool carries_ports = false;
    bool to_application = false;  // there; not to a component
    End out;
    End in;
    wire::ChannelId id;
    std::vector<std::vector<Offer>> offers;  // by index within a behaviour's sequence
    // Its name outside, from when one of its ends was first put into a message to another site.
    std::optional<wire::ChannelId> exported;
    program::TypeId type = 0;
    // If it is known only from messages of rounds that are not committed: of which attempts.
    Attempts named_by;

    // To be called when an end has come, gone, been closed or got another owner. There are keys to
    // a channel of which both are here and open, and that has no ports in its messages.
    void note_ends(ChannelIndex number) {
        const bool is_plain = out.here && in.here && !out.closed && !in.closed && !carries_ports;
        out_key = is_plain ? key_of(port_of(number, true, generation), out.owner) : no_key;
        in_key = is_plain ? key_of(port_of(number, false, generation), in.owner) : no_key;
    }
    // What differs for two users, generations or ends of a channel.
    static constexpr std::uint64_t key_of(machine::PortHandle port, ComponentIndex user) {
        return port ^ std::uint64_t{user} << 1;
    }
    // Whether the component may use the end in the lane that the handle is of, which is of no other
    // end.
    bool is_plain_out_for(ComponentIndex user, machine::PortHandle port) const {
        return key_of(port, user) == out_key;
    }
    bool is_plain_in_for(ComponentIndex user, machine::PortHandle port) const {
        return key_of(port, user) == in_key;
    }
    bool is_plain_for(ComponentIndex user, bool is_out, machine::PortHandle port) const {
        return is_out ? is_plain_out_for(user, port) : is_plain_in_for(user, port);
    }

    bool between_sites() const { return !out.here || !in.here; }
    bool is_elsewhere() const { return !out.here && !in.here; }
    // Of one that lies between this site and another.
    wire::SiteId other_site() const { return out.here ? in.site : out.site; }
    End& end(bool is_out) { return is_out ? out : in; }
    const End& end(bool is_out) const { return is_out ? out : in; }
};

// About as many bytes as it takes on the wire.
std::uint64_t size_of(const machine::Value& value);
std::uint64_t bytes_across(std::size_t causes, const machine::Value& value);

}  // namespace reowolf::runtime
