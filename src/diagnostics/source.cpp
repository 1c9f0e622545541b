// SPDX-License-Identifier: MIT
#include "diagnostics/source.hpp"

#include <algorithm>
#include <cassert>

namespace reowolf::diagnostics {

std::uint32_t Sources::add(std::string name, std::string text) {
    Source source{std::move(name), std::move(text), {0}};
    for (std::size_t i = 0; i < source.text.size(); ++i) {
        if (source.text[i] == '\n') {
            source.line_starts.push_back(static_cast<std::uint32_t>(i + 1));
        }
    }
    sources_.push_back(std::move(source));
    return count() - 1;
}

const std::string& Sources::name(std::uint32_t source) const {
    assert(source < sources_.size());
    return sources_[source].name;
}

std::string_view Sources::text(std::uint32_t source) const {
    assert(source < sources_.size());
    return sources_[source].text;
}

Position Sources::position(std::uint32_t source, std::uint32_t offset) const {
    const auto& starts = sources_[source].line_starts;
    const auto after = std::upper_bound(starts.begin(), starts.end(), offset);
    Position position;
    position.line = static_cast<std::uint32_t>(after - starts.begin());
    const std::string_view all = sources_[source].text;
    std::size_t at = *(after - 1);
    const std::size_t end = std::min<std::size_t>(offset, all.size());
    while (at < end) {
        at += std::max(1u, utf8_length(all.substr(at, 4)));
        ++position.column;
    }
    // One past the end of the text is a column of its own.
    position.column += static_cast<std::uint32_t>(offset > all.size() ? 1 : 0);
    return position;
}

std::string_view Sources::line(std::uint32_t source, std::uint32_t line_number) const {
    const auto& [name, text, starts] = sources_[source];
    if (line_number == 0 || line_number > starts.size()) return {};
    const std::size_t begin = starts[line_number - 1];
    std::size_t end = line_number < starts.size() ? starts[line_number] - 1 : text.size();
    if (end > begin && text[end - 1] == '\r') --end;
    return std::string_view(text).substr(begin, end - begin);
}

std::uint32_t Sources::line_begin(std::uint32_t source, std::uint32_t offset) const {
    const auto& starts = sources_[source].line_starts;
    return *(std::upper_bound(starts.begin(), starts.end(), offset) - 1);
}

std::uint32_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return follows(1) ? 2 : 0;
    if (first < 0xF0) {
        if (!follows(1) || !follows(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;  // could be shorter
        if (first == 0xED && byte(1) > 0x9F) return 0;  // a surrogate
        return 3;
    }
    if (first > 0xF4 || !follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
}

}  // namespace reowolf::diagnostics
