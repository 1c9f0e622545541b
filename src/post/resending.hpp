// SPDX-License-Identifier: MIT
// Numbered records that have been sent, kept until the other side is known to have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "post/transport.hpp"

namespace reowolf::post {

class Resending {
  public:
    // The number of the next record, and how many there were.
    std::uint64_t sent() const { return first_ + records_.size(); }
    std::uint64_t acknowledged() const { return first_; }
    std::size_t bytes() const { return bytes_; }
    bool is_empty() const { return records_.empty(); }

    void add(Payload record) {
        bytes_ += record.size() + overhead_bytes;
        records_.push_back(std::move(record));
    }

    // The other side has received so many. False: it cannot have.
    [[nodiscard]] bool acknowledge(std::uint64_t received) {
        if (received > sent() || received < first_) return false;
        for (; first_ < received; ++first_) {
            bytes_ -= records_.front().size() + overhead_bytes;
            records_.pop_front();
        }
        return true;
    }

    // From the first that is not acknowledged.
    const std::deque<Payload>& records() const { return records_; }

  private:
    // A small record costs more than its bytes.
    static constexpr std::size_t overhead_bytes = 64;

    std::uint64_t first_ = 0;
    std::deque<Payload> records_;
    std::size_t bytes_ = 0;
};

}  // namespace reowolf::post
