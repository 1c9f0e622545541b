// SPDX-License-Identifier: MIT
#include "connector/description.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>

#include "compiler/compile.hpp"
#include "diagnostics/diagnostics.hpp"
#include "diagnostics/runtime_error.hpp"

namespace reowolf::connector {

namespace {

std::string problem_at(const diagnostics::Sources& sources, std::string_view message, Span where) {
    return fmt::format("ERROR: {}\n{}", message, diagnostics::render_place(sources, where));
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string trimmed(std::string_view line) {
    const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
    return std::string(line.substr(begin));
}

// What the language has and connectors have not.
std::optional<std::string> what_is_missing(const diagnostics::Sources& sources,
                                           const program::Connector& connector) {
    for (const program::Peer& peer : connector.peers) {
        if (!peer.key.empty()) return problem_at(sources, "'key' is not supported yet", peer.span);
        if (!peer.via.empty()) return problem_at(sources, "'via' is not supported yet", peer.span);
    }
    return std::nullopt;
}

// Addresses are checked here, not by the compiler: it knows no transports.
std::optional<std::string> read_addresses(Description& description) {
    const program::Connector& connector = *description.program.connector;
    for (wire::SiteId site = 0; site < connector.peers.size(); ++site) {
        const program::Peer& peer = connector.peers[site];
        const auto address = post::parse_address(peer.address);
        if (!address) return problem_at(description.sources, address.error(), peer.span);
        description.addresses.push_back(*address);
        if (site != description.self) continue;
        const auto listen = post::parse_address(peer.listen.empty() ? peer.address : peer.listen);
        if (!listen) return problem_at(description.sources, listen.error(), peer.span);
        description.listen = *listen;
    }
    return std::nullopt;
}

}  // namespace

std::string hash_of(std::string_view text) {
    std::string hash(crypto_generichash_BYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr,
                       0);
    return hash;
}

std::string Description::identity() const {
    std::string hashes;
    for (wire::SiteId site = 0; site < addresses.size(); ++site) hashes += view_of(site).hash;
    return hash_of(hashes);
}

std::vector<std::string> Description::names() const {
    std::vector<std::string> names;
    for (const program::Peer& peer : program.connector->peers) names.push_back(peer.name);
    return names;
}

Described describe(std::string_view text, const Limits& limits,
                   std::optional<std::string_view> self, std::string source_name) {
    auto description = std::make_shared<Description>();
    const std::uint32_t source =
        description->sources.add(std::move(source_name), std::string(text));
    diagnostics::Diagnostics diagnostics(limits);
    auto program = compiler::compile(description->sources, source, diagnostics, limits);
    if (!program || diagnostics.has_errors()) {
        diagnostics.sort();
        std::string errors;
        for (const auto& diagnostic : diagnostics.all()) {
            if (diagnostic.severity != diagnostics::Severity::error) continue;
            errors += diagnostics::render(description->sources, diagnostic);
        }
        return std::unexpected(std::move(errors));
    }
    const Span begin{.source = source, .begin = 0, .end = 0};
    if (!program->connector) {
        return std::unexpected(
            problem_at(description->sources,
                       "the description has no connector: 'connector name { … }'", begin));
    }
    const program::Connector& connector = *program->connector;
    auto self_index = connector.self;
    if (self) {
        const auto named = std::ranges::find(connector.peers, *self, &program::Peer::name);
        if (named == connector.peers.end()) {
            return std::unexpected(problem_at(description->sources,
                                              fmt::format("there is no peer '{}'", *self), begin));
        }
        self_index = static_cast<std::uint32_t>(named - connector.peers.begin());
    }
    if (!self_index) {
        return std::unexpected(problem_at(
            description->sources,
            "the description does not say which peer this process is: 'self name;'", begin));
    }
    if (connector.peers.size() > limits.sites_max) {
        return std::unexpected(
            problem_at(description->sources,
                       fmt::format("a connector may have at most {} peers", limits.sites_max),
                       connector.span));
    }
    if (auto missing = what_is_missing(description->sources, connector)) {
        return std::unexpected(std::move(*missing));
    }
    description->self = static_cast<wire::SiteId>(*self_index);
    description->program = std::move(*program);
    if (auto problem = read_addresses(*description)) return std::unexpected(std::move(*problem));
    auto structure = elaborate(description->program, plan_of(description->program), limits);
    if (!structure) {
        return std::unexpected(diagnostics::render_runtime_error(
            description->sources, structure.error().message, structure.error().where, {}));
    }
    description->structure = std::move(*structure);
    const auto canonical = compiler::canonical_text(description->sources, source, limits);
    description->view = std::make_shared<const View>(
        View{std::string(text), hash_of(canonical.value_or(std::string(text)))});
    return description;
}

std::string explain_difference(std::string_view our_text, std::string_view their_text,
                               std::string_view ours, std::string_view theirs,
                               const Limits& limits) {
    const auto canonical = [&](std::string_view text) {
        diagnostics::Sources sources;
        const std::uint32_t source = sources.add({}, std::string(text));
        return compiler::canonical_text(sources, source, limits);
    };
    const auto our_form = canonical(our_text);
    const auto their_form = canonical(their_text);
    const std::string opening =
        fmt::format("the descriptions of '{}' and '{}' differ: ", ours, theirs);
    if (!our_form || !their_form) {
        return opening + fmt::format("that of '{}' does not compile", our_form ? theirs : ours);
    }
    const auto our_lines = lines_of(*our_form);
    const auto their_lines = lines_of(*their_form);
    const auto [mine, other] = std::ranges::mismatch(our_lines, their_lines);
    const std::string here = mine == our_lines.end() ? "" : trimmed(*mine);
    const std::string there = other == their_lines.end() ? "" : trimmed(*other);
    if (here.empty()) return opening + fmt::format("only '{}' has '{}'", theirs, there);
    if (there.empty()) return opening + fmt::format("only '{}' has '{}'", ours, here);
    return opening + fmt::format("'{}' has '{}' where '{}' has '{}'", ours, here, theirs, there);
}

}  // namespace reowolf::connector
