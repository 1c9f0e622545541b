/* SPDX-License-Identifier: MIT */
/* To be preloaded: sends this process a signal in place of (SIGKILL) or before (SIGSTOP) its
 * AT_SEND'th send over TCP since it began or, if it calls rw_connect, since that was done.
 * AT_SEND_SIGNAL is the signal's number. */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long sends_left;
static int signal_number;

__attribute__((constructor)) static void begin(void) {
    const char* number = getenv("AT_SEND");
    const char* name = getenv("AT_SEND_SIGNAL");
    if (!number || !name) return;
    signal_number = atoi(name);
    atomic_store(&sends_left, atol(number));
}

static void count_send(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    if (atomic_load(&sends_left) <= 0) return;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain == AF_UNIX) return;
    if (atomic_fetch_sub(&sends_left, 1) == 1) kill(getpid(), signal_number);
}

/* In place of the libraries'. */
#define EXPORT __attribute__((visibility("default")))

EXPORT int rw_connect(int conn) {
    void* const found = dlsym(RTLD_NEXT, "rw_connect");
    int (*connect_really)(int);
    memcpy(&connect_really, &found, sizeof found); /* C has no cast for this */
    const long count = atomic_exchange(&sends_left, 0);
    const int status = connect_really(conn);
    atomic_store(&sends_left, count);
    return status;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
    count_send(fd);
    return syscall(SYS_sendmsg, fd, message, flags);
}

EXPORT ssize_t send(int fd, const void* bytes, size_t size, int flags) {
    count_send(fd);
    return syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
}

EXPORT ssize_t write(int fd, const void* bytes, size_t size) {
    count_send(fd);
    return syscall(SYS_write, fd, bytes, size);
}

EXPORT ssize_t writev(int fd, const struct iovec* parts, int count) {
    count_send(fd);
    return syscall(SYS_writev, fd, parts, count);
}
