// SPDX-License-Identifier: MIT
#include "inspection/question.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace reowolf::inspection {

std::string as_json(const Question& question) {
    return nlohmann::json{
        {"first", question.first}, {"lines", question.lines}, {"events", question.wants_events}}
        .dump();
}

std::optional<Question> read_question(const std::string& json) {
    constexpr std::size_t lines_max = 10'000;

    const auto read = nlohmann::json::parse(json, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    const auto number = [&](const char* name) {
        const auto found = read.find(name);
        const bool is_one = found != read.end() && found->is_number_unsigned();
        return is_one ? found->get<std::size_t>() : 0;
    };
    const auto events = read.find("events");
    return Question{
        .first = number("first"),
        .lines = std::min(number("lines"), lines_max),
        .wants_events = events != read.end() && events->is_boolean() && events->get<bool>()};
}

}  // namespace reowolf::inspection
