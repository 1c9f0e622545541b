// SPDX-License-Identifier: MIT
// Writing and reading little-endian bytes. A reader is fed by strangers: it never reads beyond its
// end, and after the first mistake it yields zeros and stays failed.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reowolf::wire {

template <std::unsigned_integral T>
void write_number(T value, std::byte* at) {
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(at, &value, sizeof(T));
    } else {
        for (std::size_t i = 0; i < sizeof(T); ++i)
            at[i] = static_cast<std::byte>(value >> (8 * i));
    }
}

class Writer {
  public:
    // Expects about so many bytes.
    explicit Writer(std::size_t bytes = 64) { bytes_.reserve(bytes); }

    template <std::unsigned_integral T>
    void number(T value) {
        write_number(value, extend(sizeof(T)));
    }
    void flag(bool value) { number<std::uint8_t>(value ? 1 : 0); }
    void block(std::span<const std::byte> bytes) {
        number(static_cast<std::uint32_t>(bytes.size()));
        if (bytes.size() <= bytes_.size() - end_) {
            if (!bytes.empty()) std::memcpy(bytes_.data() + end_, bytes.data(), bytes.size());
            end_ += bytes.size();
            return;
        }
        bytes_.resize(end_);
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        end_ = bytes_.size();
    }
    void text(std::string_view text) { block(std::as_bytes(std::span(text))); }

    std::vector<std::byte> take() {
        bytes_.resize(end_);
        end_ = 0;
        return std::move(bytes_);
    }

    // For who writes again and again into the same memory: what is written, until more is.
    std::span<const std::byte> written() const { return std::span(bytes_).first(end_); }
    void begin_anew() { end_ = 0; }

  private:
    // Room is made for several numbers at a time.
    std::byte* extend(std::size_t bytes) {
        if (bytes_.size() - end_ < bytes) [[unlikely]] {
            widen();
        }
        std::byte* const at = bytes_.data() + end_;
        end_ += bytes;
        return at;
    }
    [[gnu::noinline]] void widen() {
        constexpr std::size_t step = 128;
        bytes_.resize(end_ + step);
    }

    std::vector<std::byte> bytes_;  // the first `end_` are written
    std::size_t end_ = 0;
};

class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <std::unsigned_integral T>
    T number() {
        if (rest_.size() < sizeof(T)) return fail<T>();
        T value = 0;
        if constexpr (std::endian::native == std::endian::little) {
            std::memcpy(&value, rest_.data(), sizeof(T));
        } else {
            for (std::size_t i = 0; i < sizeof(T); ++i) {
                value = static_cast<T>(value | static_cast<T>(static_cast<T>(rest_[i]) << (8 * i)));
            }
        }
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }
    bool flag() {
        const auto value = number<std::uint8_t>();
        if (value > 1) failed_ = true;
        return value == 1;
    }
    std::span<const std::byte> block() {
        const auto size = number<std::uint32_t>();
        if (rest_.size() < size) return fail<std::span<const std::byte>>();
        const auto bytes = rest_.first(size);
        rest_ = rest_.subspan(size);
        return bytes;
    }
    std::string text() {
        const auto bytes = block();
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    // How many elements follow, each of which takes at least `element_bytes_min` bytes: a count
    // that the rest cannot hold is a mistake, and nothing is allocated for it.
    std::uint32_t count(std::size_t element_bytes_min) {
        const auto count = number<std::uint32_t>();
        if (count > rest_.size() / element_bytes_min) return fail<std::uint32_t>();
        return count;
    }

    // What is not read yet.
    std::span<const std::byte> rest() const { return rest_; }
    bool failed() const { return failed_; }
    bool finished() const { return !failed_ && rest_.empty(); }

  private:
    template <class T>
    T fail() {
        failed_ = true;
        rest_ = {};
        return T{};
    }

    std::span<const std::byte> rest_;
    bool failed_ = false;
};

}  // namespace reowolf::wire
