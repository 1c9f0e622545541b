// SPDX-License-Identifier: MIT
// A vector that most of those who could have one never fill: then it takes the room of a pointer.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace reowolf::runtime {

template <class T>
class Rare {
  public:
    bool empty() const { return size() == 0; }
    std::size_t size() const { return items_ ? items_->size() : 0; }
    const T* begin() const { return items_ ? items_->data() : nullptr; }
    const T* end() const { return begin() + size(); }
    const T& operator[](std::size_t number) const { return (*items_)[number]; }

    void push_back(T item) {
        if (!items_) items_ = std::make_unique<std::vector<T>>();
        items_->push_back(std::move(item));
    }
    // What room it has it keeps.
    void clear() {
        if (items_) items_->clear();
    }

  private:
    std::unique_ptr<std::vector<T>> items_;
};

}  // namespace reowolf::runtime
