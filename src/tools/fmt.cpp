// SPDX-License-Identifier: MIT
// reowolf fmt: the canonical layout.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "diagnostics/diagnostics.hpp"
#include "syntax/format.hpp"
#include "tools/commands.hpp"
#include "tools/compile_file.hpp"
#include "tools/read_source.hpp"

namespace reowolf::tools {
namespace {

struct Options {
    std::vector<std::string> files;
    bool check = false;
    bool to_output = false;
};

// All of it or nothing: first into a file beside it, which then takes its place.
bool write_file(const std::string& path, std::string_view text) {
    std::error_code error;
    // What a link points to is written, not the link.
    const auto target = std::filesystem::canonical(path, error);
    const auto beside = std::filesystem::path(target.string() + ".new");
    std::ofstream file;
    if (!error) {
        errno = 0;
        file.open(beside, std::ios::binary | std::ios::trunc);
        file << text;
        file.close();
        if (!file) error = std::error_code(errno, std::generic_category());
    }
    if (!error) {
        std::filesystem::permissions(beside, std::filesystem::status(target).permissions(), error);
    }
    if (!error) std::filesystem::rename(beside, target, error);
    if (!error) return true;
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);
    complain(fmt::format("cannot write {}: {}", path, error.message()));
    return false;
}

int format(const std::string& path, const Options& options) {
    const Limits limits;
    auto text = read_source(path);
    if (!text) return 2;
    diagnostics::Sources sources;
    diagnostics::Diagnostics diagnostics(limits);
    const std::uint32_t source = sources.add(path, std::move(*text));
    const auto formatted = syntax::format(sources, source, diagnostics, limits);
    if (!formatted) {
        show(sources, diagnostics);
        return 2;
    }
    const bool changes = *formatted != sources.text(source);
    if (options.check) {
        if (changes) fmt::print("{}\n", path);
        return changes ? 1 : 0;
    }
    if (options.to_output || path == "-") {
        return std::fwrite(formatted->data(), 1, formatted->size(), stdout) == formatted->size()
                   ? 0
                   : 1;
    }
    return !changes || write_file(path, *formatted) ? 0 : 1;
}

}  // namespace

void add_fmt(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("fmt", "give PDL files the canonical layout");
    command->add_option("FILE", options->files, "PDL files, changed in place; - for a filter")
        ->required()
        ->type_name("");
    command->add_flag("--check", options->check,
                      "change nothing; name the files that would change, with status 1");
    command->add_flag("--stdout", options->to_output, "write to standard output instead");
    add_diagnostics_option(*command);
    command->callback([options, &status] {
        for (const std::string& path : options->files) {
            status = std::max(status, format(path, *options));
        }
    });
}

}  // namespace reowolf::tools
