// SPDX-License-Identifier: MIT
// The bytes of a frame as it came: its own, or in memory that others use again when nobody keeps
// it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace reowolf::runtime {

class Frame {
  public:
    Frame() = default;
    explicit Frame(std::vector<std::byte> own) : own_(std::move(own)) {}
    Frame(std::span<std::byte> lent, std::shared_ptr<void> keeper)
        : lent_(lent), keeper_(std::move(keeper)) {}

    std::span<const std::byte> bytes() const { return keeper_ ? lent_ : std::span(own_); }
    std::size_t size() const { return bytes().size(); }

    // Null: they are its own.
    const std::shared_ptr<void>& keeper() const { return keeper_; }
    std::span<std::byte> lent() const { return lent_; }
    std::vector<std::byte> take_own() { return std::exchange(own_, {}); }

  private:
    std::vector<std::byte> own_;
    std::span<std::byte> lent_;
    std::shared_ptr<void> keeper_;
};

}  // namespace reowolf::runtime
