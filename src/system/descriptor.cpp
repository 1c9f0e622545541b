// SPDX-License-Identifier: MIT
#include "system/descriptor.hpp"

#include <fcntl.h>

namespace reowolf::system {

void close_on_exec(int descriptor) {
    int flags = ::fcntl(descriptor, F_GETFD);
    if (flags >= 0) ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
}

}  // namespace reowolf::system
