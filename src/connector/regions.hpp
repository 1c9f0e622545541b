// SPDX-License-Identifier: MIT
// Which applications can have to do with each other, through channels and components or because
// they step together: the others cannot help an impossible round.
#pragma once

#include <functional>
#include <vector>

#include "connector/class.hpp"
#include "connector/structure.hpp"
#include "wire/ids.hpp"

namespace reowolf::connector {

// The sites of a connected part, ascending.
using Region = std::vector<wire::SiteId>;

// Without what runs at a site that `is_gone`. Such a site is a region of its own, unless it steps.
using IsGone = std::function<bool(wire::SiteId)>;
std::vector<Region> regions_of(const Structure& structure, const std::vector<Class>& classes,
                               const IsGone& is_gone);

// All sites at which something runs that this application is connected with, be it a component
// only: without them it can do less.
Region hosts_of(const Structure& structure, const std::vector<Class>& classes, wire::SiteId site);

}  // namespace reowolf::connector
