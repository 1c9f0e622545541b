// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reowolf::check {

// "; did you mean 'x'?" if one of the names is close enough to be meant, else nothing.
std::string did_you_mean(std::string_view written, std::vector<std::string_view> names);

}  // namespace reowolf::check
