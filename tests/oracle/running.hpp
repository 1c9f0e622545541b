// SPDX-License-Identifier: MIT
// One program in this thread, for tests that look at what it does and what it costs.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::oracle {

class Running final : public runtime::LocalWorld {
  public:
    explicit Running(const std::string& text, const Limits& limits = {}) : limits_(limits) {
        diagnostics::Sources sources;
        diagnostics::Diagnostics diagnostics;
        const auto source = sources.add("program", text);
        auto compiled = compiler::compile(sources, source, diagnostics, limits_);
        if (!compiled) throw std::runtime_error(render(sources, diagnostics.all().at(0)));
        program_ = std::move(*compiled);
        runtime_ = std::make_unique<runtime::Runtime>(
            program_, limits_, runtime::Place{.self = 0, .sites = {"here"}, .realtime = {}}, *this);
    }

    void print(std::string_view line) override { printed.emplace_back(line); }
    void report(const runtime::Report& report) override { reports.push_back(report.message); }

    const program::Program& program() const { return program_; }
    runtime::Runtime& runtime() { return *runtime_; }
    void start(std::string_view name, std::vector<machine::Value> arguments) {
        runtime_->start(*program_.find(name), std::move(arguments));
    }
    void run_to_rest() {
        while (runtime_->step()) {
        }
    }

    std::vector<std::string> printed;
    std::vector<std::string> reports;

  private:
    Limits limits_;
    program::Program program_;
    std::unique_ptr<runtime::Runtime> runtime_;
};

}  // namespace reowolf::oracle
