// SPDX-License-Identifier: MIT
#include "judge.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace reowolf::oracle {

namespace {

// How often in a row components may repeat a silent round, because something may have changed at
// their ports that was not a round.
constexpr std::uint64_t repetitions_max = 30;

std::string text_of(const Lines& lines) {
    std::string text;
    for (const auto& [component, printed] : lines) {
        for (const std::string& line : printed) text += "\n    " + line;
    }
    return text;
}

}  // namespace

Judge::Judge(const System& system)
    : system_(system), positions_(beginning(system)), silences_(system.primitives.size()) {}

std::optional<std::string> Judge::on_round(const Lines& lines, bool all_waited) {
    if (is_too_large_) return std::nullopt;
    const auto silent_one = unseen(system_);
    if (lines.empty() && !silent_one) return "a decision in which nobody prints";
    const Search search = find_round(system_, positions_, lines);
    if (search.result == Search::Result::too_large) {
        is_too_large_ = true;
        return std::nullopt;
    }
    if (search.result == Search::Result::none) {
        return fmt::format("this was committed, and is no round:{}", text_of(lines));
    }
    if (search.round.is_silent && all_waited) {
        const Search other =
            find_round(system_, positions_, lines.empty() ? *silent_one : lines.begin()->first);
        if (other.result == Search::Result::found) {
            return fmt::format("silence was committed:{}\n  although this was possible:{}",
                               text_of(lines), text_of(other.round.lines));
        }
    }
    for (const auto& [component, after] : search.round.after) {
        const bool is_repetition = search.round.is_silent && has_come_back(component);
        repetitions_ = is_repetition ? repetitions_ + 1 : 0;
        const Position& before = positions_.of[component];
        if (!search.round.is_silent) {
            silences_[component].clear();
        } else if (!is_repetition) {
            silences_[component].push_back(before);
        }
        positions_.of[component] = after;
    }
    for (const auto& [port, owner] : search.round.handed_over) {
        if (positions_.owners[port] == owner) continue;
        positions_.owners[port] = owner;
        ++handed_over_;
    }
    if (repetitions_ > repetitions_max) {
        return fmt::format("silence is repeated without end:{}", text_of(lines));
    }
    ++rounds_;
    if (search.round.is_silent) ++silent_rounds_;
    return std::nullopt;
}

bool Judge::has_come_back(std::size_t component) const {
    return std::ranges::find(silences_[component], positions_.of[component]) !=
           silences_[component].end();
}

std::optional<std::string> Judge::on_rest(const std::set<std::size_t>& reported) {
    for (std::size_t i = 0; i < positions_.of.size(); ++i) {
        if (!positions_.of[i].open) continue;
        const Search search = find_round(system_, positions_, i);
        if (search.result == Search::Result::too_large) is_too_large_ = true;
        if (search.result == Search::Result::found) {
            return fmt::format("at rest, although this is possible:{}",
                               text_of(search.round.lines));
        }
        if (may_be_silent(system_, positions_, i) && !has_come_back(i)) {
            return fmt::format("at rest, although component {} can be silent", i);
        }
    }
    // Who ends closes ports, and others may end of that. Where the order matters it is the one that
    // led to what was reported.
    while (close_one(reported, true) || close_one(reported, false)) {
    }
    return std::nullopt;
}

bool Judge::close_one(const std::set<std::size_t>& reported, bool only_as_reported) {
    for (std::size_t i = 0; i < positions_.of.size(); ++i) {
        if (!positions_.of[i].open) continue;
        const Fate end = fate(system_, positions_, i, reported.contains(i));
        if (end != Fate::fails && end != Fate::ends) continue;
        if (only_as_reported && reported.contains(i) != (end == Fate::fails)) continue;
        positions_.of[i].open = false;
        if (end == Fate::fails) failed_.insert(i);
        return true;
    }
    return false;
}

std::size_t Judge::left() const {
    return static_cast<std::size_t>(std::ranges::count_if(positions_.of, &Position::open));
}

}  // namespace reowolf::oracle
