// SPDX-License-Identifier: MIT
#include "inspection/picture.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "inspection/counts.hpp"

namespace reowolf::inspection {
namespace {

using Json = nlohmann::ordered_json;
using runtime::Event;

std::string place(const diagnostics::Sources& sources, Span where) {
    if (where == Span{}) return {};
    const auto at = sources.position(where.source, where.begin);
    return fmt::format("{}:{}:{}", sources.name(where.source), at.line, at.column);
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
    return all;
}

std::string_view why_discarded(std::uint8_t cause) {
    switch (static_cast<runtime::Cause>(cause)) {
        case runtime::Cause::assertion:
            return "the assertion is false";
        case runtime::Cause::error:
            return "a run-time error";
        case runtime::Cause::put_on_closed:
            return "'put' on a closed port";
        case runtime::Cause::get_from_closed:
            return "'get' from a closed port";
        case runtime::Cause::broken_promise:
            return "'fires' was taken to be otherwise";
    }
    return "";
}

std::string text_of(const Event& event, const runtime::Naming& naming,
                    const diagnostics::Sources& sources) {
    const std::string name = naming.label(event.first);
    const auto both = [&] {
        return event.second.instance == 0 ? name : name + ", " + naming.label(event.second);
    };
    switch (event.kind) {
        case Event::Kind::made:
            return fmt::format("'{}' is started", name);
        case Event::Kind::round:
            return fmt::format("round of {}: {}", event.count, both());
        case Event::Kind::with:
            return "  and " + both();
        case Event::Kind::explores:
            return fmt::format("'{}' explores its alternatives, with all that it has met ({})",
                               name, runtime::fall_names[event.why]);
        case Event::Kind::discarded:
            return fmt::format(
                "{} of '{}' discarded: {} at {}",
                event.count == 1 ? "a behaviour" : fmt::format("{} behaviours", event.count), name,
                why_discarded(event.why),
                place(sources, {event.source, event.offset, event.offset}));
        case Event::Kind::ended:
            return fmt::format("'{}' has ended", name);
        case Event::Kind::failed:
            return fmt::format("'{}' has failed", name);
        case Event::Kind::stuck:
            return fmt::format("'{}' is stuck", name);
    }
    return {};
}

// Of the components of all runtimes, as if they stood one after the other.
runtime::Overview overview_of(const Runtimes& runtimes, std::size_t first, std::size_t lines) {
    runtime::Overview all;
    all.doing.resize(runtime::doing_names.size());
    for (const runtime::Runtime* each : runtimes) {
        runtime::Overview seen = each->overview(first, lines - all.lines.size());
        std::ranges::transform(all.doing, seen.doing, all.doing.begin(), std::plus());
        std::ranges::move(seen.lines, std::back_inserter(all.lines));
        const std::size_t there =
            std::accumulate(seen.doing.begin(), seen.doing.end(), std::size_t{0});
        first -= std::min(first, there);
    }
    return all;
}

std::string line_of(const Event& event, const runtime::Naming& naming,
                    const diagnostics::Sources& sources) {
    return fmt::format("{:10.3f} s  {}", static_cast<double>(event.time_ms) / 1e3,
                       text_of(event, naming, sources));
}

// By the time.
std::vector<std::string> events_of(const Runtimes& runtimes, const diagnostics::Sources& sources) {
    std::vector<std::pair<std::int64_t, std::string>> all;
    for (const runtime::Runtime* each : runtimes) {
        for (const Event& event : each->recorder().events()) {
            all.emplace_back(event.time_ms, line_of(event, each->naming(), sources));
        }
    }
    std::ranges::stable_sort(all, {}, [](const auto& event) { return event.first; });
    std::vector<std::string> lines;
    for (auto& [time, line] : all) lines.push_back(std::move(line));
    return lines;
}

Json subject_as_json(const Subject& subject) {
    Json told;
    told["process"] = subject.process;
    told["file"] = subject.file;
    told["component"] = subject.component;
    if (!subject.connector.empty()) told["connector"] = subject.connector;
    told["seconds"] = subject.seconds;
    return told;
}

std::string as_line(const Json& told) {
    return told.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::vector<std::string> events_as_text(const runtime::Runtime& runtime,
                                        const diagnostics::Sources& sources, std::uint64_t from) {
    std::vector<std::string> lines;
    for (const Event& event : runtime.recorder().events(from)) {
        lines.push_back(line_of(event, runtime.naming(), sources));
    }
    return lines;
}

std::string picture_as_json(const Subject& subject, const Runtimes& runtimes,
                            const diagnostics::Sources& sources, const Question& question) {
    runtime::Counters counters;
    for (const runtime::Runtime* each : runtimes) counters.add(each->counters());
    const runtime::Overview seen = overview_of(runtimes, question.first, question.lines);
    Json told = subject_as_json(subject);
    told["rounds_in_lane"] = counters.rounds_in_lane;
    told["rounds_in_general"] = counters.rounds_in_general;
    told["commits"] = counters.sizes.components;
    told["messages"] = counters.messages;
    told["sizes"] = sizes_as_text(counters.sizes);
    told["behaviours"] = behaviours_as_text(counters);
    told["workers"] = subject.workers;
    std::string components = components_as_text(counters);
    told["alive"] = std::accumulate(seen.doing.begin(), seen.doing.end(), std::size_t{0});
    for (std::size_t i = 0; i < seen.doing.size(); ++i) {
        if (seen.doing[i] == 0) continue;
        components += fmt::format("{} {} {}", components.contains(';') ? "," : ";", seen.doing[i],
                                  runtime::doing_names[i]);
    }
    told["components"] = components;
    told["lines"] = Json::array();
    for (const auto& line : seen.lines) {
        told["lines"].push_back(
            {{"name", line.name},
             {"doing", runtime::doing_names[static_cast<std::size_t>(line.doing)]},
             {"at", place(sources, line.where)},
             {"waits_for", joined(line.waits_for)},
             {"rounds", line.rounds},
             {"behaviours", line.behaviours}});
    }
    if (question.wants_events) told["events"] = events_of(runtimes, sources);
    return as_line(told);
}

std::string silence_as_json(const Subject& subject) {
    Json told = subject_as_json(subject);
    told["silent"] = true;
    return as_line(told);
}

}  // namespace reowolf::inspection
