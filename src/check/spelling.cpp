// SPDX-License-Identifier: MIT
#include "check/spelling.hpp"

#include <algorithm>

namespace reowolf::check {
namespace {

// How many letters to insert, delete, replace or swap with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> rows(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
            }
        }
    }
    return rows[a.size()][b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view written, const std::vector<std::string_view>& names) {
    // Nobody misspells a name of that length, and comparing takes the square of it.
    constexpr std::size_t length_max = 64;
    constexpr std::size_t names_max = 2'000;
    std::size_t best = written.size() < 3 ? 1 : written.size() < 6 ? 2 : 3;
    std::string_view found;
    if (written.size() > length_max) return {};
    for (std::size_t i = 0; i < std::min(names.size(), names_max); ++i) {
        const std::string_view name = names[i];
        if (name == written || name.size() > written.size() + best ||
            written.size() > name.size() + best) {
            continue;
        }
        const std::size_t d = distance(written, name);
        // A name of which nothing would be left is not meant.
        if (d < best + (found.empty() ? 1 : 0) && d < std::max(written.size(), name.size())) {
            best = d;
            found = name;
        }
    }
    return found.empty() ? std::string() : "; did you mean '" + std::string(found) + "'?";
}

}  // namespace reowolf::check
