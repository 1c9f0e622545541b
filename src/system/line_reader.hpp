// SPDX-License-Identifier: MIT
// The lines of a descriptor, read without ever being blocked by it for longer than one wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace reowolf::system {

class LineReader {
  public:
    // The descriptor stays the caller's. Longer lines than `line_bytes_max` come in pieces.
    LineReader(int descriptor, std::size_t line_bytes_max)
        : descriptor_(descriptor), line_bytes_max_(line_bytes_max) {}

    // The next line, without its end, if it is there already. What follows the last end of line
    // is a line too, if it is not empty.
    std::optional<std::string> take();
    // All has been taken, and nothing comes any more.
    bool is_at_end() const { return is_over_ && taken_ == read_.size(); }
    // Why reading ended before the end, as errno says it; or 0.
    int error() const { return error_; }

    // Reads what is there; waits for it at most so long. Negative: for ever. For times in which a
    // line is wanted and none is there. Also ends when the other descriptor (-1: none) is readable.
    void wait(std::int64_t time_ms, int other = -1);

  private:
    int descriptor_;
    std::size_t line_bytes_max_;
    std::string read_;
    std::size_t taken_ = 0;     // of read_
    std::size_t searched_ = 0;  // of read_, for an end of line
    bool is_over_ = false;
    int error_ = 0;
};

// Waits at most so long for input, or for the other descriptor; whether input is there. Negative:
// for ever. No descriptors (-1): only waits.
bool wait_for_input(int descriptor, std::int64_t time_ms, int other = -1);

}  // namespace reowolf::system
