// SPDX-License-Identifier: MIT
#include "check/spelling.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <numeric>

namespace reowolf::check {
namespace {

// Nobody misspells a name of that length, and comparing takes the square of it.
constexpr std::size_t length_max = 64;

// How many letters to insert, delete, replace or swap with their neighbour. Both are at most
// length_max long.
std::size_t distance(std::string_view a, std::string_view b) {
    using Row = std::array<std::size_t, length_max + 1>;
    Row rows[3] = {};  // of the letters of a: the present one and those before
    Row* before_last = &rows[0];
    Row* last = &rows[1];
    Row* row = &rows[2];
    std::iota(row->begin(), row->end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        Row* const oldest = before_last;
        before_last = last;
        last = row;
        row = oldest;
        (*row)[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = (*last)[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            (*row)[j] = std::min({(*last)[j] + 1, (*row)[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                (*row)[j] = std::min((*row)[j], (*before_last)[j - 2] + 1);
            }
        }
    }
    return (*row)[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view written, std::vector<std::string_view> names) {
    constexpr std::size_t names_max = 2'000;
    std::erase_if(names, [](std::string_view name) { return name.size() > length_max; });
    // Always the same ones, in the same order, wherever they came from.
    const std::size_t considered = std::min(names.size(), names_max);
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(considered);
    std::ranges::nth_element(names, end);
    std::sort(names.begin(), end);
    std::size_t best = written.size() < 3 ? 1 : written.size() < 6 ? 2 : 3;
    std::string_view found;
    if (written.size() > length_max) return {};
    for (std::size_t i = 0; i < considered; ++i) {
        const std::string_view name = names[i];
        if (name == written || name.size() > written.size() + best ||
            written.size() > name.size() + best) {
            continue;
        }
        const bool same_letters = std::ranges::equal(
            written, name, {}, [](char c) { return std::tolower(c); },
            [](char c) { return std::tolower(c); });
        const std::size_t d = same_letters ? 1 : distance(written, name);
        // Of three letters two are enough only if the name begins in the same way.
        if (written.size() == 3 && d > 1 && written[0] != name[0]) continue;
        // A name of which nothing would be left is not meant.
        if (d < best + (found.empty() ? 1 : 0) && d < std::max(written.size(), name.size())) {
            best = d;
            found = name;
        }
    }
    return found.empty() ? std::string() : "; did you mean '" + std::string(found) + "'?";
}

}  // namespace reowolf::check
