// SPDX-License-Identifier: MIT
// What a behaviour that waits for a message will do, whatever the message is. It is run ahead on a
// copy, and every slot that what is not known yet has an influence on is marked. Where the way
// itself depends on such a slot, or an instruction could fail because of one, nothing is certain.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "machine/machine.hpp"

namespace reowolf::machine {

struct ForeseenGet {
    PortHandle port;
    program::TypeId type;
};
struct ForeseenPut {
    PortHandle port;
    program::TypeId type;
    std::optional<Value> value;  // none: it depends on what is not known
};
struct ForeseenEnd {};  // of the synchronous block
using Foreseen = std::variant<ForeseenGet, ForeseenPut, ForeseenEnd>;

class Forecast {
  public:
    // The state waits for the answer to a Get.
    Forecast(const Machine& machine, const program::Program& program, State state,
             const Limits& limits);

    // The answer to the Get: none if it is not known.
    void got(std::optional<Value> message);
    // Nothing: it is not certain.
    std::optional<Foreseen> next();

  private:
    const program::Instruction& instruction() const;
    bool reads_unknown(const program::Instruction& instruction) const;
    void mark_results(const program::Instruction& instruction, bool unknown);
    bool is_printable(const program::Instruction& instruction) const;

    const Machine* machine_;
    const program::Program* program_;
    State state_;
    std::uint32_t budget_;
    std::vector<bool> unknown_;  // by slot
};

}  // namespace reowolf::machine
