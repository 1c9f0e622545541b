// SPDX-License-Identifier: MIT
#include "connector/description.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
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

// What is wrong with "ed25519:" and 32 bytes in base 64, or what should be that.
std::optional<std::string> check_key(const program::Peer& peer) {
    constexpr std::string_view prefix = "ed25519:";
    if (!peer.key.text.starts_with(prefix)) {
        return fmt::format("the key of '{}' must begin with \"{}\"", peer.name, prefix);
    }
    std::string_view digits = std::string_view(peer.key.text).substr(prefix.size());
    if (digits.ends_with('=')) digits.remove_suffix(1);
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key{};
    std::size_t size = 0;
    const char* end = nullptr;
    const int status =
        sodium_base642bin(key.data(), key.size(), digits.data(), digits.size(), nullptr, &size,
                          &end, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    if (status == 0 && size == key.size() && end == digits.data() + digits.size()) {
        return std::nullopt;
    }
    return fmt::format("the key of '{}' is not {} bytes in base 64", peer.name, key.size());
}

bool is_number(const post::Address& address) {
    return address.host.find_first_not_of("0123456789.") == std::string::npos ||
           address.host.find(':') != std::string::npos;
}

// What is wrong with port 0: the others must be able to find the real one.
std::optional<std::string> check_port_0(const program::Peer& peer, const post::Address& address) {
    if (!address.by_name && address.port == 0 && is_number(address)) {
        return fmt::format(
            "nobody can find '{}' at port 0: the address must be a name, which can be "
            "looked up with the port",
            peer.name);
    }
    if (address.by_name || address.port == 0 || peer.listen.text.empty()) return std::nullopt;
    const auto listen = post::parse_address(peer.listen.text);
    if (!listen || listen->by_name || listen->port != 0) return std::nullopt;
    return fmt::format("the others look for '{}' at port {}, but 'listen' takes any that is free",
                       peer.name, address.port);
}

std::optional<std::string> check_address(std::string_view text) {
    const auto address = post::parse_address(text);
    return address ? std::nullopt : std::optional(address.error());
}

std::vector<AddressFault> faults_of(const program::Peer& peer, bool is_looked_for) {
    std::vector<AddressFault> faults;
    const auto add = [&](std::optional<std::string> fault, Span where) {
        if (fault) faults.push_back({std::move(*fault), where});
    };
    add(check_address(peer.address.text), peer.address.span);
    const auto address = post::parse_address(peer.address.text);
    if (address && is_looked_for) add(check_port_0(peer, *address), peer.address.span);
    if (!peer.listen.text.empty()) add(check_address(peer.listen.text), peer.listen.span);
    if (!peer.key.text.empty()) {
        add(check_key(peer).value_or("'key' is not supported yet"), peer.key.span);
    }
    if (!peer.via.text.empty()) {
        const auto wrong = check_address(peer.via.text);
        add(wrong ? fmt::format("the relay to '{}': {}", peer.name, *wrong)
                  : "'via' is not supported yet",
            peer.via.span);
    }
    return faults;
}

std::optional<Demand> demand_in(const program::Written& text) {
    const auto address = post::parse_address(text.text);
    if (!address || address->scheme.empty()) return std::nullopt;
    return Demand{address->scheme, text.span};
}

// Every peer has a connection with every other one, and if they ask for two transports, there is
// none that either may use. A local view says nothing of the connections between others.
void add_contradictions(const program::Connector& connector, std::vector<AddressFault>& faults) {
    const auto& peers = connector.peers;
    for (const program::Peer& peer : peers) {
        const auto address = demand_in(peer.address);
        const auto listen = demand_in(peer.listen);
        if (address && listen && address->scheme != listen->scheme) {
            faults.push_back({fmt::format("'{}' is reached by {}://, and listens with {}://",
                                          peer.name, address->scheme, listen->scheme),
                              listen->where});
        }
        const auto wanted = demand_of(peer);
        if (!wanted) continue;
        for (const program::Peer& other : std::span(peers.data(), &peer)) {
            const auto others = demand_of(other);
            if (!others || others->scheme == wanted->scheme) continue;
            if (!connector.links.empty() && peer.ports.empty() && other.ports.empty()) continue;
            faults.push_back(
                {fmt::format("'{}' asks for {}://, but '{}' for {}://: the connection between "
                             "them cannot be both",
                             peer.name, wanted->scheme, other.name, others->scheme),
                 wanted->where});
            break;
        }
    }
}

// Of a connector without such faults.
void read_addresses(Description& description) {
    const program::Connector& connector = *description.program.connector;
    for (const program::Peer& peer : connector.peers) {
        description.addresses.push_back(*post::parse_address(peer.address.text));
        post::Address& address = description.addresses.back();
        // Any free port, which the others find by the name.
        if (address.port == 0) address.by_name = !is_number(address);
    }
    const program::Peer& self = connector.peers[description.self];
    description.listen =
        *post::parse_address(self.listen.text.empty() ? self.address.text : self.listen.text);
    // Whoever dials, and has another text, may not know of it.
    if (const auto demand = demand_of(self)) description.listen.scheme = demand->scheme;
}

}  // namespace

std::optional<Demand> demand_of(const program::Peer& peer) {
    const auto reached = demand_in(peer.address);
    return reached ? reached : demand_in(peer.listen);
}

// The compiler does not: it knows no transports.
std::vector<AddressFault> faults_in_addresses(const program::Connector& connector) {
    std::vector<AddressFault> faults;
    for (const program::Peer& peer : connector.peers) {
        std::ranges::move(faults_of(peer, connector.peers.size() > 1), std::back_inserter(faults));
    }
    add_contradictions(connector, faults);
    return faults;
}

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
    std::string problems;
    for (const AddressFault& fault : faults_in_addresses(connector)) {
        problems += problem_at(description->sources, fault.message, fault.where);
    }
    if (!problems.empty()) return std::unexpected(std::move(problems));
    description->self = static_cast<wire::SiteId>(*self_index);
    description->program = std::move(*program);
    read_addresses(*description);
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
