// SPDX-License-Identifier: MIT
#include "system/shared_memory.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace reowolf::system {

namespace {

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

std::unexpected<std::string> failed(const char* what) {
    return std::unexpected(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

std::expected<SharedMemory, std::string> SharedMemory::create(std::size_t bytes) {
    SharedMemory memory(::memfd_create("reowolf", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (memory.descriptor_ < 0) return failed("memfd_create");
    // Now, as it would be a signal later if there were not enough.
    const int error = ::posix_fallocate(memory.descriptor_, 0, static_cast<off_t>(bytes));
    if (error != 0) {
        errno = error;
        return failed("posix_fallocate");
    }
    if (::fcntl(memory.descriptor_, F_ADD_SEALS, seals) != 0) return failed("F_ADD_SEALS");
    if (!memory.map(bytes)) return failed("mmap");
    return memory;
}

std::expected<SharedMemory, std::string> SharedMemory::open(int descriptor, std::size_t bytes) {
    SharedMemory memory(descriptor);
    const int sealed = ::fcntl(descriptor, F_GET_SEALS);
    if (sealed < 0) return failed("F_GET_SEALS");
    if ((sealed & F_SEAL_SHRINK) == 0) return std::unexpected("the memory could shrink");
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) return failed("fstat");
    if (std::cmp_not_equal(status.st_size, bytes)) {
        return std::unexpected("the memory has another size");
    }
    if (!memory.map(bytes)) return failed("mmap");
    return memory;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

SharedMemory::~SharedMemory() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
    close_descriptor();
}

void SharedMemory::close_descriptor() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

bool SharedMemory::map(std::size_t bytes) {
    void* const at =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor_, 0);
    if (at == MAP_FAILED) return false;
    bytes_ = {static_cast<std::byte*>(at), bytes};
    return true;
}

}  // namespace reowolf::system
