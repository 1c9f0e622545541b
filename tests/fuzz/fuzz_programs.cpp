// SPDX-License-Identifier: MIT
// libFuzzer: texts that are close to programs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "fuzz/program_text.hpp"
#include "fuzz/trial.hpp"

// NOLINTBEGIN(readability-identifier-naming): libFuzzer calls them by these names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reowolf::fuzz::try_text({reinterpret_cast<const char*>(data), size});
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
    reowolf::Random random(seed);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string changed = size < 20 || random.chance(10)
                                    ? reowolf::fuzz::make_program(random)
                                    : reowolf::fuzz::change_program(text, random);
    const std::size_t length = std::min(changed.size(), max_size);
    std::memcpy(data, changed.data(), length);
    return length;
}
// NOLINTEND(readability-identifier-naming)
