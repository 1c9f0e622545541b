// SPDX-License-Identifier: MIT
// A queue that allocates only when it is longer than ever before.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace reowolf::runtime {

template <class T>
class Ring {
  public:
    bool empty() const { return popped_ == pushed_; }
    std::uint64_t size() const { return pushed_ - popped_; }
    // How many ever went in and out.
    std::uint64_t pushed() const { return pushed_; }
    std::uint64_t popped() const { return popped_; }

    [[gnu::always_inline]] void push(T item) {
        if (size() == capacity_) grow();
        items_[place(pushed_++)] = std::move(item);
    }
    // For so many that are there at once, who need not be looked after by place_next().
    void reserve(std::uint64_t count) {
        while (capacity_ < count) grow();
    }
    [[gnu::always_inline]] void place_next(T item) { items_[place(pushed_++)] = std::move(item); }
    T& front() { return items_[place(popped_)]; }
    const T& front() const { return items_[place(popped_)]; }
    T pop_back() { return std::move(items_[place(--pushed_)]); }
    T& back() { return items_[place(pushed_ - 1)]; }
    // Of the last `count` the first one is the last one then.
    void reverse_last(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count / 2; ++i) {
            std::swap(items_[place(pushed_ - 1 - i)], items_[place(pushed_ - count + i)]);
        }
    }
    T pop() { return std::move(items_[place(popped_++)]); }

  private:
    std::uint64_t place(std::uint64_t number) const { return number & mask_; }
    [[gnu::noinline]] void grow() {
        constexpr std::uint64_t smallest = 16;
        const std::uint64_t larger = capacity_ == 0 ? smallest : capacity_ * 2;
        auto items = std::make_unique<T[]>(larger);
        for (std::uint64_t i = popped_; i != pushed_; ++i) {
            items[i & (larger - 1)] = std::move(items_[place(i)]);
        }
        items_ = std::move(items);
        capacity_ = larger;
        mask_ = larger - 1;
    }

    std::unique_ptr<T[]> items_;
    std::uint64_t capacity_ = 0;  // a power of two, or none
    std::uint64_t mask_ = 0;      // one less
    std::uint64_t pushed_ = 0;
    std::uint64_t popped_ = 0;
};

}  // namespace reowolf::runtime
