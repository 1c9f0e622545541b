// SPDX-License-Identifier: MIT
#include "system/lines.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include <poll.h>
#include <unistd.h>

namespace reowolf::system {

void Lines::wait(bool reads, int other, std::int64_t timeout_ms) {
    if (reads && (is_over_ || text_.find('\n', seen_) != std::string::npos)) return;
    std::array<pollfd, 2> waiting{};
    waiting[0] = {.fd = reads ? descriptor_ : -1, .events = POLLIN, .revents = 0};
    waiting[1] = {.fd = other, .events = POLLIN, .revents = 0};
    const auto limit = std::min<std::int64_t>(timeout_ms, std::numeric_limits<int>::max());
    if (poll(waiting.data(), waiting.size(), static_cast<int>(std::max<std::int64_t>(limit, -1))) <=
        0) {
        return;
    }
    if (waiting[0].revents != 0) read_some();
}

void Lines::read_some() {
    std::array<char, 65'536> buffer;
    const ssize_t length = read(descriptor_, buffer.data(), buffer.size());
    if (length < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (length <= 0) {
        is_over_ = true;
        return;
    }
    text_.append(buffer.data(), static_cast<std::size_t>(length));
}

std::optional<std::string> Lines::take() {
    std::size_t end = text_.find('\n', seen_);
    if (end == std::string::npos) {
        seen_ = text_.size();
        const bool complete = (is_over_ && !text_.empty()) || text_.size() >= line_bytes_max;
        if (!complete) return std::nullopt;
        end = text_.size();
    }
    std::string line = text_.substr(0, end);
    text_.erase(0, std::min(end + 1, text_.size()));
    seen_ = 0;
    return line;
}

bool is_terminal(int descriptor) {
    return isatty(descriptor) == 1;
}

}  // namespace reowolf::system
