// SPDX-License-Identifier: MIT
#include "runtime/channel.hpp"

#include <utility>

namespace reowolf::runtime {

void Pending::push_more(machine::Value&& value) {
    ++size_;
    if (!more_) more_ = std::make_unique<More>();
    // One that is never empty would have ever more of those that have gone.
    if (next_ > more_->values.size() / 2 && more_->values.size() == more_->values.capacity()) {
        more_->values.erase(more_->values.begin(), more_->values.begin() + next_);
        next_ = 0;
    }
    if (value.is_reference()) more_->bytes += size_of(value);
    more_->values.push_back(std::move(value));
}

void Pending::advance() {
    first_ = std::move(more_->values[next_++]);
    if (first_.is_reference()) more_->bytes -= size_of(first_);
    if (size_ > 1) return;
    more_->values.clear();
    next_ = 0;
    more_->measured_at = More::measured_first;
}

}  // namespace reowolf::runtime
