// SPDX-License-Identifier: MIT
// What two processes of a service network say to each other: one frame is one message of a
// connection. Numbers are little-endian; a text is its length (4 bytes) and its bytes, UTF-8.
//
//     action       1 byte      an Action of the message, or one of those below
//     body                     as the structs here have it, field after field
//
// The first frame of both sides is CONFIG. What does not look like this, or exceeds a limit, ends
// the connection that it came on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <reowolf/service.hpp>

#include "base/service_limits.hpp"

namespace reowolf::service {

inline constexpr std::uint32_t frames_magic = 0x4E53'5752;  // "RWSN"
inline constexpr std::uint16_t frames_version = 1;

enum class Role : std::uint8_t {
    child = 1,      // wants to be a subtree
    parent = 2,     // has taken it
    inspector = 3,  // only looks
};

struct ConfigFrame {
    std::uint32_t magic = frames_magic;
    std::uint16_t version = frames_version;
    Role role = Role::child;
    NodeId root = 0;  // of the child's tree; of the node that it is below
    std::string name;
};
struct HelloFrame {};
struct EchoFrame {};
struct TickFrame {
    std::uint64_t number = 0;
    bool is_answer = false;
};
// The other side leaves, or does not want this one.
struct ExitFrame {
    std::string reason;
};
// Upwards: what is provided in a tree, now, or not any more. A later one with the same number
// takes the place of an earlier one.
struct RegFrame {
    struct Entry {
        std::uint32_t number = 0;
        bool is_provided = true;
        // What follows, only if it is.
        NodeId origin = 0;  // the root of the tree where it is
        std::string name;
        std::string parameter_types;
        std::string result_type;
        std::string version;
        std::uint32_t providers = 0;
        std::uint32_t waiting = 0;  // and being served
        std::uint64_t time_ns = 0;  // one request, lately
        bool is_jammed = false;

        friend bool operator==(const Entry&, const Entry&) = default;
    };
    std::vector<Entry> entries;
};
struct ReqFrame {
    std::uint64_t number = 0;  // of the sender, for the answer
    NodeId destination = 0;    // downwards: the root of the tree where it is to be served; else 0
    NodeId creator = 0;
    bool answer_wanted = true;
    std::uint8_t priority = 0;
    std::uint32_t hops_left = 0;
    std::uint64_t time_left_ms = 0;  // 0: for ever
    std::vector<NodeId> route;
    std::string name;
    std::string parameter_types;
    std::optional<std::string> result_type;
    Bytes parameters;
};
struct AckFrame {
    std::uint64_t number = 0;
    Code code = Code::none;
    std::string text;  // if there is an error
    Bytes result;      // if there is none
};
// Of an inspector, and the answer.
struct ListFrame {
    std::uint32_t lines_max = 0;
};
struct ListingFrame {
    Listing listing;
};

using Frame = std::variant<ConfigFrame, HelloFrame, EchoFrame, TickFrame, ExitFrame, RegFrame,
                           ReqFrame, AckFrame, ListFrame, ListingFrame>;

Bytes encode(const Frame& frame);

// Nothing: the bytes are no frame.
std::optional<Frame> decode(std::span<const std::byte> bytes, const ServiceLimits& limits);

}  // namespace reowolf::service
