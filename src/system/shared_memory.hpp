// SPDX-License-Identifier: MIT
// Memory that several processes see. Its size is fixed for good, so that nobody can take it away
// from under the others.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>

namespace reowolf::system {

class SharedMemory {
  public:
    // All zero. The error says why there is none.
    static std::expected<SharedMemory, std::string> create(std::size_t bytes);
    // What another process has created, from a descriptor of it, which is closed. An error: it is
    // not of that size, or somebody could still shrink it.
    static std::expected<SharedMemory, std::string> open(int descriptor, std::size_t bytes);

    SharedMemory(SharedMemory&& other) noexcept;
    SharedMemory& operator=(SharedMemory&& other) noexcept;
    ~SharedMemory();

    // Begins at a page.
    std::span<std::byte> bytes() const { return bytes_; }
    // For open() elsewhere.
    int descriptor() const { return descriptor_; }
    // When no other process is to open it any more; the memory stays.
    void close_descriptor();

  private:
    explicit SharedMemory(int descriptor) : descriptor_(descriptor) {}
    bool map(std::size_t bytes);

    int descriptor_ = -1;
    std::span<std::byte> bytes_;
};

}  // namespace reowolf::system
