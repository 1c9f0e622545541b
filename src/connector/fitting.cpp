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

// "in<u32>", as it stands in the description.
std::string type_text(const Description& in, const Structure::Port& port) {
    return fmt::format("{}<{}>", port.puts ? "in" : "out", in.program.type_name(port.type));
}

}  // namespace

std::optional<std::string> explain_misfit(const Description& last, const Description& next,
                                          const std::vector<bool>& keeps,
                                          const std::vector<bool>& proposes) {
    if (last.names() != next.names()) {
        return "the new protocol is not one for the same peers in the same order";
    }
    std::string proposers;
    for (wire::SiteId site = 0; site < proposes.size(); ++site) {
        if (!proposes[site]) continue;
        proposers += fmt::format("{}'{}'", proposers.empty() ? "" : " and ", last.name(site));
    }
    const auto misfit = [&](wire::SiteId site, const Structure::Port& port,
                            std::string_view becomes) {
        return fmt::format(
            "port '{}' of '{}' is {} in the new protocol, which {} has configured; '{}' has not "
            "configured itself",
            port.name, last.name(site), becomes, proposers, last.name(site));
    };
    for (wire::SiteId site = 0; site < keeps.size(); ++site) {
        if (!keeps[site]) continue;
        const auto& had = last.structure.ports[site];
        const auto& has = next.structure.ports[site];
        for (const Structure::Port& port : had) {
            const auto found = std::ranges::find(has, port.name, &Structure::Port::name);
            if (found == has.end()) return misfit(site, port, "not there");
            if (found->puts == port.puts && same_type(last, port.type, next, found->type)) continue;
            return misfit(
                site, port,
                fmt::format("{}, and not {},", type_text(next, *found), type_text(last, port)));
        }
        for (const Structure::Port& port : has) {
            const bool is_new =
                std::ranges::find(had, port.name, &Structure::Port::name) == had.end();
            if (is_new) return misfit(site, port, "new");
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
