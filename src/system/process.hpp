// SPDX-License-Identifier: MIT
// Names of processes that others on the same host can ask after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace reowolf::system {

// Identifies this run of this host. Empty where the system does not tell.
std::string boot();

// Of the environment; empty if it is not set.
std::string variable(const char* name);

// What this process was started as, without its folders.
std::string program_name();

// How many processors the calling thread may run on.
unsigned usable_cores();

// This process, on this run of this host. Empty where the system does not tell.
std::vector<std::byte> this_process();

// Whether the process of that name runs. None: it is on another host, or in a place of this one
// that cannot be seen from here, or what was given is no name.
std::optional<bool> is_alive(std::span<const std::byte> process);

// Whether a process that can be seen from here has that number, and has not ended yet.
bool is_running(std::uint64_t number);

}  // namespace reowolf::system
