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
#include "machine/request.hpp"
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
    // The first channels are those of the peers' ports, in order, then those of the links; then as
    // they are made.
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

// What the structure is computed from: a connector that one text describes, or several texts
// together, each a part of it.
struct Plan {
    // The body of a text.
    struct Body {
        program::RoutineId routine = 0;
        std::vector<wire::SiteId> peers;             // by their numbers in the text
        std::vector<machine::PortHandle> arguments;  // of its peers' ports, then of its links
        wire::SiteId home = 0;  // where a component is placed that reaches no port of a peer
    };
    std::vector<std::vector<Structure::Port>> ports;  // by site
    std::vector<program::TypeId> links;               // of their messages
    std::vector<Body> bodies;
};

// Of a program that describes a connector by itself. What its links lead to is left open.
Plan plan_of(const program::Program& program);
// The ports of a peer, with their channels counted from `first_channel`.
std::vector<Structure::Port> ports_of(const program::Program& program, const program::Peer& peer,
                                      std::uint32_t first_channel);
// The end that a body has of a channel whose port it declares so.
machine::PortHandle end_inside(const program::Program& program, program::TypeId port,
                               std::uint32_t channel);

// Runs the bodies, in order.
std::expected<Structure, StructureError> elaborate(const program::Program& program,
                                                   const Plan& plan, const Limits& limits);

}  // namespace reowolf::connector
