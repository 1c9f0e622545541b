// SPDX-License-Identifier: MIT
// Objects with small numbers and addresses that stay. Numbers are used again; the objects are not
// destroyed in between, so that what they own can be used again too.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace reowolf::runtime {

template <class T>
class Slab {
  public:
    // Of a number that was given out. Inlined, and not checked: rounds look up little else.
    [[gnu::always_inline]] T& operator[](std::uint32_t number) {
        return chunks_[number >> chunk_bits].get()[number & (chunk_size - 1)];
    }
    [[gnu::always_inline]] const T& operator[](std::uint32_t number) const {
        return chunks_[number >> chunk_bits].get()[number & (chunk_size - 1)];
    }
    // All numbers that were ever given out are below.
    std::uint32_t size() const { return size_; }

    std::uint32_t in_use() const { return size_ - static_cast<std::uint32_t>(free_.size()); }

    // The number that add() gives next.
    std::uint32_t upcoming() const { return free_.empty() ? size_ : free_.back(); }
    // One that is free, or else the next.
    std::uint32_t add() {
        if (free_.empty()) return append();
        const std::uint32_t number = free_.back();
        free_.pop_back();
        return number;
    }
    std::uint32_t append() {
        if (size_ == chunks_.size() << chunk_bits) {
            chunks_.push_back(std::make_unique<T[]>(chunk_size));
        }
        return size_++;
    }
    void give_back(std::uint32_t number) { free_.push_back(number); }

  private:
    static constexpr std::uint32_t chunk_bits = 6;
    static constexpr std::uint32_t chunk_size = 1u << chunk_bits;

    std::vector<std::unique_ptr<T[]>> chunks_;
    std::vector<std::uint32_t> free_;
    std::uint32_t size_ = 0;
};

}  // namespace reowolf::runtime
