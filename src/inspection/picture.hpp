// SPDX-License-Identifier: MIT
// What a running program is doing, as it tells it: an object of JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnostics/source.hpp"
#include "inspection/question.hpp"
#include "runtime/runtime.hpp"

namespace reowolf::inspection {

// The runtimes that the program has, together.
using Runtimes = std::vector<const runtime::Runtime*>;

std::string picture_as_json(const Subject& subject, const Runtimes& runtimes,
                            const diagnostics::Sources& sources, const Question& question);
// Of a program that has not answered in time: nothing but the subject, and "silent".
std::string silence_as_json(const Subject& subject);

// A line for each of the events from the one with number `from` on, the oldest first.
std::vector<std::string> events_as_text(const runtime::Runtime& runtime,
                                        const diagnostics::Sources& sources,
                                        std::uint64_t from = 0);

}  // namespace reowolf::inspection
