// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as choices of calls of the C interface.
#include <cstddef>
#include <cstdint>

#include "calls.hpp"

// libFuzzer calls it by this name: NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reowolf::fuzz::try_calls({data, size});
    return 0;
}
