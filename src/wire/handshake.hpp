// SPDX-License-Identifier: MIT
// What two peers say to each other before and after rounds. The first byte of every message tells
// these from the messages of message.hpp: they start at first_handshake_kind.
//
//     both:    Hello                 as soon as the connection is there
//     lower:   Accept | Refuse       who comes first by name picks one of their connections
//     both:    Ready                 when all other peers are accepted; after everybody's, rounds
//     either:  Bye, other: Farewell  leaving in order: nothing more is promised to who said Bye
//
// and, when a protocol has expired, with the lowest of the sites that are left:
//
//     each:    Propose               at its application's next round
//     lowest:  Query                 to those who have not proposed: others have
//     lowest:  Agreed | Disagreed    when all have
//     each:    Withdraw              its time limit has passed; answered with Withdrawn, to all
//                                    that step with it, unless the agreement is on its way
//     each:    Epoch                 to everybody: what follows is of the new protocol
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
    std::string sender;         // the sender's peer
    std::string receiver;       // the peer that it takes the receiver for
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
struct Ready {
    std::string identity;  // hash of the hashes of everybody's text, in the order of the peers
};
struct Bye {};
struct Farewell {};

// Protocols of a connector are numbered from 0.
struct Propose {
    std::uint32_t epoch = 0;   // the one that has expired
    std::uint64_t number = 0;  // of the sender's calls; 0: its application is outside of any
    std::string hash;          // as in Hello; empty, with the text: whatever the others say
    std::string text;
};
struct Query {
    std::uint32_t epoch = 0;
};
struct Agreed {
    std::uint32_t epoch = 0;         // the new one
    std::string identity;            // as in Ready
    std::vector<std::string> texts;  // everybody's, by site; one: of all; none: the last ones again
};
struct Disagreed {
    std::uint32_t epoch = 0;
    std::uint64_t number = 0;
    std::string why;
};
struct Withdraw {
    std::uint32_t epoch = 0;
    std::uint64_t number = 0;
};
struct Withdrawn {
    std::uint32_t epoch = 0;
    std::uint64_t number = 0;
    std::string why;  // who waits no longer, and who had not proposed
};
struct Epoch {
    std::uint32_t epoch = 0;
};

using Handshake = std::variant<Hello, Accept, Refuse, Ready, Bye, Farewell, Propose, Query, Agreed,
                               Disagreed, Withdraw, Withdrawn, Epoch>;

std::vector<std::byte> encode(const Handshake& message);
bool is_handshake(std::span<const std::byte> bytes);
std::expected<Handshake, std::string> decode_handshake(std::span<const std::byte> bytes);

}  // namespace reowolf::wire
