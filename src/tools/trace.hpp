// SPDX-License-Identifier: MIT
// reowolf run --trace: every round, for people or for programs.
#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/source.hpp"
#include "program/program.hpp"
#include "runtime/watching.hpp"

namespace reowolf::tools {

enum class TraceFormat { text, json };

class Trace final : public runtime::Watcher {
  public:
    // "-" is standard error. The error says why the file cannot be written.
    static std::expected<std::unique_ptr<Trace>, std::string> open(
        const std::string& path, TraceFormat format, const program::Program& program,
        const diagnostics::Sources& sources);

    void started(runtime::ComponentIndex component, std::string_view name) override;
    void committed(const runtime::WatchedRound& round) override;

    // False if not everything could be written.
    bool close();

  private:
    struct Close {
        void operator()(std::FILE* file) const {
            if (file != stderr) (void)std::fclose(file);
        }
    };
    using File = std::unique_ptr<std::FILE, Close>;

    Trace(File file, TraceFormat format, const program::Program& program,
          const diagnostics::Sources& sources)
        : file_(std::move(file)), format_(format), program_(program), sources_(sources) {}

    std::string as_text(const runtime::WatchedRound& round) const;
    std::string as_json(const runtime::WatchedRound& round) const;
    std::string name_of(runtime::ComponentIndex component, std::string_view name,
                        bool numbered) const;
    std::string describe(const runtime::WatchedRound::Flow::End& end) const;
    std::string place(Span where) const;

    File file_;
    TraceFormat format_;
    const program::Program& program_;
    const diagnostics::Sources& sources_;
    std::map<std::string, std::uint32_t, std::less<>> started_;  // how many of each name
    std::vector<std::uint32_t> instances_;                       // by component; 0: native
    bool has_failed_ = false;
};

}  // namespace reowolf::tools
