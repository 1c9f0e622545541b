// SPDX-License-Identifier: MIT
// A component and its present attempt.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/body.hpp"
#include "runtime/channel.hpp"

namespace reowolf::runtime {

// Why a behaviour came to nothing.
struct Discard {
    enum class Cause { assertion, error, put_on_closed, get_from_closed, broken_promise };
    Cause cause = Cause::assertion;
    std::string text;
    Span where;
    std::vector<TraceLine> trace;
};

// A stretch of a behaviour between two decisions.
struct Node {
    enum class Phase { runnable, waiting, complete, split, discarded, dropped };
    struct Put {
        ChannelIndex channel;
        std::uint32_t index;
        Span where;
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
    bool news = true;  // nothing that only repeats what was led to it
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

struct Attempt {
    wire::AttemptId id;
    std::deque<Node> nodes;  // by NodeId
    std::deque<wire::NodeId> runnable;
    std::map<ChannelIndex, std::vector<wire::NodeId>> waiting;
    std::vector<wire::NodeId> silent;  // complete, using no port; offered when all is quiet
    std::uint32_t live = 0;
    std::size_t dropped = 0;  // nodes that others took back
    // It stands where its component's last, silent round began: its silent behaviours wait until
    // something at its ports changes.
    bool patient = false;
    bool repeats = false;  // began patient: what it offers is no news
    bool prefers_least_used = false;
    bool reported_stuck = false;

    bool is_settled() const { return runnable.empty(); }
};

struct Component {
    enum class Phase { running, in_sync, idle, ended };

    std::string name;
    Span declared;
    bool is_native = false;
    Phase phase = Phase::running;
    bool queued = false;
    std::unique_ptr<Body> body;  // while running or idle; in a sync block: where that begins
    std::vector<machine::PortHandle> ports;
    std::optional<Attempt> attempt;
    std::uint64_t attempts = 0;
    std::uint32_t renewals = 0;  // of attempts since the last round
    bool is_overloaded = false;  // has more live behaviours than allowed

    std::uint64_t silent_rounds = 0;    // in a row, up to the last one
    std::unique_ptr<Body> silent_from;  // where one of them began
    std::uint64_t rounds = 0;
    std::map<std::vector<std::uint32_t>, std::uint64_t> last_used;  // path → round
};

}  // namespace reowolf::runtime
