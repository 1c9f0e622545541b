// SPDX-License-Identifier: MIT
// A queue that allocates only when it is longer than ever before.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace reowolf::runtime {

template <class T>
class Ring {
  public:
    bool empty() const { return popped_ == pushed_; }
    std::uint64_t size() const { return pushed_ - popped_; }
    // How many ever went in and out.
    std::uint64_t pushed() const { return pushed_; }
    std::uint64_t popped() const { return popped_; }

    void push(T item) {
        if (size() == items_.size()) grow();
        items_[pushed_++ & (items_.size() - 1)] = std::move(item);
    }
    T& front() { return items_[popped_ & (items_.size() - 1)]; }
    T pop_back() { return std::move(items_[--pushed_ & (items_.size() - 1)]); }
    T& back() { return items_[(pushed_ - 1) & (items_.size() - 1)]; }
    // Of the last `count` the first one is the last one then.
    void reverse_last(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count / 2; ++i) {
            std::swap(items_[(pushed_ - 1 - i) & (items_.size() - 1)],
                      items_[(pushed_ - count + i) & (items_.size() - 1)]);
        }
    }
    T pop() { return std::move(items_[popped_++ & (items_.size() - 1)]); }

  private:
    void grow() {
        constexpr std::size_t smallest = 16;
        std::vector<T> larger(items_.empty() ? smallest : items_.size() * 2);
        for (std::uint64_t i = popped_; i != pushed_; ++i) {
            larger[i & (larger.size() - 1)] = std::move(items_[i & (items_.size() - 1)]);
        }
        items_ = std::move(larger);
    }

    std::vector<T> items_;  // a power of two
    std::uint64_t pushed_ = 0;
    std::uint64_t popped_ = 0;
};

}  // namespace reowolf::runtime
