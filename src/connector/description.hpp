// SPDX-License-Identifier: MIT
// A protocol description as `configure` takes it, checked and computed.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "connector/structure.hpp"
#include "diagnostics/source.hpp"
#include "post/address.hpp"
#include "program/program.hpp"
#include "wire/ids.hpp"

namespace reowolf::connector {

// What one peer says of the connector.
struct View {
    std::string text;
    std::string hash;  // of the canonical form: equal for all who mean the same
};

struct Description {
    std::shared_ptr<const View> view;  // this peer's
    diagnostics::Sources sources;
    program::Program program;
    Structure structure;
    wire::SiteId self = 0;
    // Of a composition, what it is of, by site; empty if all peers have the same view.
    std::vector<std::shared_ptr<const View>> views;
    std::vector<post::Address> addresses;  // where each peer is reached
    post::Address listen;                  // where this one listens

    const std::string& name(wire::SiteId site) const { return program.connector->peers[site].name; }
    std::vector<std::string> names() const;
    // Whether links lead out of it, so that it is one of several.
    bool is_local_view() const { return !program.connector->links.empty(); }
    const View& view_of(wire::SiteId site) const { return views.empty() ? *view : *views[site]; }
    // Names the protocol: the hash of all views in the order of the peers.
    std::string identity() const;
};

using Described = std::expected<std::shared_ptr<const Description>, std::string>;

// The error is what the user reads: diagnostics with line and column. `self`: the peer that this
// process is, whatever the text says. `source_name`: what diagnostics call the text.
Described describe(std::string_view text, const Limits& limits,
                   std::optional<std::string_view> self = {},
                   std::string source_name = "description");

// A transport that a peer's addresses ask for, and where.
struct Demand {
    std::string scheme;
    Span where;
};
std::optional<Demand> demand_of(const program::Peer& peer);

// Addresses and keys of peers that are none, or that connectors cannot do with yet.
struct AddressFault {
    std::string message;
    Span where;
};
std::vector<AddressFault> faults_in_addresses(const program::Connector& connector);

std::string hash_of(std::string_view text);

// Where two descriptions differ, for people; `ours` and `theirs` name their owners.
std::string explain_difference(std::string_view our_text, std::string_view their_text,
                               std::string_view ours, std::string_view theirs,
                               const Limits& limits);

}  // namespace reowolf::connector
