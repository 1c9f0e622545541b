// SPDX-License-Identifier: MIT
#include "tools/read_source.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

namespace reowolf::tools {

std::optional<std::string> read_source(const std::string& path) {
    errno = 0;
    std::ifstream file;
    if (path != "-") file.open(path, std::ios::binary);
    std::istream& in = path == "-" ? std::cin : file;
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if ((path != "-" && !file.is_open()) || in.bad() || errno == EISDIR) {
        fmt::print(stderr, "ERROR: cannot read {}: {}\n", path,
                   errno != 0 ? std::strerror(errno) : "unknown reason");
        return std::nullopt;
    }
    return text;
}

}  // namespace reowolf::tools
