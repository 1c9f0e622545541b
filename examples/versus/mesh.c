/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "mesh.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, RETRY_MS = 50 };

static void fail(const char* what, const char* who) {
    fprintf(stderr, "%s %s: %s\n", what, who, strerror(errno));
    exit(1);
}

/* A socket that listens at the peer's address, or is connected with it; -1: not possible now. */
static int open_socket(const struct mesh_peer* peer, bool listens) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = listens ? AI_PASSIVE : 0};
    struct addrinfo* addresses = NULL;
    if (getaddrinfo(peer->host, peer->port, &hints, &addresses) != 0) return -1;
    int fd = -1;
    for (struct addrinfo* each = addresses; each && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, each->ai_socktype, 0);
        int yes = 1;
        if (fd >= 0 && listens) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (fd >= 0 && (listens ? bind(fd, each->ai_addr, each->ai_addrlen) != 0 ||
                                      listen(fd, MESH_PEERS_MAX) != 0
                                : connect(fd, each->ai_addr, each->ai_addrlen) != 0)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(addresses);
    return fd;
}

static void read_peers(struct mesh* mesh, const char* self, const char* path) {
    FILE* file = fopen(path, "r");
    if (!file) fail("cannot read", path);
    memset(mesh, 0, sizeof *mesh);
    mesh->self = -1;
    struct mesh_peer* peer = mesh->peers;
    while (mesh->count < MESH_PEERS_MAX &&
           fscanf(file, "%31s %63s %7s", peer->name, peer->host, peer->port) == 3) {
        peer->fd = -1;
        if (strcmp(peer->name, self) == 0) mesh->self = mesh->count;
        ++mesh->count;
        ++peer;
    }
    fclose(file);
    errno = EINVAL;
    if (mesh->self < 0) fail("no such peer:", self);
}

/* The lower number listens, the higher one connects and says its name. */
void mesh_join(struct mesh* mesh, const char* self, const char* path) {
    read_peers(mesh, self, path);
    int listener = open_socket(&mesh->peers[mesh->self], true);
    if (listener < 0) fail("cannot listen as", self);
    for (int i = 0; i < mesh->self; ++i) {
        int tries = PATIENCE_MS / RETRY_MS; /* the other one may not have started */
        while ((mesh->peers[i].fd = open_socket(&mesh->peers[i], false)) < 0) {
            if (--tries == 0) fail("cannot reach", mesh->peers[i].name);
            nanosleep(&(struct timespec){.tv_nsec = RETRY_MS * 1000000}, NULL);
        }
        if (!mesh_send(mesh, i, self)) fail("cannot reach", mesh->peers[i].name);
    }
    for (int missing = mesh->count - 1 - mesh->self; missing > 0; --missing) {
        struct mesh_peer* last = &mesh->peers[mesh->self]; /* until its name is known */
        char name[MESH_LINE_MAX];
        struct pollfd ready = {.fd = listener, .events = POLLIN};
        errno = ETIMEDOUT;
        if (poll(&ready, 1, PATIENCE_MS) != 1) fail("somebody is missing for", self);
        if ((last->fd = accept(listener, NULL, NULL)) < 0) fail("cannot accept as", self);
        if (!mesh_receive(mesh, mesh->self, name, PATIENCE_MS)) fail("no name came to", self);
        int i = mesh->self + 1;
        while (i < mesh->count &&
               (strcmp(mesh->peers[i].name, name) != 0 || mesh->peers[i].fd >= 0))
            ++i;
        errno = EPROTO;
        if (i == mesh->count) fail("not a peer:", name);
        mesh->peers[i].fd = last->fd;
        memcpy(mesh->peers[i].bytes, last->bytes, last->filled);
        mesh->peers[i].filled = last->filled;
        last->filled = 0;
    }
    close(listener);
    mesh->peers[mesh->self].fd = 0;
}

bool mesh_send(struct mesh* mesh, int to, const char* line) {
    char text[MESH_LINE_MAX + 2];
    size_t size = (size_t)snprintf(text, sizeof text, "%.*s\n", MESH_LINE_MAX, line), sent = 0;
    while (sent < size) {
        ssize_t count = send(mesh->peers[to].fd, text + sent, size - sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) return false;
        if (count > 0) sent += (size_t)count;
    }
    return true;
}

bool mesh_send_all(struct mesh* mesh, const char* line) {
    bool all = true;
    for (int i = 0; i < mesh->count; ++i)
        if (i != mesh->self) all = mesh_send(mesh, i, line) && all;
    return all;
}

/* Takes a line out of what has come from the peer, if there is a whole one. */
static bool take_line(struct mesh_peer* peer, char* line) {
    char* end = memchr(peer->bytes, '\n', peer->filled);
    if (!end) return false;
    size_t size = (size_t)(end - peer->bytes);
    memcpy(line, peer->bytes, size);
    line[size] = '\0';
    peer->filled -= size + 1;
    memmove(peer->bytes, end + 1, peer->filled);
    return true;
}

/* Reads what there is. False: the peer has ended. */
static bool read_more(struct mesh* mesh, int i) {
    struct mesh_peer* peer = &mesh->peers[i];
    ssize_t count = read(peer->fd, peer->bytes + peer->filled, sizeof peer->bytes - peer->filled);
    if (count < 0 && errno == EINTR) return true;
    if (count > 0) peer->filled += (size_t)count;
    peer->has_ended = count <= 0;
    return !peer->has_ended;
}

bool mesh_receive(struct mesh* mesh, int from, char line[MESH_LINE_MAX], int timeout_ms) {
    struct mesh_peer* peer = &mesh->peers[from];
    while (!take_line(peer, line)) {
        struct pollfd ready = {.fd = peer->fd, .events = POLLIN};
        if (peer->has_ended || poll(&ready, 1, timeout_ms) == 0) return false;
        if (!read_more(mesh, from)) return false;
    }
    return true;
}

int mesh_next(struct mesh* mesh, bool input, char line[MESH_LINE_MAX]) {
    for (;;) {
        struct pollfd ready[MESH_PEERS_MAX];
        for (int i = 0; i < mesh->count; ++i) {
            struct mesh_peer* peer = &mesh->peers[i];
            bool is_wanted = i != mesh->self || input;
            if (is_wanted && take_line(peer, line)) return i;
            ready[i].fd = is_wanted && !peer->has_ended ? peer->fd : -1;
            ready[i].events = POLLIN;
        }
        if (poll(ready, (nfds_t)mesh->count, -1) < 0) continue;
        for (int i = 0; i < mesh->count; ++i)
            if (ready[i].revents && !read_more(mesh, i)) return -1 - i;
    }
}

void mesh_end(struct mesh* mesh) {
    for (int i = 0; i < mesh->count; ++i)
        if (i != mesh->self) shutdown(mesh->peers[i].fd, SHUT_WR);
}

int mesh_left(const struct mesh* mesh) {
    int left = 0;
    for (int i = 0; i < mesh->count; ++i) left += i != mesh->self && !mesh->peers[i].has_ended;
    return left;
}
