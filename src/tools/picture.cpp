// SPDX-License-Identifier: MIT
#include "tools/picture.hpp"

#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/table.hpp"

namespace reowolf::tools {
namespace {

std::string rate(std::uint64_t now, std::uint64_t before, double seconds) {
    if (seconds <= 0 || now < before) return "-";
    return fmt::format("{:.0f}", static_cast<double>(now - before) / seconds);
}

}  // namespace

std::expected<Picture, std::string> read_picture(const std::string& json) {
    try {
        const auto read = nlohmann::json::parse(json);
        Picture picture;
        const auto get = [](const auto& from, const char* name, auto& to) {
            from.at(name).get_to(to);
        };
        get(read, "process", picture.subject.process);
        get(read, "file", picture.subject.file);
        get(read, "component", picture.subject.component);
        if (read.contains("connector")) get(read, "connector", picture.subject.connector);
        get(read, "seconds", picture.subject.seconds);
        picture.is_silent = read.value("silent", false);
        if (picture.is_silent) return picture;
        get(read, "rounds_in_lane", picture.rounds_in_lane);
        get(read, "rounds_in_general", picture.rounds_in_general);
        get(read, "commits", picture.commits);
        get(read, "messages", picture.messages);
        get(read, "sizes", picture.sizes);
        get(read, "behaviours", picture.behaviours);
        get(read, "workers", picture.subject.workers);
        get(read, "components", picture.components);
        get(read, "alive", picture.alive);
        for (const auto& each : read.at("lines")) {
            Picture::Line& line = picture.lines.emplace_back();
            get(each, "name", line.name);
            get(each, "doing", line.doing);
            get(each, "at", line.at);
            get(each, "waits_for", line.waits_for);
            get(each, "rounds", line.rounds);
            get(each, "behaviours", line.behaviours);
        }
        if (read.contains("events")) get(read, "events", picture.events);
        return picture;
    } catch (const nlohmann::json::exception& error) {
        return std::unexpected(
            fmt::format("the answer is none that is known here: {}", printable(error.what())));
    }
}

std::string name_in_program(const inspection::Subject& subject) {
    return printable(subject.connector.empty() ? subject.component
                                               : fmt::format("connector {}, peer {}",
                                                             subject.connector, subject.component));
}

std::string headline(const inspection::Subject& subject) {
    return printable(fmt::format("{} {}, process {}, {:.1f} s", subject.file,
                                 name_in_program(subject), subject.process, subject.seconds));
}

std::vector<std::string> picture_as_text(const Picture& now, const Picture* before,
                                         std::size_t first) {
    if (now.is_silent) {
        return {headline(now.subject),
                "  does not answer now: nobody runs it, or what it does takes long"};
    }
    const double seconds = before ? now.subject.seconds - before->subject.seconds : 0;
    const auto per_second = [&](std::uint64_t count, std::uint64_t earlier) {
        return before ? fmt::format(" ({} a second)", rate(count, earlier, seconds)) : "";
    };
    const std::uint64_t rounds = now.rounds_in_lane + now.rounds_in_general;
    const std::uint64_t rounds_before =
        before ? before->rounds_in_lane + before->rounds_in_general : 0;
    std::vector<std::string> lines = {
        headline(now.subject),
        fmt::format("rounds      {}{}: {} in the lane, {} in the general way", rounds,
                    per_second(rounds, rounds_before), now.rounds_in_lane, now.rounds_in_general),
        fmt::format("sizes       {}", now.sizes),
        fmt::format("commits     {}{}", now.commits,
                    per_second(now.commits, before ? before->commits : 0)),
        fmt::format("messages    {}{}", now.messages,
                    per_second(now.messages, before ? before->messages : 0)),
        fmt::format("components  {}", now.components),
        fmt::format("behaviours  {}", now.behaviours),
    };
    if (!now.subject.workers.empty()) {
        lines.push_back(fmt::format("workers     {}", now.subject.workers));
    }
    lines.emplace_back();
    std::map<std::string_view, std::uint64_t> earlier;
    if (before) {
        for (const auto& line : before->lines) earlier[line.name] = line.rounds;
    }
    std::vector<std::vector<std::string>> rows = {
        {"component", "state", "rounds", "a second", "alternatives", "at", ""}};
    for (const auto& line : now.lines) {
        const auto known = earlier.find(line.name);
        rows.push_back({line.name, line.doing, fmt::format("{}", line.rounds),
                        known == earlier.end() ? "-" : rate(line.rounds, known->second, seconds),
                        line.behaviours == 0 ? "" : fmt::format("{}", line.behaviours), line.at,
                        line.waits_for});
    }
    for (std::string& line : table(rows, "<<>>><<")) lines.push_back(std::move(line));
    if (first + now.lines.size() < now.alive) {
        lines.push_back(fmt::format("  … and {} more", now.alive - first - now.lines.size()));
    }
    for (std::string& line : lines) line = printable(std::move(line));
    return lines;
}

}  // namespace reowolf::tools
