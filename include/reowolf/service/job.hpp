// SPDX-License-Identifier: MIT
// What a scheduler runs. Part of <reowolf/service.hpp>; nothing here is for programs to use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace reowolf::service {

// Something that is run once each time it is started. It is part of what it works on, so that
// starting allocates nothing; until it runs it must stay, and must not be started again.
struct Job {
    using Run = void (*)(Job&);

    Run run = nullptr;
    Job* next = nullptr;
    // How long it may take, if that is known: what is dear is worth waking another worker.
    std::uint32_t expected_ns = 0;
};

// A job that is started at its time.
struct Timer : Job {
    static constexpr std::uint32_t idle = 0xFFFF'FFFF;

    std::int64_t due_ns = 0;
    std::uint64_t number = 0;  // those for the same time come in the order of their setting
    std::uint32_t place = idle;
    std::uint32_t shard = 0;
};

}  // namespace reowolf::service
