// SPDX-License-Identifier: MIT
// Where a component stands: its frames and program counters. A value: copying it is how a
// behaviour splits, dropping it is how one is discarded.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/span.hpp"
#include "machine/slots.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

// The ports in slots are numbers that mean something to the caller only.
using PortHandle = std::uint64_t;

struct Operation;

class State {
  public:
    State() = default;
    // The routine's parameters get the arguments, one each.
    State(const program::Program& program, program::RoutineId routine,
          std::vector<Value> arguments);
    State(const State&);
    State(State&&) noexcept;
    State& operator=(State) noexcept;
    ~State();

    // To compare two states see machine/comparison.hpp.

    // Where it stands now: what the last request or failure was about.
    Span position() const;
    // Innermost first.
    struct TraceEntry {
        program::RoutineId routine;
        Span position;
    };
    std::vector<TraceEntry> trace() const;
    // Number of the instruction it stands at, in its outermost routine; names a sync block.
    std::uint32_t pc() const;
    // What it holds in memory. Of what others hold too, its share.
    std::uint64_t bytes() const;

    // Where it stands in its outermost routine: at the last request, if it has made one.
    struct Place {
        program::RoutineId routine;
        std::uint32_t pc;
    };
    Place place() const;
    // The slots of its outermost routine.
    Slot* frame() { return slots_.data(); }
    const Slot* frame() const { return slots_.data(); }
    // Goes back to where it had just asked to begin the sync block at `pc`, whatever has become of
    // it since. The slots stay as they are: those that matter there are the caller's business.
    void go_back(std::uint32_t pc);

    // The sync block has happened before its end is reached: what is left of it is run without
    // asking. After a get or put that closes it.
    void leave_sync() { in_sync_ = false; }

    // Answers to requests. Each may be called once, after the request of that name.
    [[gnu::always_inline]] void got(Value&& message) {
        if (!awaits_word()) return got_other(std::move(message));
        place_word(message.bits());
    }
    // The same, of a number or port.
    [[gnu::always_inline]] void got_word(std::uint64_t word) {
        if (!awaits_word()) return got_other(Value::scalar(word));
        place_word(word);
    }
    // Whether the machine knows where the number or port goes that it waits for.
    bool awaits_word() const { return word_slot_ != no_slot; }
    [[gnu::always_inline]] void place_word(std::uint64_t word) {
        assert(phase_ == Phase::waiting);
        slots_.data()[word_slot_].bits = word;
        word_slot_ = no_slot;
        phase_ = Phase::running;
        ++top_.pc;
    }
    void chose(std::uint32_t index);  // of a fork: 0 <= index < count
    void fires(bool yes);
    void made(PortHandle out, PortHandle in);  // of make_channel
    // Of make_channel: the names of the ends.
    std::pair<std::string_view, std::string_view> channel_names() const;

  private:
    static constexpr std::uint32_t no_slot = 0xFFFF'FFFF;

    friend class Machine;
    friend class StateComparison;
    friend class Forecast;

    struct Call {
        program::RoutineId routine = 0;
        std::uint32_t pc = 0;           // while it calls another: of the call
        std::uint32_t base = 0;         // of its frame in slots_
        std::uint32_t result_slot = 0;  // of the caller's frame
    };
    enum class Phase : std::uint8_t {
        running,   // the instruction at pc is the next
        passing,   // the instruction at pc has made its request and is done
        waiting,   // it waits for the answer to its request
        finished,  // nothing comes any more
    };

    void got_other(Value message);
    const program::Instruction& answered(program::Opcode opcode);
    Slot& slot(std::uint32_t number) { return slots_.data()[top_.base + number]; }
    std::size_t depth() const { return callers_.size() + 1; }
    // 0 is the outermost.
    const Call& call(std::size_t level) const {
        return level < callers_.size() ? callers_[level] : top_;
    }
    template <typename Visit>
    void for_each_reference(Visit visit) const;

    const program::Program* program_ = nullptr;
    Phase phase_ = Phase::finished;
    bool in_sync_ = false;
    std::uint32_t word_slot_ = no_slot;  // where a number that it waits for goes
    // Where the machine goes on if nothing but that number comes meanwhile. Null: where `top_`
    // says.
    const Operation* onward_ = nullptr;
    Call top_;                   // what runs
    std::vector<Call> callers_;  // outermost first; none while the world is asked for something
    Slots slots_;                // the frames, outermost first
};

}  // namespace reowolf::machine
