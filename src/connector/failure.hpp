// SPDX-License-Identifier: MIT
// What can go wrong with a connector, as a value.
#pragma once

#include <string>

namespace reowolf::connector {

enum class Fault {
    bad_argument,       // malformed argument or description
    bad_description,    // the description does not compile
    no_such_port,       // not declared
    not_your_port,      // another peer's
    not_allowed,        // wrong direction, or wrong class for the call
    bad_size,           // does not fit the port's type, or too large
    not_connected,      // not configured or not connected
    already_connected,  // already
    address_in_use,     // establishing, here and below
    address_not_available,
    unreachable,
    refused,
    disagreement,  // the peers cannot agree on a protocol
    timed_out,
    unsatisfiable,    // no behaviour fits
    deviated,         // a peer deviated from the protocol
    peer_gone,        // a peer has closed or died, nothing was in doubt
    peer_left,        // so too; it had left in order, and without it nothing fits
    unknown_outcome,  // the connection was lost while the outcome was open
    busy,             // another thread is in a call
    resources,
};

struct Failure {
    Fault fault = Fault::bad_argument;
    std::string text;  // for people; may have several lines
};

}  // namespace reowolf::connector
