// SPDX-License-Identifier: MIT
// Every limit of the implementation has its name and its value here. They are passed as a value,
// so that a test can run with tiny ones.
#pragma once

#include <cstddef>
#include <cstdint>

namespace reowolf {

struct Limits {
    // Language: what a description, which may come from a stranger, can make the compiler do.
    std::size_t source_bytes_max = 16u << 20;
    std::uint32_t nesting_max = 256;
    std::uint32_t syntax_nodes_max = 1'000'000;
    std::uint32_t diagnostics_max = 100;
    std::uint32_t instances_max = 1'000;  // of generic definitions
    std::uint32_t type_slots_max = 1'000;
    std::uint32_t type_nesting_max = 100;
    std::uint32_t variants_max = 65'536;  // of an enum or a union
    std::uint32_t modules_max = 200;
    std::uint32_t constant_steps_max = 20'000'000;            // of one constant
    std::uint32_t constants_steps_max = 50'000'000;           // of all together
    std::size_t constant_memory_max = std::size_t{64} << 20;  // while one is computed
    std::size_t constants_bytes_max = std::size_t{16} << 20;  // of all their values

    // Execution of one component.
    std::uint32_t call_depth_max = 1'000;
    std::size_t frame_bytes_max = 1u << 20;
    std::size_t value_bytes_max = std::size_t{256} << 20;
    std::uint32_t value_nesting_max = 4'000;
    std::uint32_t live_behaviours_max = 65'536;
    std::size_t block_bytes_max = std::size_t{1} << 30;  // while a sync block is not decided
    std::uint32_t instructions_per_slice = 20'000;
    std::uint32_t instructions_before_workers = 4'000;  // at a time; for less, handing over is dear
    std::uint32_t components_max = 1u << 20;
    std::uint32_t channels_max = 1u << 22;
    std::uint32_t closed_ports_kept_max = 1'024;  // of those that came to an application
    std::uint32_t alternatives_max = 1'024;       // that an application prepares for one round

    // Between sites.
    std::size_t message_value_bytes_max = std::size_t{64} << 20;
    std::size_t frame_bytes_on_wire_max = (std::size_t{64} << 20) + (1u << 20);
    std::size_t gathered_bytes_max = std::size_t{4} << 20;  // to be sent, before others have a turn
    std::uint32_t sites_max = 256;
    std::uint32_t pending_handshakes_max = 64;
    std::int64_t handshake_patience_ms = 10'000;
    std::int64_t single_try_ms = 2'000;     // of connecting, with those who do not answer
    std::uint32_t places_of_name_max = 16;  // that a name server may make us try
    std::int64_t silence_patience_ms = 10'000;
    std::int64_t heartbeat_ms = 1'000;
    std::int64_t farewell_patience_ms = 400;  // who leaves, with those who do not answer

    // Associations. How long one waits for another connection when it has none, and how long if
    // nobody listens where the other side was.
    std::int64_t association_patience_ms = 60'000;
    std::int64_t refusal_patience_ms = 3'000;
    std::int64_t redial_patience_ms = 3'000;  // then an attempt begins anew
    std::int64_t redial_delay_max_ms = 500;
    std::size_t unacknowledged_bytes_max = std::size_t{4} << 20;
    std::size_t carrier_window_bytes = std::size_t{1} << 20;
    std::uint32_t carriers_max = 1'024;
};

}  // namespace reowolf
