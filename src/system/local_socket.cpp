// SPDX-License-Identifier: MIT
#include "system/local_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/process.hpp"

namespace reowolf::system {
namespace {

constexpr int patience_s = 5;

std::string reason() {
    return std::strerror(errno);
}

// Nothing: the path is too long for a socket.
std::optional<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

int new_socket(int flags = 0) {
    return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

// A child of fork() has its parent's socket too, and keeps it open without ever answering.
bool is_orphaned(int descriptor) {
    ucred opener{};
    socklen_t size = sizeof opener;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &opener, &size) == 0 &&
           opener.pid > 0 && !is_running(static_cast<std::uint64_t>(opener.pid));
}

// On failure errno says why; ECONNREFUSED: nobody listens any more.
bool connect_to(int descriptor, const sockaddr_un& address) {
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return false;
    }
    if (!is_orphaned(descriptor)) return true;
    errno = ECONNREFUSED;
    return false;
}

// The two numbers in a name like 4711.2; 0: there is none.
std::pair<std::uint64_t, std::uint64_t> numbers_of(std::string_view name) {
    std::pair<std::uint64_t, std::uint64_t> numbers{};
    const char* const end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data(), end, numbers.first);
    if (error == std::errc{} && rest != end) std::from_chars(rest + 1, end, numbers.second);
    return numbers;
}

void be_patient(int descriptor) {
    const timeval patience{.tv_sec = patience_s, .tv_usec = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

}  // namespace

std::expected<std::string, std::string> local_socket_folder() {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    const bool is_set = runtime != nullptr && runtime[0] == '/';
    std::string folder =
        is_set ? std::string(runtime) + "/reowolf" : "/tmp/reowolf-" + std::to_string(::getuid());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return std::unexpected(folder + ": " + reason());
    }
    struct stat found{};
    if (::lstat(folder.c_str(), &found) != 0) return std::unexpected(folder + ": " + reason());
    const bool is_private = S_ISDIR(found.st_mode) && found.st_uid == ::getuid() &&
                            (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    if (!is_private) return std::unexpected(folder + " is not a folder of this user's alone");
    return folder;
}

std::expected<LocalSocket, std::string> LocalSocket::connect(const std::string& path) {
    const auto address = address_of(path);
    if (!address) return std::unexpected(path + " is too long a name for a socket");
    const int descriptor = new_socket();
    if (descriptor < 0) return std::unexpected(reason());
    LocalSocket connected(descriptor);
    be_patient(descriptor);
    if (!connect_to(descriptor, *address)) return std::unexpected(reason());
    return connected;
}

LocalSocket::~LocalSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool LocalSocket::send(std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::optional<std::string> LocalSocket::receive_line(std::size_t bytes_max, std::int64_t time_ms) {
    std::array<char, 16'384> buffer;
    while (true) {
        const std::size_t end = read_.find('\n');
        if (end != std::string::npos) {
            std::string line = read_.substr(0, end);
            read_.erase(0, end + 1);
            return line;
        }
        if (read_.size() > bytes_max) return std::nullopt;
        pollfd waited{.fd = descriptor_, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&waited, 1, static_cast<int>(time_ms));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return std::nullopt;
        const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::nullopt;
        read_.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::expected<std::unique_ptr<LocalListener>, std::string> LocalListener::open(
    const std::string& folder) {
    const int descriptor = new_socket();
    if (descriptor < 0) return std::unexpected(reason());
    const std::string path = folder + '/' + std::to_string(::getpid());
    // Whoever finds the name finds somebody who listens: it gets that name last. Until then it has
    // one that no other thread can have.
    const std::string unfinished = path + '.' + std::to_string(descriptor) + ".new";
    const auto address = address_of(unfinished);
    if (!address) {
        ::close(descriptor);
        return std::unexpected(path + " is too long a name for a socket");
    }
    ::unlink(unfinished.c_str());
    constexpr int waiting_max = 8;
    const auto rename_to = [&](const std::string& name) {
        return ::renameat2(AT_FDCWD, unfinished.c_str(), AT_FDCWD, name.c_str(),
                           RENAME_NOREPLACE) == 0;
    };
    std::string name = path;
    bool is_open =
        ::bind(descriptor, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
        ::listen(descriptor, waiting_max) == 0;
    if (is_open) {
        is_open = rename_to(name);
        for (int number = 2; !is_open && errno == EEXIST; ++number) {
            name = path + '.' + std::to_string(number);
            is_open = rename_to(name);
        }
    }
    if (!is_open) {
        const std::string why = reason();
        ::unlink(unfinished.c_str());
        ::close(descriptor);
        return std::unexpected(path + ": " + why);
    }
    return std::unique_ptr<LocalListener>(new LocalListener(std::move(name), descriptor));
}

LocalListener::LocalListener(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor), process_(::getpid()) {}

LocalListener::~LocalListener() {
    if (process_ == ::getpid()) ::unlink(path_.c_str());
    ::close(descriptor_);
}

std::optional<LocalSocket> LocalListener::accept(const Event& stop) {
    while (true) {
        pollfd waited[] = {{.fd = descriptor_, .events = POLLIN, .revents = 0},
                           {.fd = stop.descriptor(), .events = POLLIN, .revents = 0}};
        if (::poll(waited, 2, -1) < 0 && errno != EINTR) return std::nullopt;
        if (waited[1].revents != 0) return std::nullopt;
        if (waited[0].revents == 0) continue;
        const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) {
            // Without descriptors left it would be ready again at once.
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) ::poll(&waited[1], 1, 1'000);
            continue;
        }
        be_patient(accepted);
        return LocalSocket(accepted);
    }
}

std::uint64_t process_of(std::string_view socket) {
    return numbers_of(socket).first;
}

std::vector<std::string> living_sockets(const std::string& folder) {
    std::vector<std::string> living;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (!entry.is_socket(error) || entry.path().extension() == ".new") continue;
        const std::string path = entry.path().string();
        const auto address = address_of(path);
        const int descriptor = address ? new_socket(SOCK_NONBLOCK) : -1;
        if (descriptor < 0) continue;
        // Many may be asking already.
        if (connect_to(descriptor, *address) || errno == EAGAIN) {
            living.push_back(entry.path().filename().string());
        } else if (errno == ECONNREFUSED) {
            ::unlink(path.c_str());
        }
        ::close(descriptor);
    }
    std::ranges::sort(living, {}, numbers_of);
    return living;
}

}  // namespace reowolf::system
