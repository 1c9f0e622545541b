// SPDX-License-Identifier: MIT
// The port name system: where somebody listens whose address is a name without a port, as DNS has
// it. For the name bob.example.org that is
//
//     _reowolf._tcp.bob.example.org  SRV  priority weight port host
//
// or, where there is no such record, text records of the same name: "at=host:port". The hosts are
// resolved with them, as /etc/hosts and the same servers have them.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "post/address.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// Destroying it abandons it: its callback will not come.
class Lookup {
  public:
    virtual ~Lookup() = default;
};

// Addresses of numbers and ports, in the order in which to try them, and never none.
using Places = std::expected<std::vector<Address>, Error>;

// `servers`: "127.0.0.1:5353,[::1]"; those of the system if that is empty. Asks every time. Lots
// are drawn among places of one priority, as their weights say. The callback comes once, within
// handshake_patience_ms whatever the servers do, and not from within this call.
[[nodiscard]] std::unique_ptr<Lookup> look_up(RealLoop& loop, const Limits& limits,
                                              const std::string& servers, const Address& name,
                                              Random random, std::function<void(Places)> done);

// The same; waits.
Places look_up_now(const Limits& limits, const std::string& servers, const Address& name,
                   Random random);

}  // namespace reowolf::post
