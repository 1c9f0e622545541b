// SPDX-License-Identifier: MIT
// A terminal as a screen that is shown anew again and again, as long as somebody looks at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace reowolf::system {

// One at a time. What stood in the terminal before is there again afterwards, also after SIGINT,
// SIGTERM and SIGHUP.
class Screen {
  public:
    // Standard output is a terminal that can be written to at any place, and standard input is one
    // that keys can be read from.
    static bool is_possible();

    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    std::size_t width() const { return width_; }
    std::size_t height() const { return height_; }

    // Lines and columns that do not fit are not shown.
    void show(const std::vector<std::string>& lines);

    enum class Key { none, leave, up, down, page_up, page_down, home };
    // Waits for a key, or until the time is over or the size has changed: `none` then.
    Key wait(std::int64_t time_ms);

  private:
    struct Saved;
    void measure();
    Key read_key();

    std::unique_ptr<Saved> saved_;
    std::size_t width_ = 80;
    std::size_t height_ = 24;
};

// The text without what follows its first `columns` characters.
std::string clipped(const std::string& text, std::size_t columns);

}  // namespace reowolf::system
