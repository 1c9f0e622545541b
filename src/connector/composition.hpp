// SPDX-License-Identifier: MIT
// One connector out of the views that its peers have of it. Peers that share a text have one view
// together; every port of a peer is described in that peer's own view, and each link in two.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "connector/description.hpp"

namespace reowolf::connector {

// What each peer says, by its name, as a description of its own.
using Views = std::map<std::string, std::shared_ptr<const Description>, std::less<>>;

// A view as it came from a peer, for use in Views.
Described view_from(std::string_view text, std::string_view hash, std::string_view peer,
                    const Limits& limits);

// What of these views, which may be some of all, does not fit together: what, where, in whose text.
std::optional<std::string> explain_conflict(const Views& views, const Limits& limits);

// As this peer has it. There is a view of everybody. Peers are numbered in `order`; without one, as
// in the texts if these agree, or else by name.
Described compose(const Views& views, std::string_view self, const Limits& limits,
                  const std::vector<std::string>& order = {});

}  // namespace reowolf::connector
