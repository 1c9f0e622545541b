// SPDX-License-Identifier: MIT
#include "tools/read_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/limits.hpp"
#include "tools/reporting.hpp"

namespace reowolf::tools {

namespace {

// One byte more than a text may have is enough to know that there are too many: some files never
// end.
std::string read_text(std::istream& in) {
    const std::size_t most = Limits{}.source_bytes_max + 1;
    std::string text;
    std::array<char, 65'536> bytes;
    while (text.size() < most && in.good()) {
        in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        text.append(bytes.data(), static_cast<std::size_t>(in.gcount()));
    }
    return text;
}

}  // namespace

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
    std::string text = read_text(in);
    if ((path != "-" && !file.is_open()) || in.bad()) {
        return refuse(errno != 0 ? std::strerror(errno) : "unknown reason");
    }
    if (const std::size_t most = Limits{}.source_bytes_max; text.size() > most) {
        return refuse(fmt::format("it has more than {} bytes", most));
    }
    return text;
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
        for (const std::string& folder : folders)
            paths.push_back(fmt::format("{}/{}", folder, name));
        for (std::string& path : paths) {
            std::ifstream file(path, std::ios::binary);
            if (!file.is_open()) continue;
            return compiler::FoundModule{std::move(path), read_text(file)};
        }
        return std::nullopt;
    };
}

}  // namespace reowolf::tools
