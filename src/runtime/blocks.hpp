// SPDX-License-Identifier: MIT
// What can be seen of sync blocks in the program's code, found when first asked for: what an
// attempt must keep to be able to go back to its begin, and what each alternative of a fork does
// first.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "machine/machine.hpp"
#include "program/program.hpp"

namespace reowolf::runtime {

struct SyncBlock {
    // The slots that matter at its begin and that it may change.
    std::vector<std::uint32_t> words;
    std::vector<std::uint32_t> references;
    bool asks_fires = false;
};

// The port that an alternative uses first.
struct Guard {
    enum class Kind : std::uint8_t {
        get,
        put,
        unknown,  // that cannot be seen, or it may use none
    };
    Kind kind = Kind::unknown;
    bool in_array = false;
    bool may_fail = false;  // before it comes there
    std::uint32_t slot = 0;
    std::uint64_t element = 0;  // if in_array
    std::uint32_t pc = 0;

    // Nothing: the array is too short.
    std::optional<machine::PortHandle> port(const machine::Slot* frame) const;
};

struct ForkSite {
    std::vector<Guard> guards;
    // Each alternative begins with a get, so whoever waits at all of them has missed nothing.
    bool is_open_choice = false;
    bool has_unknown = false;
};

class Blocks {
  public:
    explicit Blocks(const program::Program& program);

    // `pc`: of the instruction sync_begin, or fork.
    const SyncBlock& sync_at(program::RoutineId routine, std::uint32_t pc);
    const ForkSite& fork_at(program::RoutineId routine, std::uint32_t pc);

  private:
    struct Place {
        const SyncBlock* sync = nullptr;
        const ForkSite* fork = nullptr;
    };
    Place& place(program::RoutineId routine, std::uint32_t pc);

    const program::Program* program_;
    std::vector<std::vector<Place>> places_;  // by routine and instruction
    std::deque<SyncBlock> syncs_;
    std::deque<ForkSite> forks_;
};

}  // namespace reowolf::runtime
