// SPDX-License-Identifier: MIT
// The limits of the service network, beside those of what it is built on.
#pragma once

#include "base/limits.hpp"

namespace reowolf {

struct ServiceLimits : Limits {
    std::uint32_t worker_threads_max = 512;      // with those that wait
    std::uint32_t service_queue_max = 1u << 16;  // requests that wait for one provider
    std::uint32_t service_hops_max = 1'000'000;  // unless a request says otherwise
    std::uint32_t service_edges_max = 64;        // between processes, on the way of a request
    std::uint32_t services_from_elsewhere_max = 65'536;  // descriptions, from one other process
    std::size_t service_name_bytes_max = 255;
    std::size_t service_types_bytes_max = 4'096;
    std::uint32_t requests_from_elsewhere_max = 1u << 16;  // unanswered, from one other process
    std::size_t service_link_bytes_max = std::size_t{64} << 20;  // queued for one other process
    std::int64_t service_redial_ms = 500;  // after a parent was not there, or was lost
};

}  // namespace reowolf
