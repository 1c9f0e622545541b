// SPDX-License-Identifier: MIT
// Bytes from one process to another through memory that both can write: a ring of cells, each a
// cache line. One side writes, the other reads, and neither believes what it finds there: every
// number is read once and compared with what is possible. So whoever shares the memory can make the
// bytes wrong, or end the connection, and nothing else.
//
//     u64 consumed         by the reader: cells that it has read since the beginning
//     u32 reader_sleeps    set by the reader, cleared by whoever wakes it; 64 bytes further on
//     u32 writer_sleeps    the same of the writer, while it waits for room; 64 bytes further on
//     cells                from byte 256 on, of 64 bytes
//
// Bytes travel in chunks. A chunk begins with a cell, at position p in all that was ever written,
// and goes on in those behind it:
//
//     u32 turn      p + 1, when all of the chunk is there; anything else before
//     u32 length    of the bytes, 1 to chunk_bytes_max
//     bytes
//
// So a small message and the sign that it is there are one cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace reowolf::post {

namespace ring {

inline constexpr std::size_t cell_bytes = 64;
inline constexpr std::size_t control_bytes = 256;
inline constexpr std::size_t chunk_header_bytes = 8;
// A large message is read while the rest of it is written.
inline constexpr std::size_t chunk_cells_max = 128;
inline constexpr std::size_t chunk_bytes_max = chunk_cells_max * cell_bytes - chunk_header_bytes;
inline constexpr std::size_t cells_min = 8;

constexpr std::size_t memory_bytes(std::size_t cells) {
    return control_bytes + cells * cell_bytes;
}

}  // namespace ring

// The memory begins at a cache line, was all zero in the beginning, is as large as memory_bytes()
// says for a power of two of at least cells_min, and outlives these.
class RingWriter {
  public:
    explicit RingWriter(std::span<std::byte> memory);

    // As many of the bytes as there is room for. An error: the other side is out of its mind.
    std::expected<std::size_t, std::string> write(
        std::span<const std::span<const std::byte>> pieces);

    // Whether it pays to write again after there was no room. What is wrong is told by write().
    bool has_room() const;

    // To be called before sleeping, and has_room() after it: the reader says when there is room.
    void sleep();
    void awake();
    // After writing: true once if the reader slept and is to be woken.
    bool must_wake();

  private:
    std::size_t free_cells() const;

    std::byte* control_;
    std::byte* cells_;
    std::size_t count_;
    std::size_t chunk_cells_max_;
    std::uint64_t written_ = 0;   // cells
    std::uint64_t consumed_ = 0;  // as far as is known
};

class RingReader {
  public:
    explicit RingReader(std::span<std::byte> memory);

    bool has_news() const;
    // The next bytes, at most as many as there is room for in `space`; 0: there are none. An
    // error: the other side is out of its mind.
    std::expected<std::size_t, std::string> read(std::span<std::byte> space);

    // To be called before sleeping, and has_news() after it: the writer says when there is more.
    void sleep();
    void awake();
    // After reading: true once if the writer slept, and is to be woken as there is room.
    bool must_wake();

  private:
    std::byte* control_;
    std::byte* cells_;
    std::size_t count_;
    std::size_t chunk_cells_max_;
    std::uint64_t position_ = 0;  // of the present chunk, or of the next
    std::size_t length_ = 0;      // of the present chunk; 0: there is none
    std::size_t taken_ = 0;       // bytes of it
    std::uint64_t woken_at_ = 0;  // position when the writer was woken last
};

}  // namespace reowolf::post
