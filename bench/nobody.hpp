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

class Nobody final : public runtime::World {
  public:
    void print(std::string_view) override {}
    void report(const runtime::Report& report) override {
        fmt::print(stderr, "{}\n", report.message);
        std::exit(1);
    }
    void send(wire::SiteId, const wire::Message&) override {}
    void committed(const wire::Decision&) override {}
    void deviation(wire::SiteId, const std::string&) override {}
    void application_committed(std::unique_ptr<runtime::Body>) override {}
    void application_failed(wire::Reason, const std::string&) override {}
    void application_in_doubt(const std::string&) override {}
};

}  // namespace reowolf::bench
