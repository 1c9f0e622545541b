// SPDX-License-Identifier: MIT
// A part of a program that nothing else has to do with, or several such parts, before they begin:
// any runtime of the program can have it. Only composites connect components, so that when they
// have ended, what is not connected will never be.
#pragma once

#include <cstddef>
#include <vector>

#include "machine/value.hpp"
#include "program/program.hpp"
#include "runtime/naming.hpp"

namespace reowolf::runtime {

struct Island {
    struct Channel {
        program::TypeId type = 0;
        bool is_out_closed = false;
        bool is_in_closed = false;
    };
    struct Component {
        std::size_t number = 0;  // in the order in which those of all islands were made
        Who who;
        program::RoutineId routine = 0;
        std::vector<machine::Value> arguments;  // a port is port_of() the place of its channel here
    };

    std::vector<Channel> channels;
    std::vector<Component> components;  // by their numbers
};

}  // namespace reowolf::runtime
