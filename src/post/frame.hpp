// SPDX-License-Identifier: MIT
// The bytes of a connection over a byte stream such as TCP. Numbers are little-endian.
//
// Each side sends first, without waiting for the other,
//
//     "REOWOLF"  7 bytes
//     version    1 byte      the two sides' versions must be equal
//
// and then frames until the end of the connection:
//
//     length     4 bytes     of the body
//     type       1 byte      a FrameType
//     body       length bytes
//
// Whatever does not look like this ends the connection it came on, and nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace reowolf::post {

enum class FrameType : std::uint8_t {
    data = 0,       // the body is one message
    heartbeat = 1,  // no body; sent when nothing else was for a while
    end = 2,        // no body; the last frame of a side that closes in order. A stream that ends
                    // without it has broken.
    offer = 3,      // by who dialled, once, before messages: memory; see meeting.hpp
    moved = 4,      // no body; the last frame on the stream: what follows comes through memory. By
                    // who was dialled when it has the memory, and then by who dialled
    stays = 5,      // the other answer to an offer. The body is a text, why
};

// Of an offer, or why there is no move.
inline constexpr std::size_t frame_notice_bytes_max = 512;

inline constexpr std::size_t preamble_bytes = 8;
inline constexpr std::uint8_t frame_version = 4;

constexpr std::array<std::byte, preamble_bytes> preamble() {
    return {std::byte{'R'}, std::byte{'E'}, std::byte{'O'}, std::byte{'W'},
            std::byte{'O'}, std::byte{'L'}, std::byte{'F'}, std::byte{frame_version}};
}

inline constexpr std::size_t frame_header_bytes = 5;
inline constexpr std::uint64_t frame_body_bytes_max = 0xFFFF'FFFF;

struct FrameHeader {
    std::uint32_t length = 0;
    FrameType type = FrameType::data;
};

using FrameHeaderBytes = std::array<std::byte, frame_header_bytes>;

constexpr FrameHeaderBytes encode(FrameHeader header) {
    return {static_cast<std::byte>(header.length), static_cast<std::byte>(header.length >> 8),
            static_cast<std::byte>(header.length >> 16),
            static_cast<std::byte>(header.length >> 24), static_cast<std::byte>(header.type)};
}

constexpr FrameHeader decode(const FrameHeaderBytes& bytes) {
    FrameHeader header;
    for (unsigned i = 0; i < 4; ++i) {
        header.length |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
    }
    header.type = static_cast<FrameType>(bytes[4]);
    return header;
}

}  // namespace reowolf::post
