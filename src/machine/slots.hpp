// SPDX-License-Identifier: MIT
// The frames of one state, one after the other. Few slots, which is what a component has between
// its calls, lie in the object itself: a state is made and copied at every fork.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "machine/value.hpp"

namespace reowolf::machine {

// Neither counts nor releases references.
class Slots {
  public:
    Slots() = default;
    explicit Slots(std::uint32_t size) { grow(size); }
    Slots(const Slots& other) { *this = other; }
    Slots(Slots&& other) noexcept { *this = std::move(other); }
    Slots& operator=(const Slots& other) {
        if (this == &other) return *this;
        size_ = 0;
        reserve(other.size_);
        std::copy_n(other.data_, other.size_, data_);
        size_ = other.size_;
        return *this;
    }
    // What was moved from is empty.
    Slots& operator=(Slots&& other) noexcept {
        if (this == &other) return *this;
        heap_ = std::move(other.heap_);
        if (heap_) {
            data_ = other.data_;
        } else {
            data_ = here_;
            std::copy_n(other.here_, other.size_, here_);
        }
        capacity_ = other.capacity_;
        size_ = other.size_;
        other.data_ = other.here_;
        other.capacity_ = slots_here;
        other.size_ = 0;
        return *this;
    }
    ~Slots() = default;

    Slot* data() { return data_; }
    const Slot* data() const { return data_; }
    std::uint32_t size() const { return size_; }

    // Adds zero slots at the end. The others may move.
    void grow(std::uint32_t count) { std::fill_n(push(count), count, Slot{}); }
    // The same, but what is in the new ones is undefined. Returns the first of them.
    Slot* push(std::uint32_t count) {
        if (capacity_ - size_ < count) reserve(size_ + count);
        Slot* first = data_ + size_;
        size_ += count;
        return first;
    }
    void shrink(std::uint32_t size) { size_ = size; }

  private:
    static constexpr std::uint32_t slots_here = 14;

    void reserve(std::uint32_t size) {
        if (size <= capacity_) return;
        const std::uint32_t capacity = std::max(size, size_ == 0 ? 0 : capacity_ * 2);
        auto larger = std::make_unique_for_overwrite<Slot[]>(capacity);
        std::copy_n(data_, size_, larger.get());
        heap_ = std::move(larger);
        data_ = heap_.get();
        capacity_ = capacity;
    }

    Slot* data_ = here_;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = slots_here;
    std::unique_ptr<Slot[]> heap_;
    Slot here_[slots_here];
};

}  // namespace reowolf::machine
