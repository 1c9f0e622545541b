// SPDX-License-Identifier: MIT
// What a running program is doing: as an object of JSON, by the program itself, and as text, by
// whoever looks at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/source.hpp"
#include "runtime/runtime.hpp"
#include "tools/inspection.hpp"

namespace reowolf::tools {

// What of it the runtime does not know.
struct Subject {
    std::int64_t process = 0;
    std::string file;
    std::string component;
    double seconds = 0;        // since it began
    std::string workers = {};  // and what they have done; empty if there are none
};

// The runtimes that the program has, together.
using Runtimes = std::vector<const runtime::Runtime*>;

std::string picture_as_json(const Subject& subject, const Runtimes& runtimes,
                            const diagnostics::Sources& sources, const Question& question);

// A line for each of the events from the one with number `from` on, the oldest first.
std::vector<std::string> events_as_text(const runtime::Runtime& runtime,
                                        const diagnostics::Sources& sources,
                                        std::uint64_t from = 0);

// A picture as somebody else has got it. Its texts may contain anything.
struct Picture {
    struct Line {
        std::string name;
        std::string doing;
        std::string at;
        std::string waits_for;
        std::uint64_t rounds = 0;
        std::uint64_t behaviours = 0;
    };
    Subject subject;
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
// `before`: an earlier one of the same program, or null. `first`: the place of its first line.
std::vector<std::string> picture_as_text(const Picture& now, const Picture* before,
                                         std::size_t first);

}  // namespace reowolf::tools
