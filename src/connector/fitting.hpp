// SPDX-License-Identifier: MIT
// What one protocol of a connector has in common with the one before.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "connector/application.hpp"
#include "connector/description.hpp"

namespace reowolf::connector {

// Nothing if the protocol can take the place of the other: the same peers, and those for which
// `keeps` have the ports that they had (names, directions, types). Otherwise what is different, and
// by whom, of those who `propose`.
std::optional<std::string> explain_misfit(const Description& last, const Description& next,
                                          const std::vector<bool>& keeps,
                                          const std::vector<bool>& proposes);

// What was prepared for one protocol, for another one in which this peer has the same ports.
std::expected<Batches, std::string> translate(const Batches& batches, const Description& from,
                                              const Description& to, const Limits& limits);

}  // namespace reowolf::connector
