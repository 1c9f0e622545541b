// SPDX-License-Identifier: MIT
// What a running program is doing, as whoever looks at it gets it and shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "inspection/question.hpp"

namespace reowolf::tools {

// As somebody else has made it. Its texts may contain anything.
struct Picture {
    struct Line {
        std::string name;
        std::string doing;
        std::string at;
        std::string waits_for;
        std::uint64_t rounds = 0;
        std::uint64_t behaviours = 0;
    };
    inspection::Subject subject;
    bool is_silent = false;  // it did not come to answer: nothing else is known
    std::uint64_t rounds_in_lane = 0;
    std::uint64_t rounds_in_general = 0;
    std::uint64_t commits = 0;
    std::uint64_t messages = 0;
    std::string sizes;
    std::string behaviours;
    std::string components;
    std::size_t alive = 0;
    std::vector<Line> lines;
    std::vector<std::string> events;
};

// The error says why it is none.
std::expected<Picture, std::string> read_picture(const std::string& json);

// "main", or which connector and peer.
std::string name_in_program(const inspection::Subject& subject);
// What stands above a picture: the name, the process and for how long it has been running.
std::string headline(const inspection::Subject& subject);
// `before`: an earlier one of the same program, or null. `first`: the place of its first line.
std::vector<std::string> picture_as_text(const Picture& now, const Picture* before,
                                         std::size_t first);

}  // namespace reowolf::tools
