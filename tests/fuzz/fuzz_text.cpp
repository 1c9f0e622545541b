// SPDX-License-Identifier: MIT
// libFuzzer: any bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/trial.hpp"

// libFuzzer calls it by this name: NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reowolf::fuzz::try_text({reinterpret_cast<const char*>(data), size});
    return 0;
}
