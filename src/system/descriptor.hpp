// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include <sys/types.h>

namespace reowolf::system {

// Programs that this process starts will not inherit the descriptor: a connection must end with
// the process that holds it.
void close_on_exec(int descriptor);

// Over a connected Unix socket: one byte, and a descriptor that the other process gets a copy of.
// None waits. False: it was not sent.
bool send_descriptor(int socket, int descriptor);
// The caller's to close. None: there was none, or more than one.
std::optional<int> receive_descriptor(int socket);

// Whether the other process at a connected Unix socket belongs to the same user as this one.
bool is_same_user(int socket);

// Whether the other host has everything that was written to the TCP socket. Its program may not
// have read it yet.
bool has_arrived(int socket);

}  // namespace reowolf::system
