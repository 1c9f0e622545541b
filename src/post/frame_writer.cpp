// SPDX-License-Identifier: MIT
#include "post/frame_writer.hpp"

#include <algorithm>
#include <utility>

namespace reowolf::post {

namespace {

// As many as one system call takes without asking the heap.
constexpr std::size_t pieces_max = 64;

}  // namespace

FrameWriter::FrameWriter() {
    batch_with_room(preamble_bytes).append(preamble());
}

FrameWriter::Batch& FrameWriter::batch_with_room(std::size_t bytes) {
    if (!batches_.empty()) {
        Batch& last = batches_.back();
        if (!last.is_closed && batch_bytes - last.length >= bytes) return last;
    }
    Batch& batch = batches_.emplace_back();
    batch.memory =
        spare_ ? std::move(spare_) : std::make_unique_for_overwrite<Memory::element_type>();
    return batch;
}

void FrameWriter::push(FrameType type, Payload body) {
    const auto header = encode({.length = static_cast<std::uint32_t>(body.size()), .type = type});
    const bool copies = body.size() <= copied_bytes_max;
    Batch& batch = batch_with_room(header.size() + (copies ? body.size() : body.own().size()));
    batch.append(header);
    batch.append(body.own());
    if (copies) body.for_each([&](const Payload::Piece& piece) { batch.append(piece.bytes); });
    if (type == FrameType::data) {
        ++batch.messages;
        batch.message_bytes += body.size();
        ++messages_;
        message_bytes_ += body.size();
    }
    batch.has_moved = type == FrameType::moved;
    batch.is_closed = batch.has_moved || !copies;
    if (!copies) batch.body = std::move(body);
}

const std::vector<std::span<const std::byte>>& FrameWriter::gather() {
    pieces_.clear();
    for (const Batch& batch : batches_) {
        if (pieces_.size() + 2 > pieces_max) break;
        const auto bytes = std::span<const std::byte>(*batch.memory).first(batch.length);
        const std::size_t of_bytes = std::min(batch.written, bytes.size());
        std::size_t of_body = batch.written - of_bytes;
        if (of_bytes < bytes.size()) pieces_.push_back(bytes.subspan(of_bytes));
        batch.body.for_each([&](const Payload::Piece& piece) {
            const std::size_t skipped = std::min(of_body, piece.bytes.size());
            of_body -= skipped;
            if (skipped < piece.bytes.size()) pieces_.push_back(piece.bytes.subspan(skipped));
        });
        if (batch.has_moved) break;
    }
    return pieces_;
}

void FrameWriter::written(std::size_t bytes) {
    while (!batches_.empty()) {
        Batch& batch = batches_.front();
        const std::size_t left = batch.size() - batch.written;
        if (bytes < left) {
            batch.written += bytes;
            return;
        }
        bytes -= left;
        messages_ -= batch.messages;
        message_bytes_ -= batch.message_bytes;
        has_moved_ |= batch.has_moved;
        spare_ = std::move(batch.memory);
        batches_.pop_front();
    }
}

void FrameWriter::clear() {
    batches_.clear();
    messages_ = 0;
    message_bytes_ = 0;
}

}  // namespace reowolf::post
