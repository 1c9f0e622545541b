// SPDX-License-Identifier: MIT
#include "system/screen.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "system/lines.hpp"

namespace reowolf::system {
namespace {

volatile std::sig_atomic_t has_to_leave = 0;
volatile std::sig_atomic_t has_new_size = 0;

void note_signal(int signal) {
    if (signal == SIGWINCH) {
        has_new_size = 1;
    } else {
        has_to_leave = 1;
    }
}

constexpr std::array signals = {SIGWINCH, SIGINT, SIGTERM, SIGHUP};

void write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l";  // the other screen, without a cursor
constexpr std::string_view leave = "\x1b[?25h\x1b[?1049l";

}  // namespace

struct Screen::Saved {
    termios terminal{};
    std::array<struct sigaction, signals.size()> actions{};
};

bool Screen::is_possible() {
    const char* terminal = std::getenv("TERM");
    const bool is_dumb =
        terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
    return !is_dumb && is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO);
}

Screen::Screen() : saved_(std::make_unique<Saved>()) {
    has_to_leave = 0;
    struct sigaction action{};
    action.sa_handler = note_signal;  // without SA_RESTART: waiting ends
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], &action, &saved_->actions[i]);
    }
    ::tcgetattr(STDIN_FILENO, &saved_->terminal);
    termios raw = saved_->terminal;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    write_all(enter);
    measure();
}

Screen::~Screen() {
    write_all(leave);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_->terminal);
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], &saved_->actions[i], nullptr);
    }
}

void Screen::measure() {
    has_new_size = 0;
    winsize size{};
    const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    width_ = is_known && size.ws_col > 0 ? size.ws_col : 80;
    height_ = is_known && size.ws_row > 0 ? size.ws_row : 24;
}

void Screen::show(const std::vector<std::string>& lines) {
    std::string text = "\x1b[H";
    const std::size_t shown = std::min(lines.size(), height_);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += "\r\n";
        text += clipped(lines[i], width_) + "\x1b[K";
    }
    write_all(text + "\x1b[J");
}

Screen::Key Screen::wait(std::int64_t time_ms) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::milliseconds(time_ms);
    while (true) {
        if (has_to_leave != 0) return Key::leave;
        if (has_new_size != 0) {
            measure();
            return Key::none;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) return Key::none;
        pollfd waited{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        if (::poll(&waited, 1, static_cast<int>(left)) <= 0) continue;
        const Key key = read_key();
        if (key != Key::none) return key;
    }
}

Screen::Key Screen::read_key() {
    std::array<char, 16> bytes{};
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got <= 0) return got < 0 && errno == EINTR ? Key::none : Key::leave;
    const std::string_view typed(bytes.data(), static_cast<std::size_t>(got));
    if (typed == "q" || typed == "Q" || typed == "\x1b") return Key::leave;
    if (typed == "k" || typed == "\x1b[A" || typed == "\x1bOA") return Key::up;
    if (typed == "j" || typed == "\x1b[B" || typed == "\x1bOB") return Key::down;
    if (typed == "\x1b[5~") return Key::page_up;
    if (typed == " " || typed == "\x1b[6~") return Key::page_down;
    if (typed == "g" || typed == "\x1b[H" || typed == "\x1b[1~") return Key::home;
    return Key::none;
}

std::string clipped(const std::string& text, std::size_t columns) {
    std::size_t shown = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
        if (begins && shown++ == columns) return text.substr(0, i);
    }
    return text;
}

}  // namespace reowolf::system
