// SPDX-License-Identifier: MIT
// What somebody is told who watches a runtime, to write a trace for example. When nobody does, it
// costs a test of a pointer where something would be told.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/span.hpp"
#include "machine/machine.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"
#include "runtime/channel.hpp"

namespace reowolf::runtime {

// A round with components of this site. The names are good until the call returns.
struct WatchedRound {
    // An alternative of a fork or select, counted from 0; of `fires`: 0 if the port does.
    struct Choice {
        std::uint32_t alternative = 0;
        Span where;  // where the alternative begins
    };
    struct Member {
        ComponentIndex component = 0;
        std::string_view name;
        bool is_native = false;
        Span where;  // its synchronous block
        std::vector<Choice> choices;
    };
    // What went over one channel. An end is of a member, or at another site: then it has no name.
    struct Flow {
        struct End {
            bool here = true;
            ComponentIndex component = 0;
            std::string_view component_name;
            std::string_view port;      // what the component calls it, if that is known
            std::string_view got_from;  // else the port through which it came, if it did
        };
        ChannelIndex channel = 0;
        program::TypeId type = 0;  // of its messages
        End from;
        End to;
        // Those that are known here: another site's messages to itself are not.
        std::vector<machine::Value> values;
    };

    std::uint64_t number = 0;  // at this site, from 1
    std::vector<Member> members;
    std::vector<Flow> flows;
};

// Is called one call at a time, from within the runtime's functions.
class Watcher {
  public:
    virtual ~Watcher() = default;
    virtual void started(ComponentIndex component, std::string_view name) = 0;
    // Before what the round printed appears.
    virtual void committed(const WatchedRound& round) = 0;
};

}  // namespace reowolf::runtime
