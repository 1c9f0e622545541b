// SPDX-License-Identifier: MIT
#include "post/rooms.hpp"

#include <optional>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace reowolf::post {

namespace {

TEST(Rooms, are_used_again_once_nobody_keeps_them) {
    Rooms rooms;
    EXPECT_FALSE(rooms.find(1)) << "there is none yet";
    Room room = rooms.make(1'000);
    const std::byte* const memory = room->data();
    Room kept = room;
    room.reset();
    EXPECT_FALSE(rooms.find(1'000));
    std::thread other([kept = std::move(kept)]() mutable { kept.reset(); });
    other.join();
    room = rooms.find(900);
    ASSERT_TRUE(room);
    EXPECT_EQ(room->data(), memory);
    EXPECT_EQ(room->size(), 1'000u);
    EXPECT_FALSE(rooms.find(900)) << "it is taken";
}

TEST(Rooms, are_not_too_small_and_not_much_too_large) {
    Rooms rooms;
    rooms.give_back(std::vector<std::byte>(1'000));
    EXPECT_FALSE(rooms.find(1'001));
    EXPECT_FALSE(rooms.find(499));
    EXPECT_TRUE(rooms.find(500));
}

TEST(Rooms, of_two_sizes_are_both_kept) {
    Rooms rooms;
    rooms.give_back(std::vector<std::byte>(1'000));
    rooms.give_back(std::vector<std::byte>(100'000));
    const Room small = rooms.find(1'000);
    const Room large = rooms.find(100'000);
    EXPECT_TRUE(small && large);
}

TEST(Rooms, that_are_spare_are_few_and_not_huge) {
    Rooms rooms;
    for (std::size_t i = 0; i < 10; ++i) rooms.give_back(std::vector<std::byte>(1'000));
    std::vector<Room> found;
    while (Room room = rooms.find(1'000)) found.push_back(std::move(room));
    EXPECT_EQ(found.size(), 2u);
    rooms.give_back(std::vector<std::byte>((4u << 20) + 1));
    EXPECT_FALSE(rooms.find(4u << 20));
}

TEST(Rooms, may_be_kept_for_longer_than_there_is_somebody_who_wants_them) {
    std::optional<Rooms> rooms(std::in_place);
    Room room = rooms->make(1'000);
    rooms.reset();
    (*room)[999] = std::byte{1};
    room.reset();
}

}  // namespace

}  // namespace reowolf::post
