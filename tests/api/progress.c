/* SPDX-License-Identifier: MIT */
/* What is told of connecting, and of large values that are on their way. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <reowolf/connector.h>

#include "check.h"
#include "peers.h"

static const char* names[] = {"amy", "bob"};
static const char body[] =
    "connector one_way {\n"
    "    peer amy = \"$\" { in<u8[]> give; }\n"
    "    peer bob = \"$\" { out<u8[]> take; }\n"
    "    new pass(amy.give, bob.take) at bob;\n"
    "}\n"
    "primitive pass(in<u8[]> a, out<u8[]> b) { while (true) sync put(b, get(a)); }\n";

enum { EVENTS_MAX = 10000, SIZE = 32 << 20 };

struct told {
    int what;
    char peer[8], text[200];
    uint64_t done, total;
};
/* What a connector's reports said. */
struct log {
    int connector, count;
    struct told told[EVENTS_MAX];
    void (*react)(struct log* log, const struct told* now);
};

static void report(const struct rw_event* event, void* context) {
    struct log* log = context;
    CHECK(log->count < EVENTS_MAX);
    struct told* now = &log->told[log->count++];
    now->what = event->what;
    snprintf(now->peer, sizeof now->peer, "%s", event->peer);
    snprintf(now->text, sizeof now->text, "%s", event->text);
    now->done = event->done;
    now->total = event->total;
    CHECK(now->done <= now->total);
    /* In the call that waits, or outside of all calls: none is possible in here. */
    CHECK_ERROR(rw_timeout(log->connector, 1), EBUSY);
    if (log->react) log->react(log, now);
}

static struct log* logged(int connector, void (*react)(struct log*, const struct told*)) {
    struct log* log = calloc(1, sizeof *log);
    CHECK(log != NULL);
    log->connector = connector;
    log->react = react;
    CHECK(rw_progress(connector, report, log) == 0);
    return log;
}

/* Once it is known that nobody listens there yet, bob comes. */
static struct call bob_connects;
static int bob;
static void start_bob(struct log* log, const struct told* now) {
    static int is_started;
    if (now->what != RW_CONNECTING || is_started++) return;
    CHECK(log->told[0].what == RW_LISTENING);
    begin(&bob_connects, rw_connect, bob);
}

static void connecting(void) {
    struct peers peers = make_peers(2, names, body);
    bob = peers.connectors[1];
    struct log* log = logged(peers.connectors[0], start_bob);
    CHECK(rw_connect(peers.connectors[0]) == 0);
    finish(&bob_connects);
    CHECK(bob_connects.result == 0);
    CHECK(log->count >= 3);
    CHECK(strcmp(log->told[0].peer, "amy") == 0);
    CHECK_TEXT(log->told[0].text, peers.addresses[0]);
    CHECK(log->told[1].what == RW_CONNECTING && log->told[1].done == 0 && log->told[1].total == 1);
    CHECK_TEXT(log->told[1].text, "refused");
    const struct told* last = &log->told[log->count - 1];
    CHECK(last->what == RW_CONNECTING && last->done == 1 && strcmp(last->peer, "bob") == 0);
    CHECK_TEXT(last->text, "there");
    CHECK_ERROR(rw_progress(peers.connectors[0], NULL, NULL), EISCONN);
    end_peers(&peers);
    free(log);
}

static void taken_back(void) {
    struct peers peers = make_peers(2, names, body);
    struct log* log = logged(peers.connectors[0], NULL);
    CHECK(rw_progress(peers.connectors[0], NULL, NULL) == 0);
    connect_peers(&peers);
    CHECK(log->count == 0);
    end_peers(&peers);
    free(log);
}

/* bob is stopped until amy has been told that the value is on its way; and she does nothing until
 * bob has been told that some of it has come. */
