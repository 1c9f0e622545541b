// SPDX-License-Identifier: MIT
// The world of programs that only take time: an error ends the benchmark.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "runtime/runtime.hpp"

namespace reowolf::bench {

class Nobody final : public runtime::LocalWorld {
  public:
    void print(std::string_view) override {}
    void report(const runtime::Report& report) override {
        fmt::print(stderr, "{}\n", report.message);
        std::exit(1);
    }
};

}  // namespace reowolf::bench
