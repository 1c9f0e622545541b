// SPDX-License-Identifier: MIT
// Where a peer can be reached, as descriptions and programs write it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace reowolf::post {

struct Address {
    std::string scheme;  // "tcp"; "shm": memory of one host; empty: what is fastest
    std::string host;    // a name or a number; an IPv6 number without its brackets
    std::uint16_t port = 0;
    bool by_name = false;  // the host is a name that the port name system knows; see names.hpp

    friend bool operator==(const Address&, const Address&) = default;
};

// Accepts `host:port`, `[v6]:port`, a bare name, and `tcp://` or `shm://` before any. The error is
// a sentence without a full stop, fit for a diagnostic.
std::expected<Address, std::string> parse_address(std::string_view text);

// The inverse of parse_address.
std::string to_string(const Address& address);

}  // namespace reowolf::post
