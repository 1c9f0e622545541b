// SPDX-License-Identifier: MIT
#include "service/frames.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace reowolf::service {
namespace {

std::vector<Frame> examples() {
    ReqFrame req{.number = 7,
                 .destination = 8,
                 .creator = 9,
                 .answer_wanted = true,
                 .priority = 3,
                 .hops_left = 100,
                 .time_left_ms = 5,
                 .route = {1, 2},
                 .name = "add",
                 .parameter_types = "(s32, s32)",
                 .result_type = "s32",
                 .parameters = Bytes(8)};
    RegFrame reg;
    reg.entries.push_back({.number = 1,
                           .is_provided = true,
                           .origin = 5,
                           .name = "add",
                           .parameter_types = "(s32)",
                           .result_type = "s32",
                           .version = "1",
                           .providers = 2,
                           .waiting = 3,
                           .time_ns = 4,
                           .is_jammed = false});
    reg.entries.emplace_back().is_provided = false;
    ListingFrame listing;
    listing.listing.nodes.push_back(
        {.id = 1, .parent = 0, .name = "master", .remote = {}, .up = true, .children = 2});
    listing.listing.services.emplace_back().name = "add";
    return {ConfigFrame{.root = 5, .name = "left"},
            HelloFrame{},
            EchoFrame{},
            TickFrame{.number = 3, .is_answer = true},
            ExitFrame{.reason = "enough"},
            reg,
            req,
            AckFrame{.number = 7, .code = Code::thrown, .text = "why", .result = {}},
            ListFrame{.lines_max = 10},
            listing};
}

TEST(Frames, ComeBackAsTheyWere) {
    for (const Frame& frame : examples()) {
        const Bytes bytes = encode(frame);
        const auto again = decode(bytes, ServiceLimits{});
        ASSERT_TRUE(again);
        EXPECT_EQ(again->index(), frame.index());
        EXPECT_EQ(encode(*again), bytes);
    }
}

TEST(Frames, LayoutIsFixed) {
    EXPECT_EQ(encode(TickFrame{.number = 2, .is_answer = true}),
              (Bytes{std::byte{4}, std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0},
                     std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}}));
}

TEST(Frames, WhatIsCutOffOrTooLongIsNoFrame) {
    for (const Frame& frame : examples()) {
        Bytes bytes = encode(frame);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(decode(std::span(bytes).first(size), ServiceLimits{}));
        }
        bytes.push_back(std::byte{0});
        EXPECT_FALSE(decode(bytes, ServiceLimits{}));
    }
}

TEST(Frames, LimitsHold) {
    ServiceLimits limits;
    limits.service_name_bytes_max = 3;
    limits.service_edges_max = 2;
    ReqFrame req;
    req.route = {1, 2};
    req.name = "add";
    EXPECT_TRUE(decode(encode(req), limits));
    req.name = "four";
    EXPECT_FALSE(decode(encode(req), limits));
    req.name = "add";
    req.route.push_back(3);
    EXPECT_FALSE(decode(encode(req), limits));
}

// Whatever comes, nothing breaks, and what is accepted can be written again.
TEST(Frames, AnyBytesAreDealtWith) {
    const auto frames = examples();
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        Bytes bytes = encode(frames[random.below(frames.size())]);
        for (std::uint64_t changes = random.below(4); changes > 0; --changes) {
            bytes[random.below(bytes.size())] = static_cast<std::byte>(random.next());
        }
        bytes.resize(1 + random.below(bytes.size()));
        const auto frame = decode(bytes, ServiceLimits{});
        if (!frame) continue;
        ASSERT_EQ(encode(*frame), bytes);
    }
}

}  // namespace
}  // namespace reowolf::service
