// SPDX-License-Identifier: MIT
// The classes of connectors: how an application takes part in rounds. Peers of one connector may
// be of different classes; each tells the others its own in the handshake.
#pragma once

#include <cstdint>

namespace reowolf::connector {

// As it travels.
enum class Class : std::uint8_t {
    realtime,  // steps together with all others of this class
    logical,   // takes part whenever one of the ports that it offers or polls can fire
    dynamic,   // a logical one that can make ports
};

inline constexpr std::uint8_t class_count = 3;

// Whether its application steps together with others.
constexpr bool steps(Class connector_class) {
    return connector_class == Class::realtime;
}

}  // namespace reowolf::connector
