/* SPDX-License-Identifier: MIT */
#include "middleman.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"

static int listen_at(const char* text) {
    struct sockaddr_in place = socket_address(text);
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    CHECK(bind(listener, (struct sockaddr*)&place, sizeof place) == 0);
    CHECK(listen(listener, 16) == 0);
    return listener;
}

static void accept_one(struct middleman* man, int door) {
    struct sockaddr_in place = socket_address(man->behind[door]);
    int caller = accept(man->listeners[door], NULL, NULL);
    int called = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(caller >= 0 && called >= 0 && man->count < LINES_MAX);
    if (connect(called, (struct sockaddr*)&place, sizeof place) != 0) {
        close(caller);
        close(called);
        return;
    }
    man->lines[man->count][0] = caller;
    man->lines[man->count][1] = called;
    man->called[man->count++] = door;
}

static void pass_on(struct middleman* man, int line, int from) {
    char bytes[65536];
    int* ends = man->lines[line];
    ssize_t size = recv(ends[from], bytes, sizeof bytes, 0);
    if (man->bytes_per_ms > 0 && size > 0) {
        const struct timespec time = {.tv_nsec = size * 1000000 / man->bytes_per_ms % 1000000000};
        nanosleep(&time, NULL);
    }
    if (size > 0 && send(ends[1 - from], bytes, (size_t)size, MSG_NOSIGNAL) == size) return;
    close(ends[0]);
    close(ends[1]);
    ends[0] = ends[1] = -1;
}

/* Nothing is on its way now, so this comes between two frames. */
static void put_in(struct middleman* man, const struct words* said) {
    for (int line = 0; line < man->count; ++line) {
        if (man->lines[line][0] < 0) continue;
        int to_amy = man->lines[line][man->called[line] == 0 ? 1 : 0];
        (void)!send(to_amy, said->bytes, said->size, MSG_NOSIGNAL);
    }
    atomic_store(&man->said, NULL);
}

static void* stand_between(void* argument) {
    struct middleman* man = argument;
    while (!atomic_load(&man->ends)) {
        struct pollfd all[2 + 2 * LINES_MAX];
        nfds_t count = 0;
        for (int i = 0; i < 2; ++i) {
            all[count++] = (struct pollfd){.fd = man->listeners[i], .events = POLLIN};
        }
        int lines = man->count;
        for (int i = 0; i < 2 * lines; ++i) {
            all[count++] = (struct pollfd){.fd = man->lines[i / 2][i % 2], .events = POLLIN};
        }
        int ready = poll(all, count, 10);
        const struct words* said = atomic_load(&man->said);
        if (ready == 0 && said) put_in(man, said);
        for (int i = 0; i < 2; ++i) {
            if (all[i].revents) accept_one(man, i);
        }
        for (int i = 0; i < 2 * lines; ++i) {
            if (all[2 + i].revents && man->lines[i / 2][i % 2] >= 0) pass_on(man, i / 2, i % 2);
        }
    }
    return NULL;
}

void begin_between(struct middleman* man, int cls, const char* body, int connectors[2]) {
    static const char* names[] = {"amy", "bob"};
    address addresses[4];
    find_addresses(addresses, 4);
    for (int i = 0; i < 2; ++i) {
        memcpy(man->doors[i], addresses[2 * i], sizeof(address));
        memcpy(man->behind[i], addresses[2 * i + 1], sizeof(address));
        man->listeners[i] = listen_at(man->doors[i]);
    }
    CHECK(pthread_create(&man->thread, NULL, stand_between, man) == 0);
    for (int i = 0; i < 2; ++i) {
        char* text = describe(names[i], body, addresses);
        connectors[i] = rw_connector(cls);
        if (rw_configure(connectors[i], text) != 0) {
            check_failed(__FILE__, __LINE__, "rw_configure", rw_error(connectors[i]));
        }
        free(text);
    }
}

void connect_between(int connectors[2]) {
    struct call calls[2];
    for (int i = 0; i < 2; ++i) begin(&calls[i], rw_connect, connectors[i]);
    for (int i = 0; i < 2; ++i) finish(&calls[i]);
    CHECK(calls[0].result == 0 && calls[1].result == 0);
}

void end_between(struct middleman* man) {
    atomic_store(&man->ends, true);
    CHECK(pthread_join(man->thread, NULL) == 0);
    for (int i = 0; i < 2; ++i) close(man->listeners[i]);
    for (int i = 0; i < man->count; ++i) {
        for (int end = 0; end < 2; ++end) {
            if (man->lines[i][end] >= 0) close(man->lines[i][end]);
        }
    }
}
