// SPDX-License-Identifier: MIT
// Messages over TCP; frame.hpp has the bytes.
#pragma once

#include <memory>
#include <string>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "post/loop.hpp"
#include "post/transport.hpp"

namespace reowolf::post {

// A name given to listen() is resolved at once, which may take as long as the resolver takes.
std::unique_ptr<Transport> make_tcp_transport(RealLoop& loop, const Limits& limits);
// `name_servers`: who knows names without ports, if not those of the system; `random`: for lots
// among their places. See names.hpp.
std::unique_ptr<Transport> make_tcp_transport(RealLoop& loop, const Limits& limits,
                                              std::string name_servers, Random random);

}  // namespace reowolf::post
