// SPDX-License-Identifier: MIT
// What two peers say to each other before and after rounds. The first byte of every message tells
// these from the messages of message.hpp: they start at first_handshake_kind.
//
//     both:    Hello                 as soon as the connection is there
//     lower:   Accept | Refuse       the lower-numbered of the two picks one of their connections
//     both:    Ready                 when all other peers are accepted; after everybody's, rounds
//     either:  Bye, other: Farewell  leaving in order: nothing more is promised to who said Bye
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "wire/ids.hpp"

namespace reowolf::wire {

inline constexpr std::uint8_t first_handshake_kind = 0xF0;

struct Hello {
    std::uint16_t version = 0;  // protocol_version
    std::string connector;      // its name
    SiteId sender = 0;          // place of the sender's peer in the description
    SiteId receiver = 0;        // place of the peer it takes the receiver for
    std::uint8_t connector_class = 0;
    std::string hash;  // of the canonical form of the text
    std::string text;  // the sender's description
};
struct Accept {};
// No connection between these two, and why.
struct Refuse {
    std::string text;
    bool is_final = false;  // trying again cannot help
};
struct Ready {};
struct Bye {};
struct Farewell {};

using Handshake = std::variant<Hello, Accept, Refuse, Ready, Bye, Farewell>;

std::vector<std::byte> encode(const Handshake& message);
bool is_handshake(std::span<const std::byte> bytes);
std::expected<Handshake, std::string> decode_handshake(std::span<const std::byte> bytes);

}  // namespace reowolf::wire
