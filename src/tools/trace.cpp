// SPDX-License-Identifier: MIT
#include "tools/trace.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "machine/value.hpp"

namespace reowolf::tools {

namespace {

using runtime::WatchedRound;

// Of what is longer than this the beginning is shown.
constexpr std::size_t value_bytes_shown = 80;
constexpr std::size_t values_shown = 8;

std::string shown(const program::Program& program, program::TypeId type,
                  const machine::Value& value) {
    std::string text;
    if (!machine::append_literal(program, type, value, false, value_bytes_shown, text)) {
        text.resize(std::min(text.size(), value_bytes_shown));
        // Not in the middle of a character.
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
            text.pop_back();
        }
        if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0xC0) {
            text.pop_back();
        }
        text += "…";
    }
    return text;
}

}  // namespace

std::expected<std::unique_ptr<Trace>, std::string> Trace::open(
    const std::string& path, TraceFormat format, const program::Program& program,
    const diagnostics::Sources& sources) {
    File file(path == "-" ? stderr : std::fopen(path.c_str(), "w"));
    if (!file) return std::unexpected(std::strerror(errno));
    return std::unique_ptr<Trace>(new Trace(std::move(file), format, program, sources));
}

void Trace::started(runtime::ComponentIndex component, std::string_view name) {
    auto count = started_.find(name);
    if (count == started_.end()) count = started_.emplace(std::string(name), 0).first;
    if (component >= instances_.size()) instances_.resize(component + 1);
    instances_[component] = ++count->second;
}

void Trace::committed(const WatchedRound& round) {
    const std::string text = format_ == TraceFormat::json ? as_json(round) : as_text(round);
    // At once: whoever interrupts a run wants to know how far it came.
    const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() &&
                         std::fflush(file_.get()) == 0;
    has_failed_ |= !written;
}

bool Trace::close() {
    std::FILE* const file = file_.release();
    if (file != stderr) has_failed_ |= std::fclose(file) != 0;
    return !has_failed_;
}

std::string Trace::as_text(const WatchedRound& round) const {
    std::string text = fmt::format("round {}:", round.number);
    for (const auto& member : round.members) {
        text += &member == &round.members.front() ? " " : ", ";
        text += name_of(member.component, member.name, !member.is_native);
    }
    text += '\n';
    for (const auto& flow : round.flows) {
        text += fmt::format("  {} -> {}:", describe(flow.from), describe(flow.to));
        for (std::size_t i = 0; i < flow.values.size() && i < values_shown; ++i) {
            text += i == 0 ? " " : ", ";
            text += shown(program_, flow.type, flow.values[i]);
        }
        if (flow.values.size() > values_shown) {
            text += fmt::format(", … ({} in all)", flow.values.size());
        }
        text += '\n';
    }
    for (const auto& member : round.members) {
        if (member.is_native) continue;
        for (const auto& choice : member.choices) {
            text += fmt::format("  {} takes alternative {} at {}\n",
                                name_of(member.component, member.name, true),
                                choice.alternative + 1, place(choice.where));
        }
    }
    return text;
}

std::string Trace::as_json(const WatchedRound& round) const {
    using Json = nlohmann::ordered_json;
    const auto add_place = [&](Json& to, Span where) {
        const auto at = sources_.position(where.source, where.begin);
        to["file"] = sources_.name(where.source);
        to["line"] = at.line;
        to["column"] = at.column;
    };
    const auto add_name = [&](Json& to, runtime::ComponentIndex component, std::string_view name) {
        to["component"] = name;
        to["instance"] = instances_[component];
    };
    Json line;
    line["round"] = round.number;
    line["members"] = Json::array();
    for (const auto& member : round.members) {
        Json told;
        add_name(told, member.component, member.name);
        if (!member.is_native) {
            add_place(told, member.where);
            told["alternatives"] = Json::array();
            for (const auto& choice : member.choices) {
                Json chosen;
                chosen["alternative"] = choice.alternative + 1;
                add_place(chosen, choice.where);
                told["alternatives"].push_back(std::move(chosen));
            }
        }
        line["members"].push_back(std::move(told));
    }
    line["messages"] = Json::array();
    for (const auto& flow : round.flows) {
        const auto end = [&](const WatchedRound::Flow::End& of) {
            Json told;
            add_name(told, of.component, of.component_name);
            if (!of.port.empty()) told["port"] = of.port;
            if (!of.got_from.empty()) told["got_from"] = of.got_from;
            return told;
        };
        Json told;
        told["from"] = end(flow.from);
        told["to"] = end(flow.to);
        told["type"] = program_.type_name(flow.type);
        told["count"] = flow.values.size();
        told["values"] = Json::array();
        for (std::size_t i = 0; i < flow.values.size() && i < values_shown; ++i) {
            told["values"].push_back(shown(program_, flow.type, flow.values[i]));
        }
        line["messages"].push_back(std::move(told));
    }
    return line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string Trace::name_of(runtime::ComponentIndex component, std::string_view name,
                           bool numbered) const {
    return numbered ? fmt::format("{}#{}", name, instances_[component]) : std::string(name);
}

std::string Trace::describe(const WatchedRound::Flow::End& end) const {
    if (!end.got_from.empty()) {
        return fmt::format("{}.({})", name_of(end.component, end.component_name, true),
                           end.got_from);
    }
    if (end.port.empty()) return std::string(end.component_name);
    return name_of(end.component, end.component_name, true) + '.' + std::string(end.port);
}

std::string Trace::place(Span where) const {
    const auto at = sources_.position(where.source, where.begin);
    return fmt::format("{}:{}:{}", sources_.name(where.source), at.line, at.column);
}

}  // namespace reowolf::tools
