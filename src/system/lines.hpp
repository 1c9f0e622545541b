// SPDX-License-Identifier: MIT
// Lines of a descriptor, for a program that waits for other things as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace reowolf::system {

class Lines {
  public:
    // Longer ones are cut there, so that no input can take all memory.
    static constexpr std::size_t line_bytes_max = std::size_t{256} << 20;

    explicit Lines(int descriptor) : descriptor_(descriptor) {}

    // Waits until a line can be taken, the input is over, or the other descriptor (if it is not
    // negative) is readable; or until the time is over (negative: for ever). With `reads` false
    // only for the other one.
    void wait(bool reads, int other, std::int64_t timeout_ms);
    // The next line, without its line break.
    std::optional<std::string> take();
    // There comes no further line.
    bool is_over() const { return is_over_ && text_.empty(); }

  private:
    void read_some();

    int descriptor_;
    std::string text_;      // read, and not taken yet
    std::size_t seen_ = 0;  // so much of it holds no line break
    bool is_over_ = false;
};

bool is_terminal(int descriptor);

}  // namespace reowolf::system
