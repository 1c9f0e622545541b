// SPDX-License-Identifier: MIT
// What a connector consists of, computed from its description: the same at every peer.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/span.hpp"
#include "machine/value.hpp"
#include "program/program.hpp"
#include "wire/ids.hpp"

namespace reowolf::connector {

struct Structure {
    // One end of a channel: at a peer's application, or at a component, or at nobody.
    struct End {
        enum class Kind { nobody, application, component };
        Kind kind = Kind::nobody;
        wire::SiteId site = 0;
        std::uint32_t component = 0;  // index into components
    };
    // The first channels are those of the peers' ports, in order; then as they are made.
    struct Channel {
        program::TypeId type = 0;  // of its messages
        End out;
        End in;
    };
    struct Component {
        program::RoutineId routine = 0;
        wire::SiteId site = 0;
        std::vector<machine::Value> arguments;  // ports are handles: 2 * channel + (in ? 1 : 0)
    };
    struct Port {
        std::string name;
        program::TypeId type = 0;  // of its messages
        bool puts = false;         // whether the application puts into it
        std::uint32_t channel = 0;
    };

    std::vector<Channel> channels;
    std::vector<Component> components;
    std::vector<std::vector<Port>> ports;  // by site
};

// A failure while the connector's body computes the structure.
struct StructureError {
    std::string message;
    Span where;
};

// Runs the body of the program's connector. The program must have one.
std::expected<Structure, StructureError> elaborate(const program::Program& program,
                                                   const Limits& limits);

}  // namespace reowolf::connector
