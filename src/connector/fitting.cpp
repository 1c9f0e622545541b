// SPDX-License-Identifier: MIT
#include "connector/fitting.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "machine/ports.hpp"
#include "program/merging.hpp"

namespace reowolf::connector {

namespace {

using program::TypeId;

bool same_type(const Description& left, TypeId a, const Description& right, TypeId b) {
    return program::same_type(left.program, a, right.program, b);
}

}  // namespace

std::optional<std::string> explain_misfit(const Description& last, const Description& next,
                                          const std::vector<bool>& keeps) {
    if (last.names() != next.names()) {
        return "the new protocol is not one for the same peers in the same order";
    }
    for (wire::SiteId site = 0; site < keeps.size(); ++site) {
        if (!keeps[site]) continue;
        const auto& had = last.structure.ports[site];
        const auto& has = next.structure.ports[site];
        for (const Structure::Port& port : had) {
            const auto found = std::ranges::find(has, port.name, &Structure::Port::name);
            const bool fits = found != has.end() && found->puts == port.puts &&
                              same_type(last, port.type, next, found->type);
            if (fits) continue;
            return fmt::format(
                "port '{}' of '{}' is not what it was in the new protocol, and '{}' has not "
                "configured itself",
                port.name, last.name(site), last.name(site));
        }
        if (had.size() != has.size()) {
            return fmt::format(
                "'{}' has other ports in the new protocol, and has not configured itself",
                last.name(site));
        }
    }
    return std::nullopt;
}

std::expected<Batches, std::string> translate(const Batches& batches, const Description& from,
                                              const Description& to, const Limits& limits) {
    const auto& had = from.structure.ports[from.self];
    const auto& has = to.structure.ports[to.self];
    Batches translated;
    for (const auto& batch : batches) {
        auto& all = translated.emplace_back();
        for (const Prepared& one : batch) {
            if (one.port >= had.size()) {
                return std::unexpected(
                    "something is prepared for a port that the last protocol alone had");
            }
            const Structure::Port& port = had[one.port];
            const auto found = std::ranges::find(has, port.name, &Structure::Port::name);
            if (found == has.end() || found->puts != port.puts ||
                !same_type(from, port.type, to, found->type)) {
                return std::unexpected(fmt::format(
                    "port '{}', for which something is prepared, is not in the protocol "
                    "that was agreed on",
                    port.name));
            }
            Prepared& here = all.emplace_back(one);
            here.port = static_cast<std::size_t>(found - has.begin());
            here.handle = machine::PortHandle{found->channel} * 2 + (found->puts ? 0 : 1);
            here.type = found->type;
            if (!port.puts || one.is_fresh) continue;
            if (machine::PortFinder(from.program).can_hold(port.type)) {
                return std::unexpected(
                    fmt::format("for port '{}' a port is prepared that the last protocol alone had",
                                port.name));
            }
            std::vector<std::byte> bytes;
            machine::encode(from.program, port.type, one.value, bytes);
            auto value = machine::decode(to.program, found->type, bytes, limits);
            if (!value) return std::unexpected(std::move(value.error()));
            here.value = std::move(*value);
        }
    }
    put_in_order(translated);
    return translated;
}

}  // namespace reowolf::connector
