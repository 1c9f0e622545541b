// SPDX-License-Identifier: MIT
// What somebody who looks at a running program asks it, and whom the question is for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace reowolf::inspection {

// Which components to tell of, and whether of the last events too.
struct Question {
    std::size_t first = 0;
    std::size_t lines = 0;
    bool wants_events = false;
};

std::string as_json(const Question& question);
std::optional<Question> read_question(const std::string& json);

// A program, or one of the connectors or runtimes that it has: what of it the runtime does not
// know.
struct Subject {
    std::int64_t process = 0;
    std::string file;
    std::string component;
    std::string connector = {};  // that it is a peer of, under the component's name; or empty
    double seconds = 0;          // since it began
    std::string workers = {};    // and what they have done; empty if there are none
};

}  // namespace reowolf::inspection
