// SPDX-License-Identifier: MIT
// Connections between processes of one user on one host, by name: sockets in a folder of the
// user's, to which nobody else has access.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/event.hpp"

namespace reowolf::system {

// $XDG_RUNTIME_DIR/reowolf or, where that is not set, /tmp/reowolf-UID. It is made if it is not
// there. The error says why it cannot be used: somebody else has made it, for example.
std::expected<std::string, std::string> local_socket_folder();

class LocalSocket {
  public:
    // The error says why there is nobody. Does not wait for longer than some seconds.
    static std::expected<LocalSocket, std::string> connect(const std::string& path);

    LocalSocket(LocalSocket&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), read_(std::move(other.read_)) {}
    LocalSocket& operator=(LocalSocket&&) = delete;
    ~LocalSocket();

    // All of it; false if the other side is gone, or takes nothing for some seconds.
    bool send(std::string_view text);
    // To the next line break, which is left out. Nothing: the other side is gone, sends nothing for
    // so long, or a longer line.
    std::optional<std::string> receive_line(std::size_t bytes_max, std::int64_t time_ms);

  private:
    friend class LocalListener;
    explicit LocalSocket(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
    std::string read_;
};

// The socket is there as long as this is, in the process that has opened it. A process that is
// killed leaves its socket behind.
class LocalListener {
  public:
    // Named after this process: its number or, if that is taken, its number and one more, as in
    // 4711.2.
    static std::expected<std::unique_ptr<LocalListener>, std::string> open(
        const std::string& folder);
    ~LocalListener();
    LocalListener(const LocalListener&) = delete;
    LocalListener& operator=(const LocalListener&) = delete;

    // Waits until somebody connects, or the event is set: nothing then.
    std::optional<LocalSocket> accept(const Event& stop);

  private:
    LocalListener(std::string path, int descriptor);

    std::string path_;
    int descriptor_;
    std::int64_t process_;
};

// Which process has opened a socket of that name.
std::uint64_t process_of(std::string_view socket);

// The names of the sockets in the folder at which somebody listens, by process and in the order in
// which it numbered them. Those that were left behind are removed.
std::vector<std::string> living_sockets(const std::string& folder);

}  // namespace reowolf::system
