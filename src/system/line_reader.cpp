// SPDX-License-Identifier: MIT
#include "system/line_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include <poll.h>
#include <unistd.h>

namespace reowolf::system {

bool wait_for_input(int descriptor, std::int64_t time_ms, int other) {
    // What poll() can wait. Whoever waits longer is woken in between, which is no harm.
    constexpr std::int64_t time_max_ms = std::numeric_limits<int>::max();

    std::array<pollfd, 2> polled{pollfd{.fd = descriptor, .events = POLLIN, .revents = 0},
                                 pollfd{.fd = other, .events = POLLIN, .revents = 0}};
    const int limit = static_cast<int>(time_ms < 0 ? -1 : std::min(time_ms, time_max_ms));
    return poll(polled.data(), polled.size(), limit) > 0 && polled[0].revents != 0;
}

std::optional<std::string> LineReader::take() {
    const std::size_t limit = taken_ + line_bytes_max_;
    const std::size_t found = read_.find('\n', searched_);
    std::size_t end = std::min(found, read_.size());
    std::size_t next = found == std::string::npos ? end : found + 1;
    if (end > limit) {
        end = next = limit;
    } else if (found == std::string::npos && (!is_over_ || taken_ == read_.size())) {
        searched_ = read_.size();
        return std::nullopt;
    }
    std::string line = read_.substr(taken_, end - taken_);
    if (next > end && line.ends_with('\r')) line.pop_back();
    taken_ = next;
    searched_ = next;
    if (taken_ == read_.size()) {
        read_.clear();
        taken_ = searched_ = 0;
    }
    return line;
}

void LineReader::wait(std::int64_t time_ms, int other) {
    if (is_over_ || !wait_for_input(descriptor_, time_ms, other)) return;
    std::array<char, 65'536> bytes;
    const ssize_t count = read(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
        is_over_ = true;
        if (count < 0) error_ = errno;
        return;
    }
    read_.erase(0, taken_);
    searched_ -= taken_;
    taken_ = 0;
    read_.append(bytes.data(), static_cast<std::size_t>(count));
}

}  // namespace reowolf::system
