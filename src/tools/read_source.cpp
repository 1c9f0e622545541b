// SPDX-License-Identifier: MIT
#include "tools/read_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "tools/reporting.hpp"

namespace reowolf::tools {

std::optional<std::string> read_source(const std::string& path) {
    const auto refuse = [&](const std::string& why) {
        complain(fmt::format("cannot read {}: {}", path, why));
        return std::nullopt;
    };
    std::error_code unknown;
    // A directory can be opened, but not read.
    if (path != "-" && std::filesystem::is_directory(path, unknown)) {
        return refuse("it is a directory");
    }
    errno = 0;
    std::ifstream file;
    if (path != "-") file.open(path, std::ios::binary);
    std::istream& in = path == "-" ? std::cin : file;
    std::ostringstream text;
    if (in.good() && in.peek() != std::istream::traits_type::eof()) text << in.rdbuf();
    if ((path != "-" && !file.is_open()) || in.bad()) {
        return refuse(errno != 0 ? std::strerror(errno) : "unknown reason");
    }
    return std::move(text).str();
}

compiler::Resolver find_modules(std::vector<std::string> folders) {
    return [folders = std::move(folders)](
               const std::string& module,
               std::string_view importing) -> std::optional<compiler::FoundModule> {
        std::string name = module;
        std::replace(name.begin(), name.end(), '.', '/');
        name += ".pdl";
        const std::size_t slash = importing.rfind('/');
        std::vector<std::string> paths = {slash == std::string_view::npos
                                              ? name
                                              : std::string(importing.substr(0, slash + 1)) + name};
        for (const std::string& folder : folders) paths.push_back(folder + '/' + name);
        for (std::string& path : paths) {
            std::ifstream file(path, std::ios::binary);
            if (!file.is_open()) continue;
            std::string text{std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>()};
            return compiler::FoundModule{std::move(path), std::move(text)};
        }
        return std::nullopt;
    };
}

}  // namespace reowolf::tools
