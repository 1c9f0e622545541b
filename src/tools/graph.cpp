// SPDX-License-Identifier: MIT
// reowolf graph: a connector or a component as a picture.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "diagnostics/runtime_error.hpp"
#include "system/filter.hpp"
#include "tools/commands.hpp"
#include "tools/compile_file.hpp"
#include "tools/dot.hpp"
#include "tools/literals.hpp"
#include "tools/network.hpp"

namespace reowolf::tools {
namespace {

struct Options {
    std::string file;
    std::string component;
    std::vector<std::string> arguments;
    std::vector<std::string> folders;
    std::string format;
    std::string output;
};

// The connector, if there is one and nothing else was asked for.
std::expected<std::expected<Network, NetworkError>, std::string> network_in(
    const CompiledFile& file, const Options& options, const Limits& limits) {
    const program::Program& program = file.program;
    const auto& connector = program.connector;
    if (connector && (options.component.empty() || options.component == connector->name)) {
        if (!options.arguments.empty()) {
            return std::unexpected(
                fmt::format("connector '{}' takes no arguments", connector->name));
        }
        return network_of(program, limits);
    }
    const auto component = find_component(
        program, options.component.empty() ? "main" : options.component, options.file);
    if (!component) return std::unexpected(component.error());
    auto arguments = read_arguments(program, program.routines[*component], options.arguments,
                                    limits, [](const auto&, const auto&) { return 0; });
    if (!arguments) return std::unexpected(arguments.error());
    return network_of(program, *component, std::move(*arguments), limits);
}

bool write(const std::string& text, const std::string& path) {
    if (path.empty() || path == "-") {
        return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
               std::fflush(stdout) == 0;
    }
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    return static_cast<bool>(file);
}

// "svg" or "dot"; nothing if the output's name does not say.
std::optional<std::string> format_of(const Options& options) {
    if (!options.format.empty()) return options.format;
    const std::string ending = std::filesystem::path(options.output).extension().string();
    if (ending == ".dot" || ending == ".gv") return "dot";
    if (options.output.empty() || options.output == "-" || ending == ".svg") return "svg";
    return std::nullopt;
}

int graph(const Options& options) {
    const Limits limits;
    const auto format = format_of(options);
    if (!format) {
        complain(fmt::format("the ending of {} is neither .svg nor .dot; --format says what it is",
                             options.output));
        return 2;
    }
    const auto file = compile_file(options.file, options.folders, limits);
    if (!file) return 2;
    const auto network = network_in(*file, options, limits);
    if (!network) {
        complain(network.error());
        return 2;
    }
    if (!*network) {
        show_runtime_error(file->sources, network->error().message, network->error().where, {}, {});
        return 1;
    }
    std::string text = dot_of(**network);
    if (*format == "svg") {
        auto picture = system::filter({"dot", "-Tsvg"}, text);
        if (!picture) {
            complain("the picture is drawn by 'dot', of the package graphviz: " + picture.error());
            return 1;
        }
        text = std::move(*picture);
    }
    errno = 0;
    if (write(text, options.output)) return 0;
    complain(fmt::format("cannot write {}: {}",
                         options.output.empty() ? "the picture" : options.output,
                         std::strerror(errno)));
    return 1;
}

}  // namespace

void add_graph(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("graph", "draw a connector, or what a component consists of");
    command->add_option("FILE", options->file, "a PDL file; - for standard input")
        ->required()
        ->type_name("");
    command
        ->add_option("COMPONENT", options->component,
                     "what is drawn; without it the connector, or main")
        ->type_name("");
    command->add_option("ARGS", options->arguments, "literals for its parameters that are no ports")
        ->type_name("");
    command->add_option("-I", options->folders, "a folder to look for imported modules in")
        ->allow_extra_args(false)
        ->type_name("DIR");
    command
        ->add_option("--format", options->format,
                     "svg, or dot, the language of graphviz; without it the ending of the "
                     "output decides, or it is svg")
        ->check(CLI::IsMember({"svg", "dot"}));
    command
        ->add_option("-o,--output", options->output,
                     "the file to write, instead of standard output")
        ->type_name("FILE");
    add_diagnostics_option(*command);
    command->positionals_at_end(true);
    command->callback([options, &status] { status = graph(*options); });
}

}  // namespace reowolf::tools
