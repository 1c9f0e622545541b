// SPDX-License-Identifier: MIT
#include "tools/read_source.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace reowolf::tools {

std::optional<std::string> read_source(const std::string& path) {
    const auto refuse = [&](const std::string& why) {
        fmt::print(stderr, "ERROR: cannot read {}: {}\n", path, why);
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

}  // namespace reowolf::tools
