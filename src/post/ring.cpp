// SPDX-License-Identifier: MIT
#include "post/ring.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstring>

#include <fmt/format.h>

namespace reowolf::post {

namespace {

constexpr std::size_t at_consumed = 0;
constexpr std::size_t at_reader_sleeps = 64;
constexpr std::size_t at_writer_sleeps = 128;

static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);
static_assert(std::endian::native == std::endian::little);

std::atomic_ref<std::uint64_t> word(std::byte* at) {
    return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(at));
}

std::atomic_ref<std::uint32_t> flag(std::byte* at) {
    return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(at));
}

std::uint32_t turn_of(std::uint64_t position) {
    return static_cast<std::uint32_t>(position + 1);
}

std::size_t cells_of(std::size_t bytes) {
    return (ring::chunk_header_bytes + bytes + ring::cell_bytes - 1) / ring::cell_bytes;
}

std::size_t count_of(std::span<std::byte> memory) {
    const std::size_t count = (memory.size() - ring::control_bytes) / ring::cell_bytes;
    assert(std::has_single_bit(count) && count >= ring::cells_min);
    return count;
}

// A chunk is a quarter of the ring at most, so that both sides find something to do.
std::size_t chunk_cells_of(std::size_t count) {
    return std::min(ring::chunk_cells_max, count / 4);
}

// A side says that it sleeps and then looks whether there is something; the other makes something
// and then looks whether somebody sleeps. Of all these there is one order (seq_cst), so one of the
// two sees what the other has done, whatever the processor does.
void announce(std::byte* at) {
    flag(at).store(1, std::memory_order_seq_cst);
}

bool take_announcement(std::byte* at) {
    if (flag(at).load(std::memory_order_seq_cst) == 0) return false;
    flag(at).store(0, std::memory_order_relaxed);
    return true;
}

}  // namespace

// ---- Writing -----------------------------------------------------------------------------------

RingWriter::RingWriter(std::span<std::byte> memory)
    : control_(memory.data()),
      cells_(memory.data() + ring::control_bytes),
      count_(count_of(memory)),
      chunk_cells_max_(chunk_cells_of(count_)) {}

// One cell always stays free: the one behind the last chunk is the reader's to look at.
std::size_t RingWriter::free_cells() const {
    return count_ - 1 - static_cast<std::size_t>(written_ - consumed_);
}

bool RingWriter::has_room() const {
    const std::uint64_t consumed = word(control_ + at_consumed).load(std::memory_order_seq_cst);
    return consumed > written_ || count_ - (written_ - consumed) > count_ / 2;
}

std::expected<std::size_t, std::string> RingWriter::write(
    std::span<const std::span<const std::byte>> pieces) {
    std::size_t left = 0;
    for (const auto& piece : pieces) left += piece.size();
    std::size_t total = 0;
    std::size_t in_piece = 0;
    // Once, as it may take twice as many cells at most: who writes on for as long as the reader
    // makes room does not read meanwhile what the reader has to say, so that each waits for the
    // other.
    if (free_cells() < 2 * cells_of(left)) {
        const std::uint64_t consumed = word(control_ + at_consumed).load(std::memory_order_acquire);
        if (consumed < consumed_ || consumed > written_) {
            return std::unexpected(fmt::format(
                "it has read {} cells of a ring where {} were written", consumed, written_));
        }
        consumed_ = consumed;
    }
    while (left > 0) {
        const std::size_t cells = std::min({chunk_cells_max_, cells_of(left), free_cells()});
        if (cells == 0) break;
        const std::size_t length =
            std::min(left, cells * ring::cell_bytes - ring::chunk_header_bytes);
        const std::size_t mask = count_ * ring::cell_bytes - 1;
        const std::size_t begin = written_ * ring::cell_bytes & mask;
        std::size_t at = begin + ring::chunk_header_bytes;
        for (std::size_t copied = 0; copied < length;) {
            if (in_piece == pieces.front().size()) {
                pieces = pieces.subspan(1);
                in_piece = 0;
                continue;
            }
            const std::size_t bytes = std::min(
                {pieces.front().size() - in_piece, length - copied, mask + 1 - (at & mask)});
            std::memcpy(cells_ + (at & mask), pieces.front().data() + in_piece, bytes);
            at += bytes;
            copied += bytes;
            in_piece += bytes;
        }
        const std::uint64_t next = written_ + cells;
        // What an old chunk left there must not be taken for the next one.
        word(cells_ + (next * ring::cell_bytes & mask))
            .store(turn_of(next) == 0 ? 1 : 0, std::memory_order_relaxed);
        word(cells_ + begin)
            .store(turn_of(written_) | std::uint64_t{length} << 32, std::memory_order_seq_cst);
        written_ = next;
        left -= length;
        total += length;
    }
    return total;
}

void RingWriter::sleep() {
    announce(control_ + at_writer_sleeps);
}

void RingWriter::awake() {
    flag(control_ + at_writer_sleeps).store(0, std::memory_order_relaxed);
}

bool RingWriter::must_wake() {
    return take_announcement(control_ + at_reader_sleeps);
}

// ---- Reading -----------------------------------------------------------------------------------

RingReader::RingReader(std::span<std::byte> memory)
    : control_(memory.data()),
      cells_(memory.data() + ring::control_bytes),
      count_(count_of(memory)),
      chunk_cells_max_(chunk_cells_of(count_)) {}

bool RingReader::has_news() const {
    if (length_ > 0) return true;
    const std::size_t begin = (position_ & (count_ - 1)) * ring::cell_bytes;
    const std::uint64_t header = word(cells_ + begin).load(std::memory_order_seq_cst);
    return static_cast<std::uint32_t>(header) == turn_of(position_);
}

std::expected<std::size_t, std::string> RingReader::read(std::span<std::byte> space) {
    const std::size_t mask = count_ * ring::cell_bytes - 1;
    std::size_t total = 0;
    while (total < space.size()) {
        const std::size_t begin = position_ * ring::cell_bytes & mask;
        if (length_ == 0) {
            const std::uint64_t header = word(cells_ + begin).load(std::memory_order_acquire);
            if (static_cast<std::uint32_t>(header) != turn_of(position_)) break;
            const std::uint64_t length = header >> 32;
            if (length == 0 ||
                length > chunk_cells_max_ * ring::cell_bytes - ring::chunk_header_bytes) {
                return std::unexpected(fmt::format("a chunk of {} bytes in a ring", length));
            }
            length_ = length;
            taken_ = 0;
        }
        const std::size_t at = (begin + ring::chunk_header_bytes + taken_) & mask;
        const std::size_t bytes = std::min({length_ - taken_, space.size() - total, mask + 1 - at});
        std::memcpy(space.data() + total, cells_ + at, bytes);
        total += bytes;
        taken_ += bytes;
        if (taken_ < length_) continue;
        position_ += cells_of(length_);
        length_ = 0;
        word(control_ + at_consumed).store(position_, std::memory_order_seq_cst);
    }
    return total;
}

void RingReader::sleep() {
    announce(control_ + at_reader_sleeps);
}

void RingReader::awake() {
    flag(control_ + at_reader_sleeps).store(0, std::memory_order_relaxed);
}

// Not for every cell that became free.
bool RingReader::must_wake() {
    if (position_ - woken_at_ < count_ / 2 && has_news()) return false;
    if (!take_announcement(control_ + at_writer_sleeps)) return false;
    woken_at_ = position_;
    return true;
}

}  // namespace reowolf::post
