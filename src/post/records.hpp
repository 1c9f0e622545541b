// SPDX-License-Identifier: MIT
// What the two ends of an association say to each other over whatever connection they have at
// present. A message of a connection is one record; its first byte is the kind.
//
// Records about the connection itself are gone with it. The others are numbered: each side counts
// those that it sends, from 0, over all connections of the association, and keeps them until it
// is told that they have arrived. The number is not sent: a connection continues where its greeting
// said that the receiver is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "post/transport.hpp"

namespace reowolf::post {

using Identity = std::array<std::byte, 16>;

// What a message of a carrier asks for, beside being delivered.
struct Properties {
    std::uint16_t niceness = 0;  // 0 is the most urgent
    bool is_idempotent = false;
    bool is_immediate = false;

    friend bool operator==(const Properties&, const Properties&) = default;
};

namespace records {

enum class Kind : std::uint8_t {
    open = 0x00,
    opened = 0x01,
    gone = 0x02,
    abort = 0x03,
    acknowledge = 0x04,
    close = 0x10,
    abandon = 0x11,
    window = 0x12,
    fork = 0x13,
    bundle = 0x14,
    fragment = 0x80,  // and above: its low bits are flags
};

// The first record of who has dialled.
struct Open {
    Identity association{};
    Identity sender{};            // the process, or whatever part of it opens associations
    std::uint32_t transient = 0;  // number of the connection within the association
    bool resumes = false;         // the association is older than this connection
    std::uint64_t received = 0;   // numbered records from the other side
    std::vector<std::byte> process;
};

// The answer.
struct Opened {
    Identity sender{};
    std::uint64_t received = 0;
    std::vector<std::byte> process;
};

// The other answer: there is no such association (any more), or none is wanted.
struct Gone {
    std::string why;
};

// The association is over; what was under way may be lost.
struct Abort {
    std::string why;
};

struct Acknowledge {
    std::uint64_t received = 0;
};

// Numbered. All messages of the carrier have been sent.
struct Close {
    std::uint32_t carrier = 0;
};

// Numbered. Nothing more of the carrier is sent or wanted.
struct Abandon {
    std::uint32_t carrier = 0;
    std::string why;
};

// Numbered. How much may be sent on the carrier in all, since it was opened; see charge().
struct Window {
    std::uint32_t carrier = 0;
    std::uint64_t bytes = 0;
};

// Numbered. Opens a carrier. Carrier 0 is there from the beginning; whoever opened the association
// opens the even ones, the other side the odd ones, in ascending order.
struct Fork {
    std::uint32_t carrier = 0;
};

// Numbered. A part of a message. Up to four messages of a carrier may be under way at once, each in
// a slot of its own; the parts of one follow each other.
struct Fragment {
    std::uint32_t carrier = 0;
    std::uint8_t slot = 0;
    bool is_first = false;
    bool is_last = false;
    bool is_dropped = false;               // with is_last: the message will not be completed
    bool wants_acknowledgement = false;    // soon
    std::optional<Properties> properties;  // of the first, unless they are the usual ones
    std::uint64_t length = 0;              // of the message; of a first that is not the last
    std::span<const std::byte> bytes;      // within what was decoded
};

// Numbered. Small messages that follow each other on a carrier, and ask for the same.
struct Bundle {
    std::uint32_t carrier = 0;
    Properties properties;
    std::span<const std::byte> messages;  // see append_message(); within what was decoded
};

using Record = std::variant<Open, Opened, Gone, Abort, Acknowledge, Close, Abandon, Window, Fork,
                            Fragment, Bundle>;

std::vector<std::byte> encode(const Record& record);
// What a fragment begins with, without its bytes.
struct Head {
    std::array<std::byte, 16> bytes{};
    std::size_t size = 0;

    std::span<const std::byte> span() const { return std::span(bytes).first(size); }
};
Head encode_head(const Fragment& fragment);
// What a bundle begins with, without its messages.
Head encode_head(const Bundle& bundle);
// The messages of a bundle: to add one, and to take the first off those that have been decoded.
void append_message(std::vector<std::byte>& messages, const Payload& message);
std::span<const std::byte> take_message(std::span<const std::byte>& messages);
// The error is what is wrong with it.
std::expected<Record, std::string> decode(std::span<const std::byte> bytes);
// The same of nearly all that come, with less to do.
constexpr bool is_fragment(std::span<const std::byte> bytes) {
    return !bytes.empty() && bytes.front() >= std::byte{0x80};
}
std::expected<Fragment, std::string> decode_fragment(std::span<const std::byte> bytes);

constexpr std::uint8_t slots = 4;
// The largest part of a message in one record, so that the record is no larger than what strangers
// may send.
constexpr std::size_t fragment_bytes_max = (64u << 10) - 64;
// A larger message travels alone, and the messages of a bundle are no larger together.
constexpr std::size_t bundled_message_bytes_max = 1u << 10;
constexpr std::size_t bundle_bytes_max = 8u << 10;
// Who is sent many small records has to keep more than what is in them.
constexpr std::uint64_t charge(std::size_t bytes) {
    return bytes + 64;
}

}  // namespace records

}  // namespace reowolf::post
