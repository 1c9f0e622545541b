// SPDX-License-Identifier: MIT
// The bytes of frame.hpp, written and read in pieces of every size, and wrong in every way.
#include "post/frame.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "post/frame_reader.hpp"
#include "post/frame_writer.hpp"
#include "post/recorder.test.hpp"

namespace reowolf::post {

namespace {

using Next = FrameReader::Next;

// Takes all there is to write, at most `bytes_max` at a time.
Bytes drain(FrameWriter& writer, std::size_t bytes_max) {
    Bytes out;
    while (!writer.empty()) {
        std::size_t taken = 0;
        for (auto piece : writer.gather()) {
            auto part = piece.first(std::min(piece.size(), bytes_max - taken));
            out.insert(out.end(), part.begin(), part.end());
            taken += part.size();
        }
        writer.written(taken);
    }
    return out;
}

// Feeds bytes in pieces and returns everything that came out but `more`.
struct Heard {
    std::vector<Next> events;
    std::vector<Bytes> messages;
    std::size_t placed = 0;
};
// Large messages but for the first `head_bytes` are placed, if that is not none.
Heard feed(FrameReader& reader, const Bytes& bytes, std::size_t piece_bytes,
           std::size_t head_bytes = 0) {
    Heard heard;
    std::size_t at = 0;
    while (at < bytes.size()) {
        std::size_t arrived = 0;
        for (const auto space : reader.spaces()) {
            const std::size_t count =
                std::min({space.size(), piece_bytes - arrived, bytes.size() - at});
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, space.begin());
            at += count;
            arrived += count;
            if (count < space.size()) break;
        }
        reader.arrived(arrived);
        while (true) {
            Bytes message;
            Next next = reader.next(message);
            if (next == Next::more) break;
            heard.events.push_back(next);
            if (next == Next::message) {
                heard.messages.push_back(message);
                reader.give_back(std::move(message));
            }
            if (next == Next::large && head_bytes > 0) {
                auto room = std::make_shared<Bytes>(reader.size() - head_bytes);
                reader.place({.head_bytes = head_bytes, .bytes = *room, .keeper = room});
            }
            if (next == Next::placed) {
                const auto placed = reader.take_placed();
                Bytes& whole = heard.messages.emplace_back();
                whole.assign(placed.head.begin(), placed.head.begin() + head_bytes);
                whole.insert(whole.end(), placed.where.bytes.begin(), placed.where.bytes.end());
                ++heard.placed;
            }
            if (next == Next::garbage || next == Next::too_large) return heard;
        }
    }
    return heard;
}

TEST(Frames, header_has_the_documented_layout) {
    auto bytes = encode({.length = 0x0A0B0C0D, .type = FrameType::end});
    EXPECT_EQ(bytes, (FrameHeaderBytes{std::byte{0x0D}, std::byte{0x0C}, std::byte{0x0B},
                                       std::byte{0x0A}, std::byte{2}}));
    EXPECT_EQ(decode(bytes).length, 0x0A0B0C0Du);
    EXPECT_EQ(decode(bytes).type, FrameType::end);
}

TEST(Frames, pass_in_pieces_of_any_size) {
    Random random(7);
    for (std::size_t piece : {1, 2, 3, 5, 7, 64, 1'000, 32'768, 1'000'000}) {
        FrameWriter writer;
        std::vector<Bytes> sent;
        std::size_t message_bytes = 0;
        for (std::size_t size : {0, 1, 4, 5, 100, 32'763, 32'768, 70'000, 300'000}) {
            Bytes message(size);
            for (auto& byte : message) byte = static_cast<std::byte>(random.next());
            sent.push_back(message);
            message_bytes += size;
            Payload payload;
            for (std::size_t begin = 0; begin < size; begin += 70'000) {
                const auto part = std::span(message).subspan(begin).first(
                    std::min<std::size_t>(size - begin, 70'000));
                payload.add(Bytes(part.begin(), part.end()));
            }
            EXPECT_EQ(payload.copy(), message);
            writer.push(FrameType::data, std::move(payload));
            writer.push(FrameType::heartbeat, {});
        }
        writer.push(FrameType::end, {});
        EXPECT_EQ(writer.message_bytes(), message_bytes);
        Bytes stream = drain(writer, piece);
        EXPECT_EQ(writer.message_bytes(), 0u);
        EXPECT_FALSE(writer.has_messages());

        for (const std::size_t head : {0, 1, 16}) {
            FrameReader reader(300'000);
            Heard heard = feed(reader, stream, piece, head);
            EXPECT_TRUE(heard.messages == sent) << "in pieces of " << piece << ", head " << head;
            EXPECT_EQ(heard.placed, head > 0 ? 4u : 0u);
            EXPECT_EQ(heard.events.front(), Next::preamble);
            EXPECT_EQ(heard.events.back(), Next::end);
            EXPECT_EQ(std::ranges::count(heard.events, Next::heartbeat), 9);
        }
    }
}

TEST(Frames, of_small_messages_are_few_pieces) {
    FrameWriter writer;
    std::vector<Bytes> sent;
    for (std::size_t i = 0; i < 1'000; ++i) {
        sent.emplace_back(i % 40, static_cast<std::byte>(i));
        writer.push(FrameType::data, Payload(sent.back()));
    }
    EXPECT_LE(writer.gather().size(), 5u);
    FrameReader reader(100);
    EXPECT_TRUE(feed(reader, drain(writer, 5'000), 100'000).messages == sent);
}

// The system may be reading them.
TEST(Frames, that_are_being_written_stay_where_they_are) {
    FrameWriter writer;
    std::vector<Bytes> sent;
    const auto push = [&](std::size_t size) {
        sent.emplace_back(size, static_cast<std::byte>(sent.size()));
        writer.push(FrameType::data, Payload(sent.back()));
    };
    Bytes stream;
    Random random(3);
    for (int turn = 0; turn < 200; ++turn) {
        push(random.below(60));
        const auto pieces = writer.gather();
        for (std::uint64_t more = random.below(300); more > 0; --more) {
            push(random.below(random.chance(5) ? 5'000 : 60));
        }
        std::size_t written = 0;
        for (const auto& piece : pieces) {
            stream.insert(stream.end(), piece.begin(), piece.end());
            written += piece.size();
        }
        writer.written(written);
    }
    const Bytes rest = drain(writer, 1'000'000);
    stream.insert(stream.end(), rest.begin(), rest.end());
    FrameReader reader(5'000);
    EXPECT_TRUE(feed(reader, stream, 100'000).messages == sent);
}

TEST(Frames, a_claimed_length_reserves_nothing) {
    FrameReader reader(frame_body_bytes_max);
    auto p = preamble();
    Bytes bytes(p.begin(), p.end());
    auto header = encode({.length = 0xFFFF'FFFF, .type = FrameType::data});
    bytes.insert(bytes.end(), header.begin(), header.end());
    Heard heard = feed(reader, bytes, bytes.size());
    EXPECT_EQ(heard.events, (std::vector{Next::preamble}));
    EXPECT_LE(reader.spaces()[0].size(), 64u << 10);
    heard = feed(reader, Bytes(100'000), 100'000);
    EXPECT_EQ(heard.events, (std::vector{Next::large}));
    EXPECT_LE(reader.spaces()[0].size(), 400'000u);
}

TEST(Frames, strangers_are_recognised_at_the_first_wrong_byte) {
    FrameReader reader(100);
    EXPECT_EQ(feed(reader, bytes_of("R"), 1).events.size(), 0u);
    EXPECT_EQ(feed(reader, bytes_of("X"), 1).events, (std::vector{Next::garbage}));
    EXPECT_FALSE(reader.complaint().empty());
}

TEST(Frames, the_other_version_is_named) {
    FrameReader reader(100);
    EXPECT_EQ(feed(reader, bytes_of("REOWOLF\x09"), 8).events, (std::vector{Next::garbage}));
    EXPECT_NE(reader.complaint().find("version 9"), std::string::npos) << reader.complaint();
}

TEST(Frames, the_limit_holds_from_the_next_message_on) {
    FrameWriter writer;
    for (std::size_t size : {10, 11, 11}) writer.push(FrameType::data, Payload(Bytes(size)));
    Bytes stream = drain(writer, 1'000);
    FrameReader reader(10);
    Bytes message;
    std::ranges::copy(stream, reader.spaces()[0].begin());
    reader.arrived(stream.size());
    EXPECT_EQ(reader.next(message), Next::preamble);
    EXPECT_EQ(reader.next(message), Next::message);
    reader.limit_message_bytes(11);
    EXPECT_EQ(reader.next(message), Next::message);
    reader.limit_message_bytes(10);
    EXPECT_EQ(reader.next(message), Next::too_large);
    EXPECT_EQ(reader.next(message), Next::too_large) << "for good";
}

TEST(Frames, noise_does_no_harm) {
    Random random(11);
    for (int run = 0; run < 2'000; ++run) {
        auto p = preamble();
        Bytes noise(p.begin(), p.end());
        for (std::uint64_t i = random.below(200); i > 0; --i) {
            // Small numbers make frames that are nearly right.
            noise.push_back(static_cast<std::byte>(random.below(random.chance(50) ? 3 : 256)));
        }
        FrameReader reader(1'000);
        for (const Bytes& message : feed(reader, noise, 1 + random.below(20)).messages) {
            EXPECT_LE(message.size(), 1'000u);
        }
    }
}

}  // namespace

}  // namespace reowolf::post
