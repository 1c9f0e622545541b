// SPDX-License-Identifier: MIT
// The ports that a value holds.
#pragma once

#include <cstdint>
#include <vector>

#include "machine/value.hpp"
#include "program/program.hpp"

namespace reowolf::machine {

class PortFinder {
  public:
    explicit PortFinder(const program::Program& program);

    // Whether a value of the type can have a port in it.
    bool can_hold(program::TypeId type) const { return can_hold_[type]; }
    // Adds the handles of all ports in the value, at any depth, in the order in which they lie
    // there.
    void append(program::TypeId type, const Value& value, std::vector<std::uint64_t>& ports) const;

  private:
    const program::Program* program_;
    std::vector<bool> can_hold_;  // by type
};

}  // namespace reowolf::machine
