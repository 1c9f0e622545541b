// SPDX-License-Identifier: MIT
// Connections that outlive the connections they are made of: carriers of associations, behind the
// interface of a transport. All its connections are CarrierConnections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/limits.hpp"
#include "post/greeting.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// `inner` makes the connections. `entropy` makes names that nobody can guess. What close() has
// begun goes on as long as this transport lives; a connection can be renewed as long as the
// acceptor lives that it came through, which it does as long as the connection. dial() may take
// twice handshake_patience_ms.
std::unique_ptr<Transport> make_lasting_transport(Loop& loop, const Limits& limits,
                                                  std::unique_ptr<Transport> inner,
                                                  Processes processes,
                                                  std::function<std::uint64_t()> entropy);

// Over TCP, between real processes. Names without ports are known to the name servers in the
// environment variable REOWOLF_NAME_SERVERS; those of the system without it.
std::unique_ptr<Transport> make_lasting_tcp_transport(RealLoop& loop, const Limits& limits);

}  // namespace reowolf::post
