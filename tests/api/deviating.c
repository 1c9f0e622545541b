/* SPDX-License-Identifier: MIT */
/* A peer that sends what no correct peer sends. Here somebody on the way between two peers puts it
 * in. */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

/* Both are reached only over somebody who listens at the addresses that the other one knows. */
static const char body[] =
    "connector direct {\n"
    "    peer amy = \"$\" { in<u32> give; listen \"$\"; }\n"
    "    peer bob = \"$\" { out<u32> take; listen \"$\"; }\n"
    "    new pass(amy.give, bob.take);\n"
    "}\n"
    "primitive pass(in<u32> a, out<u32> b) { while (true) sync put(b, get(a)); }\n";

enum { LINES_MAX = 64 };

struct middleman {
    address doors[2];  /* where it listens: for amy, for bob */
    address behind[2]; /* and whom it calls */
    int listeners[2];
    int lines[LINES_MAX][2]; /* the caller and the called */
    int called[LINES_MAX];   /* which of the two peers that is */
    int count;
    atomic_int said; /* what to put in, towards amy, and whether it was */
    atomic_bool ends;
    pthread_t thread;
};

static const struct {
    const char* bytes;
    size_t size;
} lies[] = {
#define SAID(text) {text, sizeof(text) - 1}
    SAID("\5\0\0\0\0\1\2\3\4\5"),     /* half a message */
    SAID("\1\0\0\0\0\x7f"),           /* an unknown one */
    SAID("\1\0\0\0\0\xfe"),           /* an unknown one outside of rounds */
    SAID("\0\0\0\0\x63"),             /* an unknown frame */
    SAID("\xff\xff\xff\xff\0abcdef"), /* too long a one */
};
enum { LIES = sizeof lies / sizeof *lies, NONE = -1, DONE = -2 };

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
    if (size > 0 && send(ends[1 - from], bytes, (size_t)size, MSG_NOSIGNAL) == size) return;
    close(ends[0]);
    close(ends[1]);
    ends[0] = ends[1] = -1;
}

/* Nothing is on its way now, so this comes between two frames. */
static void put_in(struct middleman* man, int lie) {
    for (int line = 0; line < man->count; ++line) {
        if (man->lines[line][0] < 0) continue;
        int to_amy = man->lines[line][man->called[line] == 0 ? 1 : 0];
        (void)!send(to_amy, lies[lie].bytes, lies[lie].size, MSG_NOSIGNAL);
    }
    atomic_store(&man->said, DONE);
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
        if (ready == 0 && atomic_load(&man->said) >= 0) put_in(man, atomic_load(&man->said));
        for (int i = 0; i < 2; ++i) {
            if (all[i].revents) accept_one(man, i);
        }
        for (int i = 0; i < 2 * lines; ++i) {
            if (all[2 + i].revents && man->lines[i / 2][i % 2] >= 0) pass_on(man, i / 2, i % 2);
        }
    }
    return NULL;
}

/* What differs between the classes. */
static const struct manner {
    int cls;
    int (*give)(int, const char*, const void*, size_t);
    int (*take)(int, const char*, void*, size_t);
    int (*step)(int);
} stepping = {RW_REALTIME, rw_put, rw_get, rw_sync},
  waiting = {RW_LOGICAL, rw_offer, rw_poll, rw_await};

static void lied_to(const struct manner* manner) {
    static const char* names[] = {"amy", "bob"};
    for (int lie = 0; lie < LIES; ++lie) {
        struct middleman man = {.said = NONE};
        address addresses[4];
        int connectors[2];
        struct call calls[2];
        uint32_t value = 1, taken = 0;
        find_addresses(addresses, 4);
        for (int i = 0; i < 2; ++i) {
            memcpy(man.doors[i], addresses[2 * i], sizeof(address));
            memcpy(man.behind[i], addresses[2 * i + 1], sizeof(address));
            man.listeners[i] = listen_at(man.doors[i]);
        }
        CHECK(pthread_create(&man.thread, NULL, stand_between, &man) == 0);
        for (int i = 0; i < 2; ++i) {
            char* text = describe(names[i], body, addresses);
            connectors[i] = rw_connector(manner->cls);
            if (rw_configure(connectors[i], text) != 0) {
                check_failed(__FILE__, __LINE__, "rw_configure", rw_error(connectors[i]));
            }
            free(text);
        }
        for (int i = 0; i < 2; ++i) begin(&calls[i], rw_connect, connectors[i]);
        for (int i = 0; i < 2; ++i) finish(&calls[i]);
        CHECK(calls[0].result == 0 && calls[1].result == 0);
        /* A good round first. */
        for (int round = 0; round < 2; ++round) {
            CHECK(manner->give(connectors[0], "give", &value, sizeof value) == 0);
            /* With a choice, amy promises nothing yet: so nothing is in doubt. */
            CHECK(rw_or(connectors[0]) == 0);
            begin(&calls[0], manner->step, connectors[0]);
            if (round == 0) {
                CHECK(manner->take(connectors[1], "take", &taken, sizeof taken) == 0);
                CHECK(manner->step(connectors[1]) == 0 && taken == 1);
                finish(&calls[0]);
                CHECK(calls[0].result == 0);
            }
        }
        await_inside(connectors[0]);
        atomic_store(&man.said, lie);
        finish(&calls[0]);
        CHECK(calls[0].result == -1);
        if (calls[0].code != EPROTO) {
            check_failed(__FILE__, __LINE__, strerrorname_np(calls[0].code), calls[0].text);
        }
        CHECK_TEXT(calls[0].text, "'bob'");
        /* Again: it is the same. To bob amy is lost, perhaps only after it had promised its part.
         */
        CHECK_ERROR(manner->step(connectors[0]), EPROTO);
        CHECK(manner->take(connectors[1], "take", &taken, sizeof taken) == 0);
        CHECK(manner->step(connectors[1]) == -1 && (errno == EPIPE || errno == ECONNABORTED));
        CHECK_ERROR(manner->step(connectors[1]), EPIPE);
        CHECK(rw_close(connectors[0], NULL) == 0 && rw_close(connectors[1], NULL) == 0);
        atomic_store(&man.ends, true);
        CHECK(pthread_join(man.thread, NULL) == 0);
        for (int i = 0; i < 2; ++i) close(man.listeners[i]);
        for (int i = 0; i < man.count; ++i) {
            for (int end = 0; end < 2; ++end) {
                if (man.lines[i][end] >= 0) close(man.lines[i][end]);
            }
        }
    }
}

static void lied_to_in_sync(void) {
    lied_to(&stepping);
}
static void lied_to_in_await(void) {
    lied_to(&waiting);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {CASE(lied_to_in_sync), CASE(lied_to_in_await)};
    return RUN_CASES(argc, argv, cases);
}
