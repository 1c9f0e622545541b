// SPDX-License-Identifier: MIT
// Code of a component that somebody else runs while the runtime goes on with other components:
// until it needs the world, or is taken back.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/span.hpp"
#include "machine/machine.hpp"
#include "runtime/channel.hpp"
#include "wire/ids.hpp"

namespace reowolf::runtime {

// Whoever runs it has the state to itself meanwhile.
class Errand {
  public:
    // Of a behaviour in the general way, or of what a component does outside of that. So many
    // instructions have been run already.
    Errand(const machine::Machine& machine, machine::State& state, ComponentIndex its_component,
           std::optional<wire::NodeId> its_behaviour, std::uint64_t instructions)
        : component(its_component),
          behaviour(its_behaviour),
          left_at(state.position()),
          machine_(&machine),
          state_(&state),
          instructions_(instructions) {}

    const ComponentIndex component;
    const std::optional<wire::NodeId> behaviour;
    const Span left_at;  // where the state was

    // So many instructions, about. True: it is over, for the world is needed.
    bool run(std::uint32_t instructions) {
        std::uint32_t budget = instructions;
        request_ = machine_->run(*state_, budget);
        instructions_ += instructions - budget;
        return request_.kind != machine::Request::Kind::budget_used;
    }

    // What it needs, when it is over.
    machine::Request take_request() { return std::move(request_); }
    // That have been run.
    std::uint64_t instructions() const { return instructions_; }

    // For the workers alone: where it is at present.
    enum class Where : std::uint8_t { nowhere, waiting, running, returned };
    Where where = Where::nowhere;
    Errand* before = nullptr;
    Errand* after = nullptr;

  private:
    const machine::Machine* machine_;
    machine::State* state_;
    machine::Request request_;
    std::uint64_t instructions_;
};

// Those who run errands for one runtime. All functions are for the runtime's thread; errands are
// run in any. None may be left when it goes.
class Workers {
  public:
    virtual ~Workers() = default;

    // Must be neither moved nor destroyed until it has returned or was taken back.
    virtual void give(Errand& errand) = 0;
    // One that is over. Null: none is, at present.
    virtual Errand* take_returned() = 0;
    // Wherever it is, nobody runs it any more afterwards. It may have got further, or be over; then
    // what it needs is of no interest.
    virtual void take_back(Errand& errand) = 0;

    // The runtime has nothing else to do: runs a part of what waits to be run, or looks for a while
    // whether something returns. False: nothing to do now; on_return will be called when there is.
    virtual bool help() = 0;

    // Nobody runs anything until go_on(): what machines read of the program can be changed.
    virtual void pause() = 0;
    virtual void go_on() = 0;
};

}  // namespace reowolf::runtime
