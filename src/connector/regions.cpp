// SPDX-License-Identifier: MIT
#include "connector/regions.hpp"

#include <cstddef>
#include <map>
#include <numeric>
#include <set>

namespace reowolf::connector {

namespace {

// Disjoint sets of applications and components.
class Parts {
  public:
    explicit Parts(std::size_t size) : parents_(size) {
        std::iota(parents_.begin(), parents_.end(), 0);
    }

    std::size_t find(std::size_t element) {
        while (parents_[element] != element) {
            element = parents_[element] = parents_[parents_[element]];
        }
        return element;
    }
    void join(std::size_t a, std::size_t b) { parents_[find(a)] = find(b); }

  private:
    std::vector<std::size_t> parents_;
};

// The applications of all sites, and behind them the components.
Parts parts_of(const Structure& structure, const std::vector<Class>& classes,
               const IsGone& is_gone) {
    using Kind = Structure::End::Kind;
    const std::size_t sites = classes.size();
    Parts parts(sites + structure.components.size());
    const auto part = [&](const Structure::End& end) -> std::size_t {
        return end.kind == Kind::application ? end.site : sites + end.component;
    };
    const auto is_there = [&](const Structure::End& end) {
        if (end.kind == Kind::nobody) return false;
        const bool is_application = end.kind == Kind::application;
        return !is_gone(is_application ? end.site : structure.components[end.component].site);
    };
    for (const Structure::Channel& channel : structure.channels) {
        if (!is_there(channel.out) || !is_there(channel.in)) continue;
        parts.join(part(channel.out), part(channel.in));
    }
    std::size_t stepping = sites;
    for (std::size_t site = 0; site < sites; ++site) {
        if (!steps(classes[site])) continue;
        if (stepping != sites) parts.join(stepping, site);
        stepping = site;
    }
    return parts;
}

}  // namespace

std::vector<Region> regions_of(const Structure& structure, const std::vector<Class>& classes,
                               const IsGone& is_gone) {
    const std::size_t sites = classes.size();
    Parts parts = parts_of(structure, classes, is_gone);
    std::map<std::size_t, Region> regions;
    for (std::size_t site = 0; site < sites; ++site) {
        regions[parts.find(site)].push_back(static_cast<wire::SiteId>(site));
    }
    std::vector<Region> all;
    for (auto& [root, region] : regions) all.push_back(std::move(region));
    return all;
}

Region hosts_of(const Structure& structure, const std::vector<Class>& classes, wire::SiteId site) {
    const std::size_t sites = classes.size();
    Parts parts = parts_of(structure, classes, [](wire::SiteId) { return false; });
    const std::size_t own = parts.find(site);
    std::set<wire::SiteId> hosts;
    for (std::size_t other = 0; other < sites; ++other) {
        if (parts.find(other) == own) hosts.insert(static_cast<wire::SiteId>(other));
    }
    for (std::size_t i = 0; i < structure.components.size(); ++i) {
        if (parts.find(sites + i) == own) hosts.insert(structure.components[i].site);
    }
    return {hosts.begin(), hosts.end()};
}

}  // namespace reowolf::connector
