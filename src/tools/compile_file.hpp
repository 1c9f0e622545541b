// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/source.hpp"
#include "program/program.hpp"
#include "tools/reporting.hpp"

namespace reowolf::tools {

struct CompiledFile {
    diagnostics::Sources sources;
    std::uint32_t source = 0;
    program::Program program;
};

// Compiles a file ("-" for standard input) and says on standard error what is wrong with it. Null
// if there is an error.
std::unique_ptr<CompiledFile> compile_file(const std::string& path,
                                           const std::vector<std::string>& folders,
                                           const Limits& limits);

// What a stage of the compiler makes of a file that was read, as text; nothing if it was not
// reached.
std::optional<std::string> dump(const std::string& stage, diagnostics::Sources& sources,
                                std::uint32_t source, diagnostics::Diagnostics& diagnostics,
                                const Limits& limits, const compiler::Resolver& resolver);
// The stages that --dump knows.
const std::vector<std::string>& stages();
// Shows a stage on standard output, and on standard error what is wrong: the exit status.
int dump_file(const std::string& stage, const std::string& path,
              const std::vector<std::string>& folders, const Limits& limits);

}  // namespace reowolf::tools
