// SPDX-License-Identifier: MIT
// What a runtime tells, for tests to look at.
#pragma once

#include <string>
#include <vector>

#include <reowolf/runtime.hpp>

namespace reowolf {

struct Told {
    std::vector<std::string> lines;
    std::vector<Report> reports;

    // With virtual time, so that no test waits.
    Runtime::Options options(std::uint64_t seed = 1) {
        Runtime::Options options;
        options.seed = seed;
        options.print = [this](const std::string& line) { lines.push_back(line); };
        options.report = [this](const Report& report) { reports.push_back(report); };
        options.virtual_time = true;
        return options;
    }
};

}  // namespace reowolf
