// SPDX-License-Identifier: MIT
// The bytes of ring.hpp, also when the other side writes there what it likes.
#include "post/ring.hpp"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "post/recorder.test.hpp"

namespace reowolf::post {

namespace {

constexpr std::size_t cells = 16;
constexpr std::size_t at_cells = ring::control_bytes;

class Ring : public testing::Test {
  protected:
    struct alignas(ring::cell_bytes) Line {
        std::byte bytes[ring::cell_bytes];
    };
    std::vector<Line> lines{ring::memory_bytes(cells) / sizeof(Line)};
    std::span<std::byte> memory{lines.front().bytes, ring::memory_bytes(cells)};
    RingWriter writer{memory};
    RingReader reader{memory};

    std::size_t write(const Bytes& bytes) {
        const std::span<const std::byte> piece = bytes;
        const auto written = writer.write(std::span(&piece, 1));
        EXPECT_TRUE(written);
        return written.value_or(0);
    }
    Bytes read(std::size_t bytes_max) {
        Bytes bytes(bytes_max);
        const auto count = reader.read(bytes);
        EXPECT_TRUE(count);
        bytes.resize(count.value_or(0));
        return bytes;
    }
    template <class Number>
    void put(std::size_t at, Number number) {
        std::memcpy(memory.data() + at, &number, sizeof number);
    }
};

TEST_F(Ring, carries_bytes_in_pieces_of_all_sizes) {
    Random random(1);
    std::size_t next_in = 0;
    std::size_t next_out = 0;
    for (int step = 0; step < 20'000; ++step) {
        Bytes bytes(random.below(700));
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(next_in++);
        const std::size_t middle = random.below(bytes.size() + 1);
        const std::span<const std::byte> pieces[] = {std::span(bytes).first(middle),
                                                     std::span(bytes).subspan(middle)};
        const auto written = writer.write(pieces);
        ASSERT_TRUE(written);
        next_in -= bytes.size() - *written;
        EXPECT_EQ(reader.has_news(), next_in != next_out);
        for (const std::byte byte : read(1 + random.below(900))) {
            ASSERT_EQ(byte, static_cast<std::byte>(next_out++)) << "step " << step;
        }
    }
}

TEST_F(Ring, that_is_full_takes_nothing_until_there_is_room) {
    EXPECT_TRUE(writer.has_room());
    const std::size_t taken = write(Bytes(10'000));
    EXPECT_LT(taken, cells * ring::cell_bytes);
    EXPECT_GT(taken, cells * ring::cell_bytes / 2);
    EXPECT_EQ(write(Bytes(1)), 0u);
    EXPECT_FALSE(writer.has_room());
    EXPECT_EQ(read(taken).size(), taken);
    EXPECT_FALSE(reader.has_news());
    EXPECT_TRUE(writer.has_room());
    EXPECT_EQ(write(Bytes(1)), 1u);
}

TEST_F(Ring, does_not_take_the_bytes_of_an_old_message_for_a_new_one) {
    // Of each message, which takes six cells, what lies at the begin of a cell looks like the chunk
    // that the reader waits for when it comes there the next time.
    struct Lie {
        std::size_t at;
        std::uint32_t cell;
    };
    for (std::uint32_t round = 0; round < 300; ++round) {
        Bytes bytes(320);
        for (const Lie lie : {Lie{56, 1}, Lie{120, 2}, Lie{184, 3}, Lie{304, 5}}) {
            const std::uint32_t turn = 6 * round + lie.cell + cells + 1;
            std::memcpy(bytes.data() + lie.at, &turn, sizeof turn);
            bytes[lie.at + 4] = std::byte{1};
        }
        const std::size_t taken = write(bytes);
        EXPECT_EQ(read(10'000).size(), taken);
        ASSERT_FALSE(reader.has_news()) << "round " << round;
    }
}

TEST_F(Ring, wakes_only_who_has_said_that_it_sleeps) {
    EXPECT_FALSE(writer.must_wake());
    reader.sleep();
    EXPECT_TRUE(writer.must_wake());
    EXPECT_FALSE(writer.must_wake());
    reader.sleep();
    reader.awake();
    EXPECT_FALSE(writer.must_wake());

    const std::size_t taken = write(Bytes(10'000));
    EXPECT_FALSE(reader.must_wake());
    writer.sleep();
    read(1);
    EXPECT_FALSE(reader.must_wake()) << "there is no room to speak of";
    read(taken);
    EXPECT_TRUE(reader.must_wake());
    EXPECT_FALSE(reader.must_wake());
}

TEST_F(Ring, a_reader_refuses_lengths_that_cannot_be) {
    const std::size_t largest = cells / 4 * ring::cell_bytes - ring::chunk_header_bytes;
    for (const std::uint32_t length : {std::uint32_t{0}, static_cast<std::uint32_t>(largest + 1),
                                       std::uint32_t{0x7FFFFFFF}, std::uint32_t{0xFFFFFFFF}}) {
        RingReader victim(memory);
        put(at_cells, std::uint32_t{1});
        put(at_cells + 4, length);
        Bytes space(100'000);
        EXPECT_FALSE(victim.read(space)) << length;
    }
    put(at_cells + 4, static_cast<std::uint32_t>(largest));
    EXPECT_EQ(read(100'000).size(), largest);
}

TEST_F(Ring, a_length_that_changes_later_is_not_looked_at_again) {
    write(Bytes(100));
    EXPECT_EQ(read(10).size(), 10u);
    put(at_cells + 4, std::uint32_t{0xFFFFFFFF});
    EXPECT_EQ(read(1'000).size(), 90u);
}

TEST_F(Ring, a_writer_refuses_what_cannot_have_been_read) {
    EXPECT_GT(write(Bytes(10'000)), 0u);
    for (const std::uint64_t consumed : {std::uint64_t{cells + 1}, ~std::uint64_t{0}}) {
        put(0, consumed);
        const Bytes bytes(10);
        const std::span<const std::byte> piece = bytes;
        EXPECT_FALSE(writer.write(std::span(&piece, 1))) << consumed;
        EXPECT_TRUE(writer.has_room()) << "it must be told";
    }
    // Less than was said before.
    put(0, std::uint64_t{8});
    EXPECT_GT(write(Bytes(10'000)), 0u);
    put(0, std::uint64_t{7});
    const Bytes bytes(10'000);
    const std::span<const std::byte> piece = bytes;
    EXPECT_FALSE(writer.write(std::span(&piece, 1)));
}

TEST_F(Ring, survives_memory_in_which_anything_is_written) {
    Random random(2);
    for (int step = 0; step < 50'000; ++step) {
        for (int line = 0; line < 3; ++line) {
            const std::size_t cell = at_cells + random.below(cells) * ring::cell_bytes;
            put(cell, static_cast<std::uint32_t>(random.below(2 * cells)));
            put(cell + 4, static_cast<std::uint32_t>(random.below(400)));
        }
        put(0, random.below(4 * cells));
        RingReader victim(memory);
        RingWriter other(memory);
        Bytes space(random.below(3'000));
        // What comes back is at most what there is room for; the sanitizers look for the rest.
        for (int turn = 0; turn < 4; ++turn) {
            EXPECT_LE(victim.read(space).value_or(0), space.size());
            const std::span<const std::byte> piece = space;
            EXPECT_LE(other.write(std::span(&piece, 1)).value_or(0), space.size());
        }
    }
}

TEST_F(Ring, between_two_threads_nothing_is_lost_and_nobody_sleeps_through) {
    constexpr std::size_t total = 1u << 20;
    std::thread writing([this] {
        Bytes bytes(300);
        for (std::size_t sent = 0; sent < total;) {
            const std::size_t count = std::min(bytes.size(), total - sent);
            for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(sent + i);
            const std::span<const std::byte> piece = std::span(bytes).first(count);
            sent += *writer.write(std::span(&piece, 1));
            if (!writer.has_room()) std::this_thread::yield();
        }
    });
    std::size_t received = 0;
    bool is_right = true;
    Bytes space(250);
    while (received < total) {
        const std::size_t count = *reader.read(space);
        for (std::size_t i = 0; i < count; ++i) {
            is_right &= space[i] == static_cast<std::byte>(received + i);
        }
        received += count;
        if (count == 0) std::this_thread::yield();
    }
    writing.join();
    EXPECT_TRUE(is_right);
}

}  // namespace

}  // namespace reowolf::post
