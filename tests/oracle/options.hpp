// SPDX-License-Identifier: MIT
// What can be asked of these tests from the environment.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace reowolf::oracle {

struct Options {
    // ORACLE_SEEDS: how many; ORACLE_FIRST_SEED: from where on; ORACLE_SITES: at most so many.
    std::uint64_t first_seed = number("ORACLE_FIRST_SEED", 1);
    std::uint64_t sites = number("ORACLE_SITES", 4);

    static std::uint64_t seeds(std::uint64_t usual) { return number("ORACLE_SEEDS", usual); }

  private:
    static std::uint64_t number(const char* name, std::uint64_t usual) {
        const char* const value = std::getenv(name);
        return value ? std::stoull(value) : usual;
    }
};

}  // namespace reowolf::oracle