static pid_t receiver;
static int has_come[2], is_connected[2];
/* Of each process: its last report is there. */
static int is_over[2];
static void note_end(const struct told* now, int what) {
    if (now->what == what && now->done == now->total) CHECK(write(is_over[1], "", 1) == 1);
}
static void let_receiver_go(struct log* log, const struct told* now) {
    (void)log;
    char byte;
    note_end(now, RW_SENDING);
    if (now->what != RW_SENDING || now->done == now->total || receiver == 0) return;
    CHECK(kill(receiver, SIGCONT) == 0);
    receiver = 0;
    CHECK(read(has_come[0], &byte, 1) == 1);
}
static void tell_sender(struct log* log, const struct told* now) {
    static int is_told;
    (void)log;
    note_end(now, RW_RECEIVING);
    if (now->what != RW_RECEIVING || now->done == now->total || is_told++) return;
    CHECK(write(has_come[1], "", 1) == 1);
}

/* The last report of the kind is that all has gone or come, and one before that some has. */
static void check_transfer(const struct log* log, int what) {
    const struct told* last = NULL;
    int has_begun = 0;
    for (int i = 0; i < log->count; ++i) {
        if (log->told[i].what != what) continue;
        last = &log->told[i];
        if (last->done < last->total) has_begun = 1;
    }
    CHECK(has_begun);
    CHECK(last && last->done == last->total && last->total >= SIZE);
}

static void receive(address addresses[]) {
    CHECK(pipe(is_over) == 0);
    unsigned char* room = malloc(SIZE);
    char* text = describe("bob", body, addresses);
    int c = rw_connector(RW_REALTIME);
    struct log* log = logged(c, tell_sender);
    CHECK(rw_configure(c, text) == 0 && rw_connect(c) == 0);
    CHECK(rw_get(c, "take", room, SIZE) == 0);
    char byte;
    CHECK(read(is_connected[0], &byte, 1) == 1);
    raise(SIGSTOP);
    CHECK(rw_sync(c) == 0);
    CHECK(rw_length(c, "take") == SIZE && room[SIZE - 1] == 7);
    CHECK(read(is_over[0], &byte, 1) == 1);
    CHECK(rw_close(c, NULL) == 0);
    check_transfer(log, RW_RECEIVING);
    free(log);
    free(text);
    free(room);
    exit(0);
}

/* Reports come some ten times a second, and not once more when it is over: until then, rounds. */
static void transferring(void) {
    address addresses[2];
    find_addresses(addresses, 2);
    CHECK(pipe(has_come) == 0 && pipe(is_connected) == 0);
    receiver = fork();
    CHECK(receiver >= 0);
    if (receiver == 0) receive(addresses);
    const pid_t child = receiver;
    CHECK(pipe(is_over) == 0);
    unsigned char* value = calloc(1, SIZE);
    value[SIZE - 1] = 7;
    char* text = describe("amy", body, addresses);
    int c = rw_connector(RW_REALTIME);
    struct log* log = logged(c, let_receiver_go);
    CHECK(rw_configure(c, text) == 0 && rw_connect(c) == 0);
    CHECK(write(is_connected[1], "", 1) == 1);
    int status = 0;
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    CHECK(rw_put(c, "give", value, SIZE) == 0);
    CHECK(rw_sync(c) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    char byte;
    CHECK(read(is_over[0], &byte, 1) == 1);
    CHECK(rw_close(c, NULL) == 0);
    check_transfer(log, RW_SENDING);
    free(log);
    free(value);
    free(text);
}

static void arguments(void) {
    CHECK_ERROR(rw_progress(-1, NULL, NULL), EBADF);
    int c = rw_connector(RW_LOGICAL);
    CHECK(rw_progress(c, NULL, NULL) == 0);
    CHECK(rw_close(c, NULL) == 0);
}

int main(int argc, char** argv) {
    static const struct test_case cases[] = {
        CASE(connecting),
        CASE(taken_back),
        CASE(transferring),
        CASE(arguments),
    };
    return RUN_CASES(argc, argv, cases);
}
