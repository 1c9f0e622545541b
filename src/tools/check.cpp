// SPDX-License-Identifier: MIT
// reowolf check: compiles, and says what is wrong.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "connector/description.hpp"
#include "diagnostics/diagnostics.hpp"
#include "tools/commands.hpp"
#include "tools/compile_file.hpp"

namespace reowolf::tools {
namespace {

struct Options {
    std::vector<std::string> files;
    std::vector<std::string> folders;
    std::string dump;
    bool list_diagnostics = false;
    bool tiny_limits = false;
};

// The compiler knows no addresses.
bool has_good_addresses(const CompiledFile& file, const Limits& limits) {
    if (!file.program.connector) return true;
    diagnostics::Diagnostics diagnostics(limits);
    for (const auto& fault : connector::faults_in_addresses(*file.program.connector)) {
        diagnostics.report<diagnostics::Code::wrong_address>(fault.where, fault.message);
    }
    show(file.sources, diagnostics);
    return !diagnostics.has_errors();
}

int check(const Options& options) {
    if (options.list_diagnostics) {
        for (const auto& each : diagnostics::messages) fmt::print("{}\t{}\n", each.name, each.text);
        for (const auto& each : diagnostics::note_messages) {
            fmt::print("{}\t{}\n", each.name, each.text);
        }
        return 0;
    }
    Limits limits;
    if (options.tiny_limits) {
        limits.source_bytes_max = 1'000;
        limits.nesting_max = 16;
        limits.syntax_nodes_max = 60;
        limits.diagnostics_max = 3;
        limits.modules_max = 1;
        limits.variants_max = 3;
        limits.constants_steps_max = 200;
    }
    int status = options.files.empty() ? 2 : 0;
    if (options.files.empty()) complain("no file given");
    for (const std::string& path : options.files) {
        if (!options.dump.empty()) {
            status = std::max(status, dump_file(options.dump, path, options.folders, limits));
            continue;
        }
        const auto file = compile_file(path, options.folders, limits);
        if (!file || !has_good_addresses(*file, limits)) status = 2;
    }
    return status;
}

}  // namespace

void add_check(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("check", "say what is wrong with PDL files");
    command->add_option("FILE", options->files, "PDL files; - for standard input")->type_name("");
    command->add_option("-I", options->folders, "a folder to look for imported modules in")
        ->allow_extra_args(false)
        ->type_name("DIR");
    command->add_option("--dump", options->dump, "show what a stage of the compiler makes of it")
        ->check(CLI::IsMember(stages()))
        ->type_name("STAGE");
    add_diagnostics_option(*command);
    command->add_flag("--list-diagnostics", options->list_diagnostics)->group("");
    command->add_flag("--tiny-limits", options->tiny_limits)->group("");
    command->callback([options, &status] { status = check(*options); });
}

}  // namespace reowolf::tools
