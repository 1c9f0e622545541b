// SPDX-License-Identifier: MIT
#include "system/descriptor.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace reowolf::system {

namespace {

// Of descriptors that come with one message; the kernel closes those that do not fit.
constexpr std::size_t received_max = 4;

struct Letter {
    explicit Letter(std::size_t control_bytes) {
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control_bytes;
    }
    Letter(const Letter&) = delete;
    Letter& operator=(const Letter&) = delete;

    char byte = 0;
    iovec part{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(received_max * sizeof(int))> control{};
    msghdr header{};
};

}  // namespace

void close_on_exec(int descriptor) {
    int flags = ::fcntl(descriptor, F_GETFD);
    if (flags >= 0) ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
}

bool send_descriptor(int socket, int descriptor) {
    Letter letter(CMSG_SPACE(sizeof descriptor));
    cmsghdr* const rights = CMSG_FIRSTHDR(&letter.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    return ::sendmsg(socket, &letter.header, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

std::optional<int> receive_descriptor(int socket) {
    Letter letter(CMSG_SPACE(received_max * sizeof(int)));
    if (::recvmsg(socket, &letter.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) {
        return std::nullopt;
    }
    std::optional<int> found;
    std::size_t count = 0;
    for (cmsghdr* one = CMSG_FIRSTHDR(&letter.header); one;
         one = CMSG_NXTHDR(&letter.header, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t descriptors = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < descriptors; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(one) + i * sizeof descriptor, sizeof descriptor);
            if (++count == 1) {
                found = descriptor;
            } else {
                ::close(descriptor);
            }
        }
    }
    if (count <= 1) return found;
    ::close(*found);
    return std::nullopt;
}

bool is_same_user(int socket) {
    ucred other{};
    socklen_t bytes = sizeof other;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &bytes) == 0 &&
           other.uid == ::geteuid();
}

bool has_arrived(int socket) {
    int unacknowledged_bytes = 0;
    return ::ioctl(socket, SIOCOUTQ, &unacknowledged_bytes) == 0 && unacknowledged_bytes == 0;
}

}  // namespace reowolf::system
