// SPDX-License-Identifier: MIT
#include "post/sending.hpp"

#include <cstddef>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace reowolf::post {
namespace {

// A few bytes are left of it where the next part of a large message has no room.
constexpr std::uint64_t window = (std::uint64_t{1} << 20) + 1'000;

Outgoing message(std::size_t bytes, std::uint16_t niceness, std::uint64_t id = 0) {
    Outgoing made;
    made.payload = Payload(std::vector<std::byte>(bytes));
    made.properties.niceness = niceness;
    made.id = id;
    return made;
}

// How many records can be sent now.
std::size_t drain(Sending& sending) {
    std::size_t records = 0;
    while (sending.next(0)) ++records;
    return records;
}

TEST(Sending, what_is_less_urgent_does_not_pass_what_waits_for_the_window) {
    Sending sending;
    sending.open(0, window);
    sending.push(0, message(2 * window, 0));
    EXPECT_GT(drain(sending), 0u);
    sending.push(0, message(3, 100));
    EXPECT_EQ(drain(sending), 0u);
    sending.widen(0, 3 * window);
    drain(sending);
    EXPECT_TRUE(sending.is_empty());
}

// Its end takes no room, and its sender waits to be told.
TEST(Sending, what_expires_under_way_is_ended_although_others_wait_for_the_window) {
    Sending sending;
    sending.open(0, window);
    Outgoing mortal = message(window, 100);
    mortal.expires_ms = 10;
    sending.push(0, std::move(mortal));
    sending.next(0);
    sending.push(0, message(2 * window, 0));
    drain(sending);
    EXPECT_EQ(sending.queued_messages(0), 2u);
    EXPECT_TRUE(sending.next(10));
    EXPECT_EQ(sending.queued_messages(0), 1u);
}

TEST(Sending, what_is_taken_back_waits_no_longer) {
    Sending sending;
    sending.open(0, window);
    EXPECT_FALSE(sending.take_back_last(0));
    sending.push(0, message(2 * window, 0));
    sending.push(0, message(3, 0));
    drain(sending);
    EXPECT_TRUE(sending.take_back_last(0));
    EXPECT_EQ(sending.queued_messages(0), 1u);
    // The other one is under way: the other side is told that it does not come.
    EXPECT_TRUE(sending.take_back_last(0));
    EXPECT_EQ(drain(sending), 1u);
    EXPECT_TRUE(sending.is_empty());
    EXPECT_FALSE(sending.has_mortal());
    EXPECT_FALSE(sending.take_back_last(0));
    sending.push(0, message(3, 0));
    EXPECT_EQ(drain(sending), 1u);
}

TEST(Sending, what_is_one_of_some_in_a_record_is_not_taken_back) {
    Sending sending;
    sending.open(0, window);
    sending.push(0, message(2 * window, 0));
    drain(sending);
    sending.push(0, message(3, 0));
    sending.push(0, message(4, 0));
    EXPECT_EQ(sending.queued_messages(0), 3u);
    EXPECT_FALSE(sending.take_back_last(0));
    sending.widen(0, 3 * window);
    drain(sending);
    EXPECT_EQ(sending.queued_messages(0), 0u);
    EXPECT_EQ(sending.queued_bytes(0), 0u);
}

TEST(Sending, small_messages_share_records_if_they_ask_for_the_same) {
    Sending sending;
    sending.open(0, window);
    sending.open(2, window);
    for (int i = 0; i < 100; ++i) {
        sending.push(0, message(8, 0));
        sending.push(0, message(8, 7));
        sending.push(2, message(8, 0));
    }
    EXPECT_EQ(drain(sending), 3u);
    // What somebody follows, what may expire and what is large travels alone.
    Outgoing followed = message(8, 0, 1);
    followed.is_followed = true;
    Outgoing mortal = message(8, 0);
    mortal.expires_ms = 10;
    sending.push(0, std::move(followed));
    sending.push(0, message(8, 0));
    sending.push(0, std::move(mortal));
    sending.push(0, message(8, 0));
    sending.push(0, message(records::bundled_message_bytes_max + 1, 0));
    EXPECT_EQ(drain(sending), 5u);
    // The window holds all of them back.
    for (std::size_t bytes = 0; bytes < 2 * window; bytes += 1'000) {
        sending.push(0, message(1'000, 0));
    }
    const std::size_t before = drain(sending);
    EXPECT_GT(before, window / records::bundle_bytes_max / 2);
    EXPECT_FALSE(sending.is_empty());
    sending.widen(0, 4 * window);
    EXPECT_GT(drain(sending), 0u);
    EXPECT_TRUE(sending.is_empty());
}

TEST(Sending, another_carrier_is_not_held_up_by_a_full_window) {
    Sending sending;
    sending.open(0, window);
    sending.open(2, window);
    sending.push(0, message(2 * window, 0));
    drain(sending);
    sending.push(2, message(3, 100));
    EXPECT_EQ(drain(sending), 1u);
}

// The less urgent one is what the other waits for.
TEST(Sending, an_antecedent_passes_what_may_not_begin) {
    Sending sending;
    sending.open(0, window);
    sending.push(0, message(3, 100, 1));
    Outgoing after = message(2 * window, 0, 2);
    after.antecedents = {1};
    sending.push(0, std::move(after));
    sending.next(0);
    EXPECT_EQ(sending.queued_messages(0), 1u);
    EXPECT_GT(drain(sending), 0u);
}

}  // namespace
}  // namespace reowolf::post
